"""What the app sees of a connection; `faults/test_strangers.py` asks the real server with whole addresses."""

from __future__ import annotations

import uvicorn
from starlette.types import Receive, Scope, Send

from gan.server.uvicorn_fixes import show_the_peer


async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Answers nothing."""


def test_no_header_changes_the_address_that_a_connection_comes_from() -> None:
    server = uvicorn.Server(uvicorn.Config(app, interface="asgi3"))
    server.config.load()
    assert server.config.loaded_app is not app  # uvicorn's own middleware, for X-Forwarded-For
    show_the_peer(server)
    assert server.config.loaded_app is app
    show_the_peer(server)
    assert server.config.loaded_app is app
