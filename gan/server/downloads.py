"""What a browser fetches with plain requests: grids, weights, runs as files, Plotly, and the page's own modules."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from weakref import WeakKeyDictionary

import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from torch import Tensor

from gan import strict_json
from gan.data import image_sets
from gan.data.grid import grid_png
from gan.errors import prefixed
from gan.export import FORMATS, export_run
from gan.limits import MAX_EXPORTS
from gan.recording import epochs, weights, weights_file
from gan.recording.atomic_files import DamagedRun
from gan.runs.registry import the_registry
from gan.runs.run import Run
from gan.server import messages, plotly_js
from gan.server.http import FOREVER, REVALIDATE, Refusal, cached
from gan.server.worker_pool import WorkerPool
from gan.settings import Settings
from gan.training.build import IMAGE_SHAPE
from gan.training.sampling import GRID_IMAGES
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state

UI = Path(__file__).parent.parent / "app" / "components"
NO_GRID = Refusal(404, "There is no such grid.")
FRESH = 0.5  # seconds for which the newest weights of a training run serve all who ask
PEEK = 10.0  # seconds for the training thread to answer between two batches
_EXPORTS = WorkerPool("export", 2, MAX_EXPORTS, "downloads")


_packed: WeakKeyDictionary[Run, tuple[float, bytes]] = WeakKeyDictionary()  # with when they were taken
_looking: WeakKeyDictionary[Run, asyncio.Task[bytes]] = WeakKeyDictionary()  # under way


def routes(base: str) -> list[BaseRoute]:
    return [
        Route(base + "/api/runs/{name}/grids/latest.png", latest_grid),
        Route(base + "/api/runs/{name}/grids/{epoch}.png", epoch_grid),
        Route(base + "/api/runs/{name}/epochs", kept_epochs),
        Route(base + "/api/runs/{name}/weights/latest.safetensors", latest_weights),
        Route(base + "/api/runs/{name}/weights/{epoch}.safetensors", epoch_weights),
        Route(base + "/api/runs/{name}/generator.safetensors", newest_generator),
        Route(base + "/api/runs/{name}/quality.json", quality),
        Route(base + "/api/runs/{name}/run.zip", run_zip),
        Route(base + "/api/runs/{name}/export/{kind}", exported),
        Route(base + "/api/real.png", real_images),
        Route(base + "/api/plotly.js", plotly),
        Route(base + "/api/ui/{path:path}", module),
    ]


async def find(request: Request) -> Run:
    """The run that a request names; raises `RunNotFound`."""
    return await asyncio.to_thread(the_registry().get, request.path_params["name"])


async def latest_grid(request: Request) -> Response:
    return await _grid(request, None)


async def epoch_grid(request: Request) -> Response:
    """The grid of an epoch (from 1). A page that names the run's making (`?v=<created>`) may keep it for good."""
    epoch = _epoch(request)
    if epoch is None:
        raise NO_GRID
    return await _grid(request, epoch)


async def kept_epochs(request: Request) -> Response:
    """The epochs whose weights are kept, and what the run takes on disk in bytes."""
    run = await find(request)
    folder, now = run.folder, run.snapshot()
    full = {state.batch for state in run.run_file.states}
    there = await asyncio.to_thread(epochs.list_kept, folder)
    ends = [(kept, kept.epoch * now.batches_per_epoch) for kept in there if kept.epoch <= now.epoch]
    listed = [
        {"epoch": kept.epoch, "batch": batch, "discriminator": kept.discriminator, "full": batch in full}
        for kept, batch in ends
    ]
    return strict_json.response({"epochs": listed, "size": now.size})


async def epoch_weights(request: Request) -> Response:
    """The weights of a kept epoch as safetensors, with what a reader needs to run them in the metadata."""
    epoch = _epoch(request)
    run = await find(request)
    with prefixed("The run has no such weights", DamagedRun):
        content = await asyncio.to_thread(epochs.read_packed, run.folder, epoch if epoch is not None else 0)
    caching = FOREVER if "v" in request.query_params else REVALIDATE
    return cached(request, content, _tensors(content), "application/octet-stream", caching)


async def latest_weights(request: Request) -> Response:
    """The newest weights: of a run that trains straight from its thread, else those on disk."""
    return await _newest(request, lambda content: content)


async def newest_generator(request: Request) -> Response:
    """The same without the discriminator's."""
    return await _newest(request, weights_file.without_discriminator)


async def quality(request: Request) -> Response:
    """All scores of a run: how good its images were, epoch by epoch."""
    run = await find(request)
    scores = [messages.score_fields(score) for score in run.scores.all]
    values = {"batches_per_epoch": run.snapshot().batches_per_epoch, "scores": scores}
    return strict_json.response(values, headers=REVALIDATE)


async def real_images(request: Request) -> Response:
    """64 images of a data set (`?dataset=`; without it the embedded digits), as a generator's are shown."""
    dataset = request.query_params.get("dataset", "mnist")
    if dataset not in image_sets.TITLES:
        raise Refusal(404, "There is no such data set.")
    png = await asyncio.to_thread(image_sets.preview, dataset, "train", image_sets.ALL_DIGITS)
    return Response(png, media_type="image/png", headers=FOREVER)


