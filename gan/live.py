"""The routes beside the Streamlit page: the live stream, commands, grids, weights, health. Starlette only."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gzip
import json
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from safetensors.torch import save as save_tensors
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from gan import __version__, checkpoint
from gan.checkpoint import DamagedRun
from gan.hub import Hub
from gan.lab import LabError, close_the_lab, the_lab
from gan.run import Run
from gan.trainer import Trainer

UI = Path(__file__).parent / "app" / "components"
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
LIST_TICK = 1.0  # seconds between two looks at the list of runs
MAX_COMMAND = 65_536  # bytes


@contextlib.asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[dict[str, Any]]:
    """Open the lab with the server; on the way out write a checkpoint of every run."""
    hub = Hub(await asyncio.to_thread(the_lab))
    global _hub
    _hub = hub
    try:
        yield {}
    finally:
        await asyncio.to_thread(close_the_lab)


_hub: Hub | None = None


def routes() -> list[BaseRoute]:
    """All routes, for `st.App(routes=...)`."""
    return [
        Route("/api/health", health),
        Route("/api/runs", runs),
        WebSocketRoute("/api/runs/live", runs_live),
        Route("/api/runs/{name}/commands", commands, methods=["POST"]),
        Route("/api/runs/{name}/grids/latest.png", latest_grid),
        Route("/api/runs/{name}/grids/{epoch:int}.png", epoch_grid),
        Route("/api/runs/{name}/generator.safetensors", generator_weights),
        Route("/api/runs/{name}/run.zip", run_zip),
        WebSocketRoute("/api/runs/{name}/live", live),
        Route("/api/plotly.js", plotly_js),
        Mount("/api/ui", StaticFiles(directory=UI)),
    ]


# --- plain requests ----------------------------------------------------------------------------------------------


async def health(_request: Request) -> Response:
    return JSONResponse({"status": "ok", "version": __version__, "read_only": the_lab().read_only})


async def runs(_request: Request) -> Response:
    return JSONResponse(await asyncio.to_thread(_listing))


async def commands(request: Request) -> Response:
    """Post `{"kind": ..., "values": {...}}` to a run; 202, or one sentence of what is wrong with it."""
    if not _same_origin(request):
        return _error("This command came from another site and was refused.", 403)
    body = await request.body()
    try:
        command = json.loads(body if len(body) <= MAX_COMMAND else b"")
        kind, values = command["kind"], command.get("values") or {}
        if not isinstance(kind, str) or not isinstance(values, dict):
            raise TypeError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return _error('A command is a JSON object such as {"kind": "set", "values": {"lr_g": 0.001}}.', 400)
    try:
        run = await _run(request)
        await asyncio.to_thread(the_lab().command, run.name, kind, values)
    except LabError as error:
        return _error(str(error), _status(error, request))
    return JSONResponse({"ok": True}, status_code=202)


async def latest_grid(request: Request) -> Response:
    return await _grid(request, None, {"Cache-Control": "no-cache"})


async def epoch_grid(request: Request) -> Response:
    return await _grid(request, request.path_params["epoch"], {"Cache-Control": "max-age=3600"})


async def generator_weights(request: Request) -> Response:
    """The generator's newest weights as safetensors, with what a reader needs to run it in the metadata."""
    try:
        run = await _run(request)
        content, batch = await asyncio.to_thread(_weights, run)
    except (LabError, DamagedRun) as error:
        return _error(str(error), 404)
    etag = f'"{run.name}-{run.snapshot().created:.0f}-{batch}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/octet-stream", headers=headers)


async def run_zip(request: Request) -> Response:
    try:
        run = await _run(request)
        content = await asyncio.to_thread(the_lab().pack, run.name)
    except LabError as error:
        return _error(str(error), 404)
    headers = {"Content-Disposition": f'attachment; filename="{run.name}.zip"'}
    return Response(content, media_type="application/zip", headers=headers)


async def plotly_js(request: Request) -> Response:
    """Plotly's own JavaScript out of the Python package; 4.5 MB, so it is sent packed and kept by the browser."""
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers = FOREVER | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(await asyncio.to_thread(_packed_plotly), media_type="text/javascript", headers=headers)
    return FileResponse(_plotly_path(), media_type="text/javascript", headers=FOREVER)


# --- WebSockets --------------------------------------------------------------------------------------------------


