"""The routes beside the Streamlit page: the live stream, the list of runs, commands, health. Starlette only."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import uvicorn
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from gan import __version__, strict_json
from gan.data import shared_downloads
from gan.limits import MAX_COMMAND, MAX_PENDING_COMMANDS
from gan.recording.commands import parse_command
from gan.runs.registry import RunRegistry, close_the_registry, the_registry
from gan.server import datasets, downloads, handles, playground
from gan.server.admission import limit_connections
from gan.server.broadcast import STUCK, Hub
from gan.server.http import Refusal, small_body
from gan.server.no_route import with_no_route
from gan.server.request_time import limit_requests
from gan.server.uvicorn_fixes import show_the_peer, show_the_whole_target
from gan.server.worker_pool import WorkerPool

LIST_TICK = 1.0  # seconds between two looks of a viewer at the list of runs
LONGEST_GOODBYE = 1  # seconds for the viewers' connections to end when the server stops
LOST = (WebSocketDisconnect, RuntimeError, OSError)  # what sending to a lost connection raises; OSError: too slow, too

_COMMANDS = WorkerPool("command", 4, MAX_PENDING_COMMANDS, "commands")
_hub: Hub | None = None


@contextlib.asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[dict[str, Any]]:
    """Open the registry with the server; on the way out write a checkpoint of every run."""
    global _hub
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)  # it handles that signal if it has started us
    if isinstance(server, uvicorn.Server):
        _limit_the_goodbye(server)
        handles.raise_limit()
        limit_connections(server)
        limit_requests(server)
        _answer_at_once(server)
        show_the_peer(server)
        show_the_whole_target(server)
    _hub = Hub(await asyncio.to_thread(the_registry))
    try:
        yield {}
    finally:
        await _hub.close()
        await asyncio.to_thread(shared_downloads.cancel_all)
        await asyncio.to_thread(close_the_registry)


def _limit_the_goodbye(server: uvicorn.Server) -> None:
    """Let uvicorn go on with its shutdown after a while, even if a viewer that reads nothing keeps its connection.

    It would wait for such a viewer for ever, with the checkpoints unwritten, and `streamlit run` has no setting for it.
    """
    if server.config.timeout_graceful_shutdown is None:
        server.config.timeout_graceful_shutdown = LONGEST_GOODBYE


def _answer_at_once(server: uvicorn.Server) -> None:
    """Let the end of an answer leave without waiting until the browser has acknowledged its beginning.

    asyncio sees to this for sockets that it makes, not for those that `streamlit run` makes: there each answer but the
    first on a connection took 40 ms more, and a page asks for 150 files.
    """
    plain: Any = server.config.http_protocol_class

    class AtOnce(plain):  # type: ignore[misc]  # which class it is, uvicorn decides when it starts
        def connection_made(self, transport: asyncio.Transport) -> None:
            connection = transport.get_extra_info("socket")
            if connection.family in (socket.AF_INET, socket.AF_INET6):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            super().connection_made(transport)

    server.config.http_protocol_class = AtOnce


def routes(base: str = "") -> list[BaseRoute]:
    """All routes, for `st.App(routes=...)`, below the path `base` ("" or "/name") of the server."""
    there = [
        Route(base + "/api/health", health),
        Route(base + "/api/runs", runs),
        WebSocketRoute(base + "/api/runs/live", runs_live),
        Route(base + "/api/runs/{name}/commands", commands, methods=["POST"]),
        Route(base + "/api/runs/{name}/measure", measure, methods=["POST"]),
        Route(base + "/api/runs/{name}/again", again, methods=["POST"]),
        WebSocketRoute(base + "/api/runs/{name}/live", live),
        *downloads.routes(base),
        *playground.routes(base),
        *datasets.routes(base),
    ]
    return with_no_route(base, there)


# --- plain requests ----------------------------------------------------------------------------------------------


class CommandRequest(BaseModel):
    """What a page posts: `kind` is pause, resume, step, stop or set; `values` are knobs by name."""

    kind: str
    values: dict[str, Any] | None = None


async def health(_request: Request) -> Response:
    return strict_json.response({"status": "ok", "version": __version__, "read_only": the_registry().read_only})


async def runs(_request: Request) -> Response:
    return Response(await _the_hub().listing(), media_type="application/json")


async def commands(request: Request) -> Response:
    """Post `{"kind": ..., "values": {...}}` to a run; 202, or one sentence of what is wrong with it."""
    try:
        wanted = CommandRequest.model_validate_json(await small_body(request, MAX_COMMAND))
    except ValidationError:
        raise Refusal(400, 'A command is a JSON object such as {"kind": "set", "values": {"lr_g": 0.001}}.') from None
    return await _act(request, lambda registry, name: registry.command(name, parse_command(wanted.kind, wanted.values)))


async def measure(request: Request) -> Response:
    """Have all kept epochs of a run measured that were not; 202. The live stream tells how far that is."""
    return await _act(request, lambda registry, name: registry.measure(name))


async def _act(request: Request, act: Callable[[RunRegistry, str], str | None]) -> Response:
    """Have something done to the run that a request names; the answer names the run that `act` made, if it did."""
    registry, name = the_registry(), request.path_params["name"]
    made = await _COMMANDS.run(act, registry, name)
    return strict_json.response({"ok": True} | ({"name": made} if made else {}), 202)


async def again(request: Request) -> Response:
    """Start a run that trains the recording of another one again; 202 with its name, or one sentence."""
    return await _act(request, lambda registry, name: registry.train_again(name).name)


# --- WebSockets --------------------------------------------------------------------------------------------------


async def live(socket: WebSocket) -> None:
    """Push a run to a viewer: a catch-up message, then what is new (see `gan.server.messages`).

    With `?list=1` the list of runs comes too, as text, so that a page needs one socket for both.
    """
    name = socket.path_params["name"]
    await asyncio.to_thread(the_registry().get, name)
    await socket.accept()
    viewer = _the_hub().join(name, socket.send_bytes)
    listing = [_push_listing(socket)] if "list" in socket.query_params else []
    try:
        await _until_gone(socket, viewer.serve(), *listing)
    finally:
        _the_hub().leave(name, viewer)


async def runs_live(socket: WebSocket) -> None:
    """Push the list of runs as JSON, at most once a second and only when it has changed."""
    await socket.accept()
    await _until_gone(socket, _push_listing(socket))


async def _push_listing(socket: WebSocket) -> None:
    sent = ""
    while True:
        text = await _the_hub().listing()
        if text != sent:
            async with asyncio.timeout(STUCK):
                await socket.send_text(text)
            sent = text
        await asyncio.sleep(LIST_TICK)


async def _until_gone(socket: WebSocket, *sendings: Coroutine[Any, Any, None]) -> None:
    """Run `sendings` until one of them ends or the other side leaves; nothing that it sends us is of interest."""
    senders = [asyncio.create_task(sending) for sending in sendings]
    reader = asyncio.create_task(_read_to_end(socket))
    try:
        await asyncio.wait([*senders, reader], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*senders, reader):
            task.cancel()
        outcomes = await asyncio.gather(*senders, reader, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, LOST):
            raise outcome
    if None in outcomes[:-1]:  # all is said; else nobody is there to close it for, and trying could wait for ever
        with contextlib.suppress(*LOST):
            await socket.close()


async def _read_to_end(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


# --- parts -------------------------------------------------------------------------------------------------------


def _the_hub() -> Hub:
    assert _hub is not None, "the lifespan has opened it"
    return _hub
