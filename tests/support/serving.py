"""A real server for tests: uvicorn in a thread on a free port, with a checkpoints folder of its own."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import json
import logging
import os
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import plain_http
import pytest
import uvicorn
from helpers import PATIENCE, wait_until
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.middleware import Middleware
from websockets.sync.client import ClientConnection, connect

from gan.recording.metric_history import METRICS
from gan.runs.registry import RunRegistry
from gan.server import routes
from gan.server.application import the_registry
from gan.server.guard import HostGuard
from gan.server.hosts import OwnHosts, trusted_proxies
from gan.server.http import EXCEPTION_HANDLERS
from gan.server.lifespan import lifespan

DTYPES = {"u1": "u1", "u4": "<u4", "f4": "<f4", "f8": "<f8"}


class Records(logging.Handler):
    """Keeps the warnings and errors of the server."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@dataclasses.dataclass
class Server:
    address: str
    folder: Path
    log: Records = dataclasses.field(default_factory=Records)

    @property
    def registry(self) -> RunRegistry:
        return the_registry()

    def http(self, **options: Any) -> httpx.Client:
        return plain_http.new_client(base_url=f"http://{self.address}", **options)

    def get(self, path: str, **headers: str) -> httpx.Response:
        with self.http() as client:
            return client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, name: str, body: Any, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        with self.http() as client:
            return client.post(f"/api/runs/{name}/commands", content=content, headers=headers)

    @contextlib.contextmanager
    def watch(self, path: str, **options: Any) -> Iterator[ClientConnection]:
        with connect(f"ws://{self.address}{path}", max_size=None, max_queue=None, **options) as connection:
            yield connection

    @contextlib.contextmanager
    def view(self, name: str) -> Iterator[Viewer]:
        with self.watch(f"/api/runs/{name}/live") as connection:
            yield Viewer(connection)


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """The routes on a server of their own; afterwards its log must hold no warning."""
    listener = socket.create_server(("127.0.0.1", 0))
    guard = Middleware(HostGuard, ours=OwnHosts.from_environment(), proxies=trusted_proxies())
    app = Starlette(
        routes=routes.routes(), lifespan=lifespan, middleware=[guard], exception_handlers=EXCEPTION_HANDLERS
    )
    as_streamlit_does: dict[str, Any] = {"ws": "websockets-sansio", "ws_per_message_deflate": False}
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, **as_streamlit_does))
    log = Records()
    logging.getLogger().addHandler(log)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVEGAN_CHECKPOINTS", str(folder))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        try:
            wait_until(lambda: server.started or not thread.is_alive())  # the lifespan has opened the application
            yield Server(f"127.0.0.1:{listener.getsockname()[1]}", folder, log)
        finally:
            server.should_exit = True
            thread.join()
            logging.getLogger().removeHandler(log)
    assert not log.lines, "\n".join(log.lines)


def again(server: Server, name: str, origin: str | None = None) -> httpx.Response:
    """Ask for a run that trains the recording of this one again."""
    with server.http() as client:
        return client.post(f"/api/runs/{name}/again", headers={} if origin is None else {"Origin": origin})


def sentence(response: httpx.Response) -> str:
    """The one sentence of a refusal."""
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body.keys() == {"error"}
    text: str = body["error"]
    assert re.fullmatch(r"[A-Z].*\.", text), text
    assert "Traceback" not in text
    return text


@dataclasses.dataclass
class Frame:
    header: dict[str, Any]
    blobs: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.header["type"])

    @property
    def batch(self) -> int:
        return int(self.header["run"]["batch"])


def decode(message: bytes) -> Frame:
    """A frame, read as `gan.server.messages` describes it."""
    (length,) = struct.unpack_from("<I", message)
    start = 4 + length
    assert start % 8 == 0
    assert len(message) % 8 == 0
    header = json.loads(message[4:start], parse_constant=pytest.fail)
    blobs: dict[str, Any] = {}
    for key, place in header["blobs"].items():
        assert place["offset"] % 8 == 0
        content = message[start + place["offset"] :][: place["length"]]
        assert len(content) == place["length"]
        blobs[key] = content if place["dtype"] in ("png", "jpeg") else np.frombuffer(content, DTYPES[place["dtype"]])
    return Frame(header, blobs)


class Viewer:
    """A page that watches a run: takes its messages in and checks that they fit together."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.rows: NDArray[np.float32] = np.empty((0, len(METRICS)), np.float32)
        self.first = self.batch = 0  # `rows` are the batches first+1 to batch
        self.catchups = 0
        self.bytes = 0
        self.marks: list[dict[str, Any]] = []
        self.grid: bytes | None = None
        self.grid_batch = -1
        self.run: dict[str, Any] = {}

    def take(self, timeout: float = PATIENCE) -> Frame:
        """The next message."""
        message = self.connection.recv(timeout=timeout)
        assert isinstance(message, bytes)
        self.bytes += len(message)
        frame = decode(message)
        if frame.kind == "catchup":
            self.catchups += 1
            self.first = frame.batch
            self.rows = self.rows[:0]
            self.marks = frame.header["marks"]
        elif frame.kind == "delta":
            rows = frame.blobs["rows"].reshape(-1, len(METRICS))
            assert frame.header["from"] == self.batch
            assert frame.header["to"] == frame.batch == self.batch + len(rows)
            self.rows = np.concatenate([self.rows, rows])
            self.marks = self.marks + frame.header["marks"]
        if frame.kind != "gone":
            self.run, self.batch = frame.header["run"], frame.batch
            if "grid" in frame.blobs:
                self.grid, self.grid_batch = frame.blobs["grid"], frame.header["grid_batch"]
        return frame

    def until(self, condition: Callable[[], Any]) -> None:
        """Take messages until `condition` holds."""
        while not condition():
            self.take()

    def until_batch(self, batch: int) -> None:
        """Take messages until this batch's figures and images are here."""
        self.until(lambda: self.batch == self.grid_batch == batch)

    def take_all(self) -> int:
        """Take all that the server has sent so far; the number of messages."""
        assert self.connection.ping().wait(PATIENCE)
        count = 0
        with contextlib.suppress(TimeoutError):
            while self.take(timeout=0):
                count += 1
        return count


def stalled(server: Server, name: str) -> socket.socket:
    """A viewer that says hello and then reads nothing; its system takes little more than one message for it."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    host, port = server.address.split(":")
    connection.connect((host, int(port)))
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET /api/runs/{name}/live HTTP/1.1\r\nHost: {server.address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    )
    connection.sendall(request.encode())
    return connection
