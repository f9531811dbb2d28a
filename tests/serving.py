"""A real server for tests: uvicorn in a thread on a free port, with a checkpoints folder of its own."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn
from numpy.typing import NDArray
from starlette.applications import Starlette
from websockets.sync.client import ClientConnection, connect

from gan import live
from gan.history import SERIES
from gan.lab import Lab, the_lab
from gan.settings import Settings

PATIENCE = 30.0  # seconds after which a wait counts as a failure
SMALL = Settings(g_hidden=(16,), d_hidden=(16,), latent_dim=8, digits=(0, 1), batch_size=512, epochs=2, device="cpu")
ENDLESS = SMALL.changed(epochs=10_000)
DTYPES = {"u4": "<u4", "f4": "<f4", "f8": "<f8"}


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
    log: Records

    @property
    def lab(self) -> Lab:
        return the_lab()

    def http(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=f"http://{self.address}", timeout=PATIENCE, **options)

    def get(self, path: str, **headers: str) -> httpx.Response:
        with self.http() as client:
            return client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, name: str, body: Any, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        with self.http() as client:
            return client.post(f"/api/runs/{name}/commands", content=content, headers=headers)

    def watch(self, path: str, **options: Any) -> ClientConnection:
        return connect(f"ws://{self.address}{path}", max_size=None, **options)

    def view(self, name: str) -> Viewer:
        return Viewer(self.watch(f"/api/runs/{name}/live"))


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """The routes on a server of their own; afterwards its log must hold no warning."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=live.routes(), lifespan=live.lifespan)
    config = uvicorn.Config(app, ws="websockets-sansio", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    log = Records()
    logging.getLogger().addHandler(log)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVEGAN_CHECKPOINTS", str(folder))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        try:
            yield Server("127.0.0.1:{}".format(listener.getsockname()[1]), folder, log)
        finally:
            server.should_exit = True
            thread.join()
            logging.getLogger().removeHandler(log)
    assert log.lines == []


def eventually(condition: Callable[[], Any]) -> None:
    """Wait until `condition` holds."""
    ended = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        if condition():
            return
        ended.wait(0.01)
    pytest.fail(f"waited {PATIENCE:.0f} s in vain")


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
    """A frame, read as `gan.frames` describes it."""
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
        blobs[key] = content if place["dtype"] == "png" else np.frombuffer(content, DTYPES[place["dtype"]])
    return Frame(header, blobs)


class Viewer:
    """A page that watches a run: takes its messages in and checks that they fit together."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.rows: NDArray[np.float32] = np.empty((0, len(SERIES)), np.float32)
        self.first = self.batch = 0  # `rows` are the batches first+1 to batch
        self.catchups = 0
        self.marks: list[dict[str, Any]] = []
        self.grid: bytes | None = None
        self.grid_batch = -1
        self.run: dict[str, Any] = {}

    def __enter__(self) -> Viewer:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def take(self) -> Frame:
        """The next message."""
        message = self.connection.recv(timeout=PATIENCE)
        assert isinstance(message, bytes)
        frame = decode(message)
        if frame.kind == "catchup":
            self.catchups += 1
            self.first = frame.batch
            self.rows = self.rows[:0]
            self.marks = frame.header["marks"]
        elif frame.kind == "delta":
            rows = frame.blobs["rows"].reshape(-1, len(SERIES))
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

    def drained(self) -> bool:
        """Whether nothing more is there, now that all that the server sent so far has come."""
        assert self.connection.ping().wait(PATIENCE)
        try:
            message = self.connection.recv(timeout=0)
        except TimeoutError:
            return True
        pytest.fail(f"one more message: {message[:200]!r}")
