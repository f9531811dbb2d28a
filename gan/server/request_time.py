"""A request has to arrive whole within a time, its body included, or its connection is closed.

Otherwise connections abandoned in the middle of a request would take all file handles, and no one else could connect.
"""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn

from gan.limits import REQUEST_TIME

UPLOADS = "/_stcore/upload_file/"  # Streamlit's address for them; `Admission` checks that they make progress


def limit_requests(server: uvicorn.Server) -> None:
    """Before it starts: let a server hang up on those whose requests do not arrive whole in time."""
    plain: Any = server.config.http_protocol_class
    if not hasattr(plain, "on_message_complete"):  # without httptools
        return

    class InTime(plain):  # type: ignore[misc]  # which class it is, uvicorn decides when it starts
        deadline: asyncio.TimerHandle | None = None  # by which a request has to be whole
        heard = False  # whether anything has been received

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            _expect_a_request(self)

        def connection_lost(self, exc: Exception | None) -> None:
            _expect_nothing(self)
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            self.heard = True
            _expect_a_request(self)  # after an empty line, too: it is no request, but ends uvicorn's own wait for one
            super().data_received(data)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            _expect_a_request(self)  # the same data may have held the end of the request before

        def on_message_complete(self) -> None:
            _expect_nothing(self)
            super().on_message_complete()

    server.config.http_protocol_class = InTime


def _expect_a_request(protocol: Any) -> None:
    if protocol.deadline is None:
        protocol.deadline = asyncio.get_running_loop().call_later(REQUEST_TIME, _hang_up_if_late, protocol)


def _expect_nothing(protocol: Any) -> None:
    if protocol.deadline is not None:
        protocol.deadline.cancel()
        protocol.deadline = None


def _hang_up_if_late(protocol: Any) -> None:
    protocol.deadline = None
    if protocol.transport.is_closing() or protocol.transport.get_protocol() is not protocol:
        return  # it is a WebSocket now
    if _may_take_longer(protocol):
        _expect_a_request(protocol)
        return
    if protocol.heard and (protocol.cycle is None or not protocol.cycle.response_started):
        protocol.transport.write(_too_late())
    protocol.transport.close()


def _may_take_longer(protocol: Any) -> bool:
    """Whether this is an upload, which has a limit of its own, or the client waits for an answer."""
    cycle = protocol.cycle
    if cycle is None or cycle.response_complete:
        return False
    is_upload = cycle.scope["method"] == "PUT" and UPLOADS in cycle.scope["path"]
    return is_upload or cycle.response_started or not cycle.more_body or bool(protocol.pipeline)


def _too_late() -> bytes:
    text = f"The request was not whole after {REQUEST_TIME:.0f} seconds; send it again.\n"
    head = f"HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(text)}"
    return f"{head}\r\nConnection: close\r\n\r\n{text}".encode()
