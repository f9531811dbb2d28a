"""The WebSocket on which a teacher's page sees the room (see `gan.server.wall`)."""

from __future__ import annotations

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from gan.server.application import the_application
from gan.server.streams import until_gone


def routes(base: str) -> list[BaseRoute]:
    return [WebSocketRoute(base + "/api/class/room/live", room)]


async def room(socket: WebSocket) -> None:
    """Push the wall to a page while it shows it."""
    await socket.accept()
    await until_gone(socket, the_application().wall.serve(socket.send_bytes))
