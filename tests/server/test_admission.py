"""Who is let in; `faults/test_crowding.py` fills a real server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import uvicorn
from helpers import PATIENCE
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gan.limits import MAX_UPLOADS
from gan.server import admission, request_time
from gan.server.admission import Admission
from gan.server.request_time import limit_requests

UPLOAD = "/base/_stcore/upload_file/session/file"
HEAD = "{} {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n"


async def _length(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{len(await request.body())} bytes")


async def _unread(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("not read")


@asynccontextmanager
async def _server() -> AsyncIterator[int]:
    """A server behind the limits; its port."""
    routes = [
        Route("/order", _length, methods=["POST"]),
        Route("/unread", _unread),
        Route(UPLOAD, _length, methods=["PUT"]),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(Admission, base="/base")])
    # uvicorn's own limit on connections that are kept comes too late to close any of them
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, timeout_keep_alive=10 * round(PATIENCE))
    config.load()
    server = uvicorn.Server(config)
    limit_requests(server)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def _until_closed(port: int, *pieces: str, pause: float = 0.0) -> str:
    """All that the server says to these pieces until it closes the connection; without that the test fails."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    reading = asyncio.create_task(reader.read())
    with suppress(ConnectionError):  # closed before all was sent
        for piece in pieces:
            writer.write(piece.encode())
            await writer.drain()
            await asyncio.sleep(pause)
    async with asyncio.timeout(PATIENCE):
        answer = (await reading).decode()
    writer.close()
    return answer


def test_further_uploads_are_refused_with_the_limit_while_as_many_are_under_way_as_may() -> None:
    async def scene() -> None:
        gate, begun = asyncio.Event(), asyncio.Semaphore(0)

        async def upload(_request: Request) -> PlainTextResponse:
            begun.release()
            await gate.wait()
            return PlainTextResponse("kept")

        app = Starlette(routes=[Route(UPLOAD, upload, methods=["PUT"])])
        transport = httpx.ASGITransport(Admission(app, "/base"))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            running = [asyncio.create_task(client.put(UPLOAD)) for _ in range(MAX_UPLOADS)]
            for _ in running:
                await begun.acquire()
            refused = await client.put(UPLOAD)
            assert refused.status_code == 429
            assert refused.text == f"{MAX_UPLOADS} files are being uploaded already; try again in a moment."
            gate.set()
            assert [(await each).text for each in running] == ["kept"] * MAX_UPLOADS
            assert (await client.put(UPLOAD)).text == "kept"

    asyncio.run(scene())


@pytest.mark.parametrize(
    "pieces",
    [
        (HEAD.format("POST", "/order", 50), "{"),
        ("POST /order HTTP/1.1\r\nHost: local",),
        (HEAD.format("POST", "/order", 50), *"{     "),
    ],
    ids=["silent in its body", "silent in its head", "a byte now and then"],
)
def test_a_request_that_is_not_whole_in_time_is_told_so_and_its_connection_closed(
    pieces: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        async with _server() as port:
            answer = await _until_closed(port, *pieces, pause=0.1 if len(pieces) > 2 else 0)
            assert answer.startswith("HTTP/1.1 408 Request Timeout\r\n")
            assert answer.endswith("send it again.\n")

    monkeypatch.setattr(request_time, "REQUEST_TIME", 0.3)
    asyncio.run(scene())


@pytest.mark.parametrize(
    ("pieces", "answers"),
    [
        ((), 0),
        ((HEAD.format("GET", "/unread", 50), "{"), 1),
        ((HEAD.format("POST", "/order", 1), "{", "\r\n"), 1),
        ((HEAD.format("POST", "/order", 1), "{", "POST /order HT"), 1),
        ((HEAD.format("POST", "/order", 1), "{POST /order HT"), 1),
    ],
    ids=["said nothing", "body that nobody reads", "empty line", "half a second request", "in one piece"],
)
def test_a_connection_that_is_left_in_the_middle_is_closed(
    pieces: tuple[str, ...], answers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        async with _server() as port:
            answer = await _until_closed(port, *pieces, pause=0.05)
            assert answer.count("HTTP/1.1 200") == answer.count("HTTP/1.1") == answers

    monkeypatch.setattr(request_time, "REQUEST_TIME", 0.6)  # its pieces have come by then, on a busy machine, too
    asyncio.run(scene())


def test_a_connection_whose_requests_are_whole_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with _server() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(4):
                writer.write((HEAD.format("POST", "/order", 2) + "{}").encode())
                assert b" 200 " in await reader.readuntil(b"2 bytes")
                await asyncio.sleep(0.2)
            writer.close()

    monkeypatch.setattr(request_time, "REQUEST_TIME", 0.3)
    asyncio.run(scene())


def test_silent_uploads_are_given_up_and_make_room_while_a_slow_one_gets_through(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        async with _server() as port:
            head = HEAD.format("PUT", UPLOAD, 10**8)
            silent = await asyncio.gather(*(_until_closed(port, head, "--x\r\n") for _ in range(MAX_UPLOADS)))
            assert all(each.startswith("HTTP/1.1 408") for each in silent)
            assert all("Nothing arrived of this file for" in each for each in silent)
            slow = HEAD.format("PUT", UPLOAD, 8).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
            assert (await _until_closed(port, slow, *"12345678", pause=0.2)).endswith("8 bytes")  # 1.6 seconds

    monkeypatch.setattr(request_time, "REQUEST_TIME", 0.3)
    monkeypatch.setattr(admission, "UPLOAD_SILENCE", 1.0)
    asyncio.run(scene())
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_an_upload_that_is_broken_off_leaves_the_log_clean(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with _server() as port:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD.format("PUT", UPLOAD, 10**8).encode() + b"--x")
            await asyncio.sleep(0.1)
            writer.transport.abort()
            await asyncio.sleep(0.1)

    asyncio.run(scene())
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
