"""Adapts uvicorn: what it hides from the guard, how long it waits for viewers when it stops, how fast it answers."""

from __future__ import annotations

import asyncio
import re
import socket
from typing import Any

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

LONGEST_GOODBYE = 1  # seconds for the viewers' connections to end when the server stops
ABSOLUTE = re.compile(rb"[a-z]+://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)


def show_the_peer(server: uvicorn.Server) -> None:
    """Take uvicorn's own proxy middleware off: it would replace the address that a connection comes from by that of
    X-Forwarded-For, which the guard does behind its checks."""
    outermost: Any = server.config.loaded_app
    if isinstance(outermost, ProxyHeadersMiddleware):
        server.config.loaded_app = outermost.app


def show_the_whole_target(server: uvicorn.Server) -> None:
    """Make the host of `GET http://host/path HTTP/1.1` replace the Host header, as RFC 9112 (3.2.2) demands."""
    plain: Any = server.config.http_protocol_class
    if not hasattr(plain, "on_headers_complete"):  # without httptools; the path then holds it all, and is refused
        return

    class WithTarget(plain):  # type: ignore[misc]  # which class it is, uvicorn decides when it starts
        url: bytes

        def on_headers_complete(self) -> None:
            if absolute := ABSOLUTE.fullmatch(self.url):
                host, path = absolute.groups()
                self.headers[:] = [*(pair for pair in self.headers if pair[0] != b"host"), (b"host", host)]
                self.url = path if path.startswith(b"/") else b"/" + path
            super().on_headers_complete()

    server.config.http_protocol_class = WithTarget


def limit_the_goodbye(server: uvicorn.Server) -> None:
    """Make uvicorn continue its shutdown after a while, even if a viewer that reads nothing keeps its connection.

    It would wait for such a viewer forever, with the checkpoints unwritten, and `streamlit run` has no setting for it.
    """
    if server.config.timeout_graceful_shutdown is None:
        server.config.timeout_graceful_shutdown = LONGEST_GOODBYE


def answer_at_once(server: uvicorn.Server) -> None:
    """Send the end of an answer without waiting until the browser has acknowledged its beginning (TCP_NODELAY).

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
