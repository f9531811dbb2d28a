"""Answers requests for unknown addresses below /api/ as the routes would, instead of with Streamlit's page."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from gan.server.http import Refusal, deny, response_to

PASS_THE_UPGRADE = (
    "the proxy in front of LiveGAN must pass the Upgrade header on (nginx: proxy_http_version 1.1, "
    'proxy_set_header Upgrade $http_upgrade, proxy_set_header Connection "upgrade")'
)


def with_no_route(base: str, routes: Sequence[BaseRoute]) -> list[BaseRoute]:
    """These routes, and behind them one for every other address below `base`/api."""
    rest = _NoRoute(routes)
    paths = (base + "/api", base + "/api/{path:path}")
    return [*routes, *(Route(path, rest) for path in paths), *(WebSocketRoute(path, rest) for path in paths)]


class _NoRoute:
    """An ASGI app: a route of Starlette's with one is asked whatever the method."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await deny(WebSocket(scope, receive, send), response_to(Refusal(404, "There is no such stream.")))
        else:
            await self._response(scope)(scope, receive, send)

    def _response(self, scope: Scope) -> Response:
        there = [route for route in self.routes if route.matches(scope)[0] != Match.NONE]
        methods = {method for route in there if isinstance(route, Route) for method in route.methods or ()}
        if methods:
            return _wrong_method(scope["method"], sorted(methods | {"OPTIONS"}))
        if any(route.matches({**scope, "type": "websocket"})[0] == Match.FULL for route in self.routes):
            sentence = f"This address is a WebSocket; if a browser opened it as one, {PASS_THE_UPGRADE}."
            return response_to(Refusal(426, sentence), {"Upgrade": "websocket"})
        return response_to(Refusal(404, "There is no such address."))


def _wrong_method(method: str, allowed: list[str]) -> Response:
    if method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": ", ".join(allowed)})
    return response_to(Refusal(405, f"This address takes {', '.join(allowed)} only."), {"Allow": ", ".join(allowed)})
