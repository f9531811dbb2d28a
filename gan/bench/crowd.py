"""Viewers for measurements: real WebSocket clients, in separate processes so that they take no time of ours.

Like a page, each viewer has one connection for the stream of a run and the list of runs.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import multiprocessing
import os
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from typing import Any, NoReturn, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from gan.bench.figures import percentile
from gan.errors import LiveGANError

AT_ONCE = 20  # connections opened at the same time
HEADER = 4096  # bytes of a message that may be its header
BATCH = re.compile(rb'"batch":(\d+)')  # the first one in a header is the run's
LOOK = 0.1  # seconds between checks whether a crowd has assembled
LED = '{"part":"lead"'  # how the news of where a class is begins
CONNECTIONS: dict[str, Any] = {"compression": None, "max_size": None, "proxy": None, "open_timeout": 60}

T = TypeVar("T")


@dataclass(frozen=True)
class Door:
    """How viewers get in: the server's host:port, and the cookies of the students of a class that they are in turn."""

    address: str
    cookies: tuple[str, ...] = ()

    def headers(self, viewer: int) -> dict[str, str]:
        return {"Cookie": self.cookies[viewer % len(self.cookies)]} if self.cookies else {}


@dataclass
class Watched:
    """The messages that one viewer received. Times are of the monotonic clock, common to all processes."""

    messages: list[tuple[float, int, int]] = field(default_factory=list)  # time, the run's batch, bytes
    marks: list[tuple[float, Any]] = field(default_factory=list)  # time, the value that a knob took
    led: list[tuple[float, int]] = field(default_factory=list)  # time, the step of a lesson that the teacher shows
    until: float = 0.0  # when the viewer left, or the end of the window