async def live(socket: WebSocket) -> None:
    """Push a run to a viewer: a catch-up message, then what is new (see `gan.frames`)."""
    if not _same_origin(socket):
        await _refuse(socket, 403)
        return
    name = socket.path_params["name"]
    try:
        await asyncio.to_thread(the_lab().get, name)
    except LabError:
        await _refuse(socket, 404)
        return
    await socket.accept()
    assert _hub is not None
    viewer = _hub.join(name, socket.send_bytes)
    try:
        await _until_gone(socket, viewer.serve())
    finally:
        _hub.leave(name, viewer)


async def runs_live(socket: WebSocket) -> None:
    """Push the list of runs as JSON, at most once a second and only when it has changed."""
    if not _same_origin(socket):
        await _refuse(socket, 403)
        return
    await socket.accept()
    await _until_gone(socket, _push_listing(socket))


async def _push_listing(socket: WebSocket) -> None:
    sent = ""
    while True:
        text = json.dumps(await asyncio.to_thread(_listing))
        if text != sent:
            await socket.send_text(text)
            sent = text
        await asyncio.sleep(LIST_TICK)


async def _until_gone(socket: WebSocket, sending: Any) -> None:
    """Run `sending` until it ends or the other side leaves; nothing that it sends us is of interest."""
    sender = asyncio.create_task(sending)
    reader = asyncio.create_task(_read_to_end(socket))
    await asyncio.wait({sender, reader}, return_when=asyncio.FIRST_COMPLETED)
    for task in (sender, reader):
        task.cancel()
    for outcome in await asyncio.gather(sender, reader, return_exceptions=True):
        if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect | RuntimeError | OSError):
            raise outcome
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
        await socket.close()


async def _read_to_end(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _refuse(socket: WebSocket, status: int) -> None:
    """Answer the handshake with an HTTP status instead of a WebSocket."""
    await socket.send_denial_response(Response(status_code=status))


# --- parts -------------------------------------------------------------------------------------------------------


def _same_origin(connection: HTTPConnection) -> bool:
    """Browsers name the page that asks; another site's page may not steer. Other programs name none."""
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == connection.headers.get("host")


def _listing() -> dict[str, Any]:
    lab = the_lab()
    return {"runs": [dataclasses.asdict(summary) for summary in lab.summaries()], "read_only": lab.read_only}


async def _run(request: Request) -> Run:
    return await asyncio.to_thread(the_lab().get, request.path_params["name"])


def _error(sentence: str, status: int) -> Response:
    return JSONResponse({"error": sentence}, status_code=status)


def _status(error: LabError, request: Request) -> int:
    return 404 if "no run named" in str(error) else 400


async def _grid(request: Request, epoch: int | None, headers: dict[str, str]) -> Response:
    try:
        run = await _run(request)
    except LabError as error:
        return _error(str(error), 404)
    png = await asyncio.to_thread(run.grid, epoch)
    if png is None:
        return _error("There is no such grid.", 404)
    return Response(png, media_type="image/png", headers=headers)


def _weights(run: Run) -> tuple[bytes, int]:
    """The newest weights of the generator and their batch: from the training thread, or from the last checkpoint."""
    if run.active:
        with contextlib.suppress(Exception):  # the thread ended meanwhile: its checkpoint is there
            return run.peek(_generator_file).result(timeout=10)
    run_file = checkpoint.read(run.keeper.folder)
    tensors = checkpoint.read_state(run.keeper.folder, run_file)
    kept = {name: value for name, value in tensors.items() if name.startswith("generator.")}
    return save_tensors(kept, _metadata(run_file.settings.model_dump_json(), run_file.batch)), run_file.batch


def _generator_file(trainer: Trainer) -> tuple[bytes, int]:
    tensors = {f"generator.{name}": value.cpu() for name, value in trainer.generator.state_dict().items()}
    return save_tensors(tensors, _metadata(trainer.settings.model_dump_json(), trainer.batch)), trainer.batch


def _metadata(settings: str, batch: int) -> dict[str, str]:
    return {"settings": settings, "batch": str(batch)}


def _plotly_path() -> Path:
    import plotly

    return Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


@cache
def _packed_plotly() -> bytes:
    return gzip.compress(_plotly_path().read_bytes(), compresslevel=6)
