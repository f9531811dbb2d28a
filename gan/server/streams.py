"""The WebSockets: a run as it trains, and the list of runs."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from typing import Any

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from gan.classroom.opening import Kind
from gan.server.application import the_application, the_registry
from gan.server.broadcast import STUCK
from gan.server.visitors import sender_of

LIST_TICK = 1.0  # seconds between two looks of a viewer at the list of runs
PROGRESS_TICK = 2.0  # seconds after which mere progress of the runs in it is told: with 200 viewers each list counts
LOST = (WebSocketDisconnect, RuntimeError, OSError)  # what sending to a lost connection raises; OSError: too slow, too


def routes(base: str) -> list[BaseRoute]:
    return [
        WebSocketRoute(base + "/api/runs/live", runs_live),
        WebSocketRoute(base + "/api/runs/{name}/live", live),
    ]


async def live(socket: WebSocket) -> None:
    """Push a run to a viewer: a catch-up message, then what is new (see `gan.server.messages`).

    With `?list=1` the list of runs comes too, as text, and so does what is going on in the class (see
    `gan.server.class_channel`), so that a page needs one socket for all of it.
    """
    name = socket.path_params["name"]
    await asyncio.to_thread(the_registry().get, name)
    await socket.accept()
    viewer = the_application().hub.join(name, socket.send_bytes)
    listing = _along(socket) if "list" in socket.query_params else []
    try:
        await until_gone(socket, viewer.serve(), *listing)
    finally:
        the_application().hub.leave(name, viewer)


async def runs_live(socket: WebSocket) -> None:
    """Push the list of runs as JSON when it has changed, and what the class does."""
    await socket.accept()
    await until_gone(socket, *_along(socket))


def _along(socket: WebSocket) -> list[Coroutine[Any, Any, None]]:
    """The sendings of what every page of ours watches."""
    application = the_application()
    if application.classroom.opening.kind is not Kind.CLASS:
        return [_push_listing(socket)]
    return [_push_listing(socket), application.class_channel.serve(sender_of(socket).role, socket.send_text)]


async def _push_listing(socket: WebSocket) -> None:
    text, revision, at = "", -1, 0.0
    while True:
        listing, now = await the_application().hub.listing(), time.monotonic()
        if listing.revision != revision or (now - at >= PROGRESS_TICK and listing.text != text):
            async with asyncio.timeout(STUCK):
                await socket.send_text(listing.text)
            text, revision, at = listing.text, listing.revision, now
        await asyncio.sleep(LIST_TICK)


async def until_gone(socket: WebSocket, *sendings: Coroutine[Any, Any, None]) -> None:
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
    if None in outcomes[:-1]:  # all is sent; else the viewer has left, and closing could wait forever
        with contextlib.suppress(*LOST):
            await socket.close()


async def _read_to_end(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
