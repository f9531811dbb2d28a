"""What a browser fetches with plain requests: grids, weights, a run as a zip, Plotly, and the page's own modules."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from gan import weights
from gan.checkpoint import DamagedRun
from gan.lab import LabError, the_lab
from gan.run import Run
from gan.trainer import Trainer

UI = Path(__file__).parent / "app" / "components"
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
REVALIDATE = {"Cache-Control": "no-cache"}  # the browser may keep it, and asks each time whether it has changed
PEEK = 10.0  # seconds for the training thread to answer between two batches


def routes(base: str) -> list[BaseRoute]:
    return [
        Route(base + "/api/runs/{name}/grids/latest.png", latest_grid),
        Route(base + "/api/runs/{name}/grids/{epoch}.png", epoch_grid),
        Route(base + "/api/runs/{name}/generator.safetensors", generator_weights),
        Route(base + "/api/runs/{name}/run.zip", run_zip),
        Route(base + "/api/plotly.js", plotly_js),
        Mount(base + "/api/ui", _Modules(directory=UI)),
    ]


async def find(request: Request) -> Run:
    """The run that a request names; raises `LabError`."""
    return await asyncio.to_thread(the_lab().get, request.path_params["name"])


def refusal(sentence: str, status: int) -> Response:
    return JSONResponse({"error": sentence}, status_code=status)


async def latest_grid(request: Request) -> Response:
    return await _grid(request, None)


async def epoch_grid(request: Request) -> Response:
    """The grid of an epoch (from 1). A page that names the run's making (`?v=<created>`) may keep it for good."""
    epoch = request.path_params["epoch"]
    if not (epoch.isascii() and epoch.isdecimal() and len(epoch) < 10):
        return refusal("There is no such grid.", 404)
    return await _grid(request, int(epoch))


async def generator_weights(request: Request) -> Response:
    """The generator's newest weights as safetensors, with what a reader needs to run it in the metadata."""
    try:
        content = await _weights(await find(request))
    except LabError as error:
        return refusal(str(error), 404)
    except DamagedRun as error:
        return refusal(f"The run has no weights to show: {error}", 404)
    tensors = content[8 + int.from_bytes(content[:8], "little") :]  # the order in the header is not always the same
    return _cached(request, content, tensors, "application/octet-stream", REVALIDATE)


async def run_zip(request: Request) -> Response:
    try:
        run = await find(request)
        content = await asyncio.to_thread(the_lab().pack, run.name)
    except LabError as error:
        return refusal(str(error), 404)
    headers = {"Content-Disposition": f'attachment; filename="{run.name}.zip"'}
    return Response(content, media_type="application/zip", headers=headers)


async def plotly_js(request: Request) -> Response:
    """Plotly's own JavaScript out of the Python package; 4.5 MB, so it is sent packed and kept by the browser."""
    headers = FOREVER | {"Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return FileResponse(_plotly_path(), media_type="text/javascript", headers=headers)
    packed = await asyncio.to_thread(_packed_plotly)
    return Response(packed, media_type="text/javascript", headers=headers | {"Content-Encoding": "gzip"})


class _Modules(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(REVALIDATE)
        return response


# --- parts -------------------------------------------------------------------------------------------------------


def _cached(request: Request, content: bytes, told_by: bytes, media_type: str, caching: dict[str, str]) -> Response:
    """`content`, or 304 if the browser still has it; `told_by` is what changes with it."""
    etag = f'"{hashlib.sha256(told_by).hexdigest()[:32]}"'
    headers = caching | {"ETag": etag}
    if request.headers.get("if-none-match", "").removeprefix("W/") == etag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


async def _grid(request: Request, epoch: int | None) -> Response:
    try:
        run = await find(request)
    except LabError as error:
        return refusal(str(error), 404)
    png = await asyncio.to_thread(run.grid, epoch)
    if png is None:
        return refusal("There is no such grid.", 404)
    caching = FOREVER if epoch is not None and "v" in request.query_params else REVALIDATE
    return _cached(request, png, png, "image/png", caching)


async def _weights(run: Run) -> bytes:
    """The newest weights of the generator: from the training thread, or from the last checkpoint."""
    if run.active:
        future = asyncio.wrap_future(run.peek(_generator_file))
        await asyncio.wait({future}, timeout=PEEK)  # never cancels it: the thread that answers may be about to
        if future.done() and not future.cancelled():
            return future.result()
    return await asyncio.to_thread(weights.generator, run.keeper.folder)


def _generator_file(trainer: Trainer) -> bytes:
    tensors = {f"generator.{name}": value.cpu() for name, value in trainer.generator.state_dict().items()}
    return weights.packed(tensors, trainer.settings, trainer.batch)


def _plotly_path() -> Path:
    import plotly

    return Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


@cache
def _packed_plotly() -> bytes:
    return gzip.compress(_plotly_path().read_bytes(), compresslevel=6)
