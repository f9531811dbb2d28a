"""The routes of views: a WebSocket that follows the newest weights, and plain requests for one moment of a run.

Both have the address `/api/runs/<run>/views/<view>?<parameters of the view>` and send the same messages (see
`gan.server.messages`), whose header holds `batch`, `epoch` and the view's own values. A request may name an `epoch`; it
gets the last kept one up to that.
"""

from __future__ import annotations

import asyncio

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from gan.server.application import the_application, the_registry
from gan.server.http import REVALIDATE, Refusal, cached
from gan.server.path_parameters import run_of
from gan.server.streams import until_gone
from gan.server.view_hub import Wanted
from gan.views.catalogue import VIEWS
from gan.views.figures import whole_number

MOST_EPOCHS = 10_001


def routes(base: str) -> list[BaseRoute]:
    path = base + "/api/runs/{name}/views/{view}"
    return [Route(path, one_moment), WebSocketRoute(path, follow)]


async def one_moment(request: Request) -> Response:
    """The figures of a view after `epoch`, or of the newest weights."""
    wanted = _wanted(request)
    newest = request.query_params.get("epoch", "latest") == "latest"
    epoch = None if newest else whole_number(request.query_params, "epoch", MOST_EPOCHS)
    run = await run_of(request)
    content = await the_application().views.answer(run, wanted, epoch)
    return cached(request, content, content, "application/octet-stream", REVALIDATE)


async def follow(socket: WebSocket) -> None:
    """Push the figures of a view of the newest weights to a viewer whenever they change."""
    name = socket.path_params["name"]
    wanted = _wanted(socket)
    await asyncio.to_thread(the_registry().get, name)
    hub = the_application().views
    viewer = hub.join(name, wanted, socket.send_bytes)
    try:
        await socket.accept()
        await until_gone(socket, viewer.serve())
    finally:
        hub.leave(name, wanted, viewer)


def _wanted(connection: HTTPConnection) -> Wanted:
    """Which view the address names; raises `Refusal`, `BadParameter`."""
    name = connection.path_params["view"]
    if name not in VIEWS:
        raise Refusal(404, "There is no such view.")
    return Wanted(name, VIEWS[name].parse(connection.query_params))
