"""What the routes that take something in check first: where a request comes from, and how long it is."""

from __future__ import annotations

from starlette.requests import HTTPConnection, Request


def same_origin(connection: HTTPConnection) -> bool:
    """Browsers name the page that asks; another site's page may not steer. Other programs name none."""
    origin = connection.headers.get("origin")
    return origin is None or origin.partition("://")[2] == connection.headers.get("host")


async def small_body(request: Request, most: int) -> bytes:
    """The body of a request, nothing of one longer than `most` bytes; raises ClientDisconnect."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return b""
    return body
