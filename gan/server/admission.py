"""Turns new viewers away while file handles are scarce, so that present ones stay and runs can be saved.

Without this the operating system refuses connections when there are none left, to those inside as to others; asyncio
then writes 300 MB a minute into the log, and a run that wants to be saved finds no handle either.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections import Counter
from contextlib import suppress
from typing import Any

import uvicorn
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from gan.limits import MAX_UPLOADS, UPLOAD_SILENCE
from gan.server import file_handles
from gan.server.http import deny
from gan.server.request_time import UPLOADS

# Shares of all handles: up to the first one pages are opened; up to the second one those that are open get their
# sockets, and up to the third one any connection is made. The rest is for the files of runs.
PAGES, SOCKETS, CONNECTIONS = 0.7, 0.8, 0.9
TRY_AGAIN = 10  # seconds until a page that was turned away asks again
LOG_EVERY = 60.0  # seconds
# New viewers that a run's stream greets in one tick, first come first served: some that reconnect in a loop do not slow
# training.
ADMITTED_A_TICK = 20

log = logging.getLogger(__name__)

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>LiveGAN is full</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="{seconds}">
<style>body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto; padding: 0 1rem }}</style>
</head><body><h1>{sentence}</h1>
<p>Nobody else can be let in at the moment. This page asks again every {seconds} seconds.</p></body></html>
"""


class Admission:
    """Middleware that turns new viewers away while the server is full."""

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        self.app = app
        self._stream = f"{base}/_stcore/stream"  # Streamlit's socket, one a tab
        self._not_pages = (f"{base}/api/", f"{base}/_stcore/", f"{base}/static/", f"{base}/media/")
        self._open: Counter[bool] = Counter()  # sockets: Streamlit's, and ours
        self._upload = base + UPLOADS
        self._uploads = 0  # under way
        self._logged = -LOG_EVERY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http" and self._is_page(scope) and file_handles.scarce(PAGES):
            await self._page()(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "PUT" and scope["path"].startswith(self._upload):
            await self._take_upload(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _is_page(self, scope: Scope) -> bool:
        accept = Headers(scope=scope).get("accept", "")
        return scope["method"] == "GET" and "text/html" in accept and not scope["path"].startswith(self._not_pages)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if file_handles.scarce(SOCKETS):
            refusal = PlainTextResponse(self._turned_away(), 503)
            with suppress(RuntimeError):  # it has left already
                await deny(WebSocket(scope, receive, send), refusal)
            return
        kind = scope["path"] == self._stream
        self._open[kind] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._open[kind] -= 1

    async def _take_upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._uploads >= MAX_UPLOADS:
            sentence = f"{MAX_UPLOADS} files are being uploaded already; try again in a moment."
            await PlainTextResponse(sentence, 429)(scope, receive, send)
            return
        self._uploads += 1
        body = _UploadBody(receive)
        try:
            await self.app(scope, body.receive, send)
        except ClientDisconnect:
            if body.silent:
                sentence = f"Nothing arrived of this file for {UPLOAD_SILENCE:.0f} seconds; upload it again."
                await PlainTextResponse(sentence, 408, {"Connection": "close"})(scope, receive, send)
        finally:
            self._uploads -= 1

    def _page(self) -> Response:
        content = _PAGE.format(sentence=self._turned_away(), seconds=TRY_AGAIN)
        headers = {"Retry-After": str(TRY_AGAIN), "Cache-Control": "no-store", "Connection": "close"}
        return HTMLResponse(content, 503, headers)

    def _turned_away(self) -> str:
        """The sentence for a viewer who is turned away; also logged, once a minute."""
        viewers = max(self._open[True], self._open[False])
        if time.monotonic() - self._logged >= LOG_EVERY:
            self._logged = time.monotonic()
            log.warning(
                "The server is full (%d viewers, %d of %s file handles); new ones are turned away.",
                viewers, file_handles.in_use(), file_handles.limit(),
            )  # fmt: skip
        return f"The server is full ({viewers} viewers)."


class _UploadBody:
    """The body of an upload; once nothing has come for a while, the app is told that the client has left."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._whole = False
        self.silent = False

    async def receive(self) -> Message:
        if self._whole:  # the app waits for the client to leave
            return await self._receive()
        try:
            async with asyncio.timeout(UPLOAD_SILENCE):
                message = await self._receive()
        except TimeoutError:
            self.silent = True
            return {"type": "http.disconnect"}
        self._whole = not message.get("more_body", False)
        return message


def limit_connections(server: uvicorn.Server) -> None:
    """Make a server hang up on new connections at once while it is full; call this before it starts."""
    most = file_handles.limit()
    if most is not None:
        _accept_few(server, max(1, most // 64))
    plain: Any = server.config.http_protocol_class

    class Limited(plain):  # type: ignore[misc]  # which class it is, uvicorn decides when it starts
        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            if file_handles.scarce(CONNECTIONS, transport.get_extra_info("socket").fileno()):
                transport.abort()

    server.config.http_protocol_class = Limited


def _accept_few(server: uvicorn.Server, count: int) -> None:
    """Limit how many connections the event loop accepts before it handles any of them.

    It accepts as many as may wait, and closing those that are too many takes it a few rounds. The system is told
    afterwards that more may wait.
    """
    queue, loop = server.config.backlog, asyncio.get_running_loop()
    server.config.backlog = min(count, queue)

    def lengthen() -> None:
        if not server.started:
            loop.call_later(0.1, lengthen)
            return
        for listener in (listener for each in server.servers for listener in each.sockets):
            with socket.socket(fileno=os.dup(listener.fileno())) as same:
                same.listen(queue)

    lengthen()