async def run_zip(request: Request) -> Response:
    run = await find(request)
    content = await _EXPORTS.run(the_registry().pack, run.name)
    headers = {"Content-Disposition": f'attachment; filename="{run.name}.zip"'}
    return Response(content, media_type="application/zip", headers=headers)


async def exported(request: Request) -> Response:
    """The run, as its last checkpoint left it, in one of the formats of `gan.export`."""
    kind = request.path_params["kind"]
    if kind not in FORMATS:
        raise Refusal(404, f"There is no format {kind[:40]!r}; it must be one of {', '.join(FORMATS)}.")
    run = await find(request)
    made = await _EXPORTS.run(export_run, run.folder, kind)
    headers = {"Content-Disposition": f'attachment; filename="{made.filename}"'} | REVALIDATE
    return Response(made.content, media_type=made.media_type, headers=headers)


async def plotly(request: Request) -> Response:
    """Plotly: 1.2 MB, so it is sent packed and kept by the browser."""
    is_packed = "gzip" in request.headers.get("accept-encoding", "")
    content = await asyncio.to_thread(plotly_js.packed if is_packed else plotly_js.source)
    headers = FOREVER | {"Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if is_packed else {})
    return Response(content, media_type="text/javascript", headers=headers)


async def module(request: Request) -> Response:
    """A JavaScript module of the page, from memory: a visit asks for fifty of them."""
    path = _modules().get(request.path_params["path"])
    if path is None:
        raise Refusal(404, "There is no such module.")
    content = _read_module(path, path.stat().st_mtime_ns)
    return cached(request, content, content, "text/javascript", REVALIDATE)


@cache
def _modules() -> dict[str, Path]:
    return {path.relative_to(UI).as_posix(): path for path in UI.rglob("*.js")}


@lru_cache(maxsize=500)
def _read_module(path: Path, _changed: int) -> bytes:
    return path.read_bytes()


# --- parts -------------------------------------------------------------------------------------------------------


async def _grid(request: Request, epoch: int | None) -> Response:
    run = await find(request)
    png = await asyncio.to_thread(run.grid, epoch)
    if png is None and epoch is None:  # no checkpoint yet
        png = await asyncio.to_thread(_grid_so_far, run)
    if png is None:
        raise NO_GRID
    caching = FOREVER if epoch is not None and "v" in request.query_params else REVALIDATE
    return cached(request, png, png, "image/png", caching)


def _grid_so_far(run: Run) -> bytes:
    """The newest images of a run that has not been written yet; black ones before its first."""
    ended, preview = run.grid(run.snapshot().grids), run.preview
    if ended is not None:
        return ended
    return grid_png(preview.images if preview is not None else torch.zeros(GRID_IMAGES, *IMAGE_SHAPE))


def _epoch(request: Request) -> int | None:
    """The epoch that the path names, or None if that is no number."""
    epoch = request.path_params["epoch"]
    return int(epoch) if epoch.isascii() and epoch.isdecimal() and len(epoch) < 6 else None


async def _newest(request: Request, part: Callable[[bytes], bytes]) -> Response:
    run = await find(request)
    with prefixed("The run has no weights to show", DamagedRun):
        content = await _latest_weights(run)
    wanted = await asyncio.to_thread(part, content)
    return cached(request, wanted, _tensors(wanted), "application/octet-stream", REVALIDATE)


def _tensors(content: bytes) -> bytes:
    """What a safetensors file holds behind its header, in which the order is not always the same."""
    return content[8 + int.from_bytes(content[:8], "little") :]


async def _latest_weights(run: Run) -> bytes:
    """While it trains, packed once for all who ask within FRESH seconds."""
    made, content = _packed.get(run, (0.0, b""))
    if content and run.snapshot().state == "running" and time.monotonic() - made < FRESH:
        return content
    if run.snapshot().state == "running":
        look = _looking.get(run) or asyncio.create_task(_look(run))
        _looking[run] = look  # those who ask meanwhile share it
        content = await asyncio.shield(look)
    else:
        content = await _look(run)  # the next step makes others
    return content or await asyncio.to_thread(_from_disk, run)


async def _look(run: Run) -> bytes:
    """The weights from the run's thread; b"" if it has ended. Raises `Busy`."""
    content = b""
    try:
        if run.active:
            future = asyncio.wrap_future(run.peek(_weights_now))
            await asyncio.wait({future}, timeout=PEEK)  # never cancels it: the thread that answers may be about to
            if future.done() and not future.cancelled():
                content = await asyncio.to_thread(weights_file.pack, *future.result())
                if run.snapshot().state == "running":
                    _packed[run] = (time.monotonic(), content)
    finally:
        _looking.pop(run, None)
    return content


def _weights_now(trainer: Trainer) -> tuple[dict[str, Tensor], Settings, int, int]:
    return weights_file.weights_of_state(capture_state(trainer)), trainer.settings, trainer.batch, trainer.epoch


def _from_disk(run: Run) -> bytes:
    tensors, settings, batch = weights.newest(run.folder)
    return weights_file.pack(tensors, settings, batch, batch // run.snapshot().batches_per_epoch)
