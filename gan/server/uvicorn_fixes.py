"""What uvicorn hides from the app, which the guard has to see."""

from __future__ import annotations

import re
from typing import Any

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

ABSOLUTE = re.compile(rb"[a-z]+://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)


def show_the_peer(server: uvicorn.Server) -> None:
    """Take uvicorn's own proxy middleware off: it would replace the address that a connection comes from by that of
    X-Forwarded-For, which the guard does behind its checks."""
    outermost: Any = server.config.loaded_app
    if isinstance(outermost, ProxyHeadersMiddleware):
        server.config.loaded_app = outermost.app


def show_the_whole_target(server: uvicorn.Server) -> None:
    """Let the host of `GET http://host/path HTTP/1.1` replace the Host header, as RFC 9112 (3.2.2) demands."""
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
