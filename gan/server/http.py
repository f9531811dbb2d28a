"""Shared by all routes: the answer to a refusal, reading a small body, and caching in browsers.

A route raises; `EXCEPTION_HANDLERS` make the answer, `{"error": sentence}` with a status, in one place for all of them.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from gan import strict_json
from gan.data.idx import DataError, MissingData
from gan.errors import Busy, LiveGANError
from gan.export import ExportError
from gan.recording.atomic_files import DamagedRun
from gan.runs.open_runs import RunNotFound

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
REVALIDATE = {"Cache-Control": "no-cache"}  # the browser may keep it, and asks each time whether it has changed
UNTIL_CLOSED = 0.1  # seconds for a refused WebSocket's connection to end; uvicorn logs an error if it is still open

# Of what the rooms below raise; 400 for everything else.
STATUS: tuple[tuple[type[LiveGANError], int], ...] = (
    (RunNotFound, 404), (DamagedRun, 404), (MissingData, 409), (DataError, 404), (ExportError, 409), (Busy, 429),
)  # fmt: skip


class Refusal(LiveGANError):
    """A request that cannot be answered; the text is one sentence for the user, `status` is the HTTP status."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def response_to(error: LiveGANError, headers: Mapping[str, str] | None = None) -> Response:
    """The refusal as JSON. If a data set is missing, its name is included, so that a page can offer to download it."""
    missing = {"missing": error.dataset} if isinstance(error, MissingData) else {}
    return strict_json.response({"error": str(error)} | missing, _status_of(error), headers)


def _status_of(error: LiveGANError) -> int:
    if isinstance(error, Refusal):
        return error.status
    return next((status for kind, status in STATUS if isinstance(error, kind)), 400)


async def _refuse(connection: HTTPConnection, error: Exception) -> Response | None:
    assert isinstance(error, LiveGANError)
    if not isinstance(connection, WebSocket):
        return response_to(error)
    await deny(connection, response_to(error))
    return None


EXCEPTION_HANDLERS: dict[Any, Any] = {LiveGANError: _refuse}


async def deny(socket: WebSocket, response: Response) -> None:
    """Answer a handshake with this instead of a WebSocket."""
    await socket.send_denial_response(response)
    await asyncio.sleep(UNTIL_CLOSED)


async def small_body(request: Request, most: int) -> bytes:
    """The body of a request; b"" if it is longer than `most` bytes or its sender has left."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                return b""
    except ClientDisconnect:
        return b""
    return body


def cached(request: Request, content: bytes, told_by: bytes, media_type: str, caching: dict[str, str]) -> Response:
    """`content`, or 304 if the browser still has it; `told_by` is what changes with it."""
    etag = f'"{hashlib.sha256(told_by).hexdigest()[:32]}"'
    headers = caching | {"ETag": etag}
    if request.headers.get("if-none-match", "").removeprefix("W/") == etag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