class Crowds:
    """Processes for crowds. They are spawned, not forked: a copy of this process could hang in one of torch's locks."""

    def __init__(self, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._signals = [(context.Event(), context.Event()) for _ in range(count)]
        self._free = list(range(count))
        self.pool = ProcessPoolExecutor(count, context, _receive, (self._signals,))

    def start(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Call a function in one of the processes."""
        return self.pool.submit(function, *arguments)

    @contextlib.contextmanager
    def there(self, function: Callable[..., T], *arguments: Any) -> Iterator[list[T]]:
        """Run `function(*arguments, crowd)` in the background until it is told to leave (see `stay`).

        The list holds its result once it has ended.
        """
        number = self._free.pop()
        ready, leave = self._signals[number]
        ready.clear()
        leave.clear()
        crowd = self.pool.submit(function, *arguments, number)
        result: list[T] = []
        try:
            while not ready.wait(LOOK):
                if crowd.done():
                    crowd.result()  # raises the exception that kept it from assembling
            yield result
        finally:
            leave.set()
            self._free.append(number)
        result.append(crowd.result())


@contextlib.contextmanager
def crowds(count: int) -> Iterator[Crowds]:
    """`count` processes for crowds, ready to use."""
    made = Crowds(count)
    with made.pool:
        for started in [made.start(os.getpid) for _ in range(count)]:
            started.result()
        yield made


# --- what runs in such a process -----------------------------------------------------------------------------------

# A process of a pool receives them before its first task, and a task has no other way to reach them.
_signals: list[tuple[Event, Event]] = []  # of each crowd: ready, leave


def _receive(signals: list[tuple[Event, Event]]) -> None:
    _signals[:] = signals


async def stay(crowd: int) -> None:
    """Report that the crowd has assembled, and return when it is told to leave."""
    ready, leave = _signals[crowd]
    ready.set()
    await asyncio.to_thread(leave.wait)


def watch(door: Door, name: str, count: int, crowd: int) -> list[Watched]:
    """`count` viewers watch a run; ready when each has received a message."""

    async def assemble() -> list[Watched]:
        gate, everybody, over = asyncio.Semaphore(AT_ONCE), asyncio.Barrier(count + 1), asyncio.Event()
        viewers = [asyncio.create_task(_watch(door, name, number, gate, everybody, over)) for number in range(count)]
        assembled = asyncio.create_task(everybody.wait())
        await asyncio.wait([assembled, *viewers], return_when=asyncio.FIRST_COMPLETED)
        if assembled.done():
            await stay(crowd)
        over.set()
        return await asyncio.gather(*viewers)

    try:
        return asyncio.run(assemble())
    except (OSError, WebSocketException) as error:
        raise LiveGANError(f"A viewer could not connect, or lost its connection ({error}).") from None


def follow_views(address: str, name: str, views: Sequence[str], each: int, crowd: int) -> list[float]:
    """`each` viewers follow each of some views of a run; ready when each has received a message.

    Args:
        views: with their parameters, as in the address.

    Returns:
        When messages came, of all viewers together.
    """

    async def assemble() -> list[float]:
        followed = [view for view in views for _ in range(each)]
        everybody, times = asyncio.Barrier(len(followed) + 1), list[float]()
        viewers = [asyncio.create_task(_follow_view(address, name, view, everybody, times)) for view in followed]
        assembled = asyncio.create_task(everybody.wait())
        done, _ = await asyncio.wait([assembled, *viewers], return_when=asyncio.FIRST_COMPLETED)
        if assembled in done:
            await stay(crowd)
        lost = [viewer for viewer in viewers if viewer.done()]
        for viewer in viewers:
            viewer.cancel()
        await asyncio.gather(*viewers, return_exceptions=True)
        await asyncio.gather(*lost)  # raises why
        return times

    try:
        return asyncio.run(assemble())
    except (OSError, WebSocketException) as error:
        raise LiveGANError(f"A viewer of a view could not connect, or lost its connection ({error}).") from None


def misbehave(door: Door, name: str, each: int, crowd: int) -> int:
    """`count` viewers each that stop reading, that vanish without closing, and that reconnect in a loop.

    Returns:
        The number of connections that the last two kinds made.
    """

    async def assemble() -> int:
        over = asyncio.Event()
        tasks = [
            asyncio.create_task(task)
            for number in range(each)
            for task in (
                _be_stuck(door, name, number, over),
                _come_and_go(door, name, number, over, politely=False),
                _come_and_go(door, name, number, over, politely=True),
            )
        ]
        await stay(crowd)
        over.set()
        return sum(await asyncio.gather(*tasks))

    return asyncio.run(assemble())


async def _watch(
    door: Door, name: str, number: int, gate: asyncio.Semaphore, everybody: asyncio.Barrier, over: asyncio.Event
) -> Watched:
    seen = Watched()
    async with contextlib.AsyncExitStack() as stack:
        async with gate:
            run = await stack.enter_async_context(_connected(door, number, f"runs/{name}/live?list=1"))
            while not seen.messages:
                _note(await run.recv(), seen)
        reader = asyncio.create_task(_read(run, seen))
        await everybody.wait()
        await asyncio.wait([asyncio.create_task(over.wait()), reader], return_when=asyncio.FIRST_COMPLETED)
        if reader.done():
            raise ConnectionError("the server let it go")
        reader.cancel()
    seen.until = time.monotonic()
    return seen


async def _follow_view(address: str, name: str, view: str, everybody: asyncio.Barrier, times: list[float]) -> NoReturn:
    async with connect(f"ws://{address}/api/runs/{name}/views/{view}", **CONNECTIONS) as connection:
        await connection.recv()
        await everybody.wait()
        while True:  # until the connection is lost
            await connection.recv()
            times.append(time.monotonic())


async def _read(connection: ClientConnection, seen: Watched) -> None:
    async for message in connection:
        _note(message, seen)


def _note(message: str | bytes, seen: Watched) -> None:
    """Note a message of the run, or the place of a class; ignores the list of runs.

    Viewers compute on the machine that they measure, so a message without marks, as nearly all are, is not parsed.
    """
    now = time.monotonic()
    if isinstance(message, str):
        if message.startswith(LED) and (place := json.loads(message)["value"]["place"]) is not None:
            seen.led.append((now, place["step"]))
        return
    if b'"marks":[]' in message[:HEADER] and (batch := BATCH.search(message, 0, HEADER)) is not None:
        seen.messages.append((now, int(batch[1]), len(message)))
        return
    header = header_of(message)
    if header["type"] != "gone":
        seen.messages.append((now, header["run"]["batch"], len(message)))
        seen.marks += [(now, mark["after"]) for mark in header["marks"]]


def _connected(door: Door, number: int, path: str) -> connect:
    return connect(f"ws://{door.address}/api/{path}", additional_headers=door.headers(number), **CONNECTIONS)


async def _be_stuck(door: Door, name: str, number: int, over: asyncio.Event) -> int:
    """Connect, then read nothing; the system buffers little more than one message."""
    host, port = door.address.split(":")
    own = "".join(f"{header}: {value}\r\n" for header, value in door.headers(number).items())
    key = base64.b64encode(os.urandom(16)).decode()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, (host, int(port)))
        hello = (
            f"GET /api/runs/{name}/live HTTP/1.1\r\nHost: {door.address}\r\n{own}"
            "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        )
        await loop.sock_sendall(connection, hello.encode())
        await over.wait()
    return 0


async def _come_and_go(door: Door, name: str, number: int, over: asyncio.Event, *, politely: bool) -> int:
    """Connect, read the first message and reset the connection, in a loop."""
    made = 0
    while not over.is_set():
        with contextlib.suppress(ConnectionClosed):
            async with _connected(door, number, f"runs/{name}/live") as connection:
                made += 1
                await connection.recv()
                if not politely:
                    _reset(connection)
    return made


def _reset(connection: ClientConnection) -> None:
    transport = connection.transport
    linger = struct.pack("ii", 1, 0)  # closing discards unsent data and sends a reset
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def header_of(message: bytes) -> dict[str, Any]:
    """The JSON header of a message of the live stream (see `gan.server.messages`)."""
    (length,) = struct.unpack_from("<I", message)
    header = json.loads(message[4 : 4 + length])
    assert isinstance(header, dict)
    return header


# --- what was seen ---------------------------------------------------------------------------------------------------


def within(crowd: list[Watched], begin: float, end: float) -> list[Watched]:
    """The messages between two times and the last one before, since the window may begin during a wait."""
    cut = []
    for seen in crowd:
        before = sum(time < begin for time, *_ in seen.messages)
        messages = [message for message in seen.messages[max(0, before - 1) :] if message[0] <= end]
        cut.append(Watched(messages, seen.marks, seen.led, end))
    return cut


def gaps(crowd: list[Watched]) -> list[float]:
    """Seconds between consecutive messages of all viewers; for a viewer with a single message, the seconds since."""
    times = [[time for time, *_ in seen.messages] for seen in crowd]
    waited = [each if len(each) > 1 else [*each, seen.until] for each, seen in zip(times, crowd, strict=True)]
    return [after - before for arrivals in waited for before, after in itertools.pairwise(arrivals)]


def furthest_behind(crowd: list[Watched]) -> int:
    """The most messages of the run (told apart by their batch) that the last viewer was behind the first one."""
    arrivals = sorted((time, batch, viewer) for viewer, seen in enumerate(crowd) for time, batch, _ in seen.messages)
    order: dict[int, int] = {}
    has: dict[int, int] = {}
    worst = 0
    for _, batch, viewer in arrivals:
        fresh = batch not in order
        has[viewer] = order.setdefault(batch, len(order))
        if fresh:
            worst = max(worst, len(order) - 1 - min(has.values()))
    return worst


def in_milliseconds(seconds: list[float]) -> dict[str, float]:
    """The median, 95th percentile and longest of some waits."""
    shown = {"median": percentile(seconds, 0.5), "p95": percentile(seconds, 0.95), "longest": max(seconds)}
    return {name: round(1000 * value, 1) for name, value in shown.items()}
