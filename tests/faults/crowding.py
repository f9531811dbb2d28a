"""Let more viewers come than there are file handles for, and see who is let in and what happens to the others.

    python tests/faults/crowding.py --handles 256

A real server with few handles trains one run. Good viewers watch it; then viewers come until they are turned away, then
connections that say nothing, as many as the system lets them make.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from gan.bench.server import App, make_run, running_app, wait_until
from gan.settings import Settings

GOOD = 4
SETTINGS = Settings(epochs=10_000)
PAGE = {"Accept": "text/html,application/xhtml+xml"}


@dataclass(frozen=True)
class Outcome:
    """`lines`: how many the log has about it. `longest_gap`: seconds without a message for a viewer who was in before.

    `started`: whether a run that was started in the crowd trains and is on disk. `again`: whether the page opens once
    the crowd has gone.
    """

    handles: int
    before: int
    let_in: int
    refusal: str
    page_status: int
    page: str
    silent: int
    longest_gap: float
    started: bool
    again: bool
    lines: int
    log_bytes: int


class Good:
    """A viewer who came early."""

    def __init__(self, app: App) -> None:
        self.longest = 0.0
        self.lost = False
        self._leaves = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(app,))
        self._thread.start()

    def _read(self, app: App) -> None:
        with _watch(app) as connection:
            last = time.monotonic()
            for _ in connection:
                self.longest = max(self.longest, time.monotonic() - last)
                last = time.monotonic()
                if self._leaves.is_set():
                    return
        self.lost = True

    def leave(self) -> float:
        """The longest time without a message; raises AssertionError if the server had let go of it."""
        assert not self.lost
        self._leaves.set()
        self._thread.join()
        return self.longest


def crowd_in(folder: Path, handles: int) -> Outcome:
    make_run(folder, "watched", SETTINGS)
    make_run(folder, "late", SETTINGS)
    with running_app(folder, handles) as app:
        app.go("watched")
        before = app.handles()
        good = [Good(app) for _ in range(GOOD)]
        with contextlib.closing(http.client.HTTPConnection(app.address, timeout=60)) as inside, _crowd(app) as crowd:
            refusal = _refusal(app)
            page_status, page = _page(app)
            with _silence(app, inside) as silent:
                _command(inside, "late", "resume")
                wait_until(lambda: int(_summary(inside, "late")["batch"]) > 0, "the run to start")
            started = (folder / "late" / ".lock").exists() and not _summary(inside, "late")["message"]
        longest = max(viewer.leave() for viewer in good)
        wait_until(lambda: _page(app)[0] == 200, "the server to have room again")
        printed = app.log.read_text()
    lines = [line for line in printed.splitlines() if "The server is full" in line]
    return Outcome(
        handles, before, len(crowd), refusal, page_status, page, silent[0], round(longest, 2), started, True,
        len(lines), len(printed),
    )  # fmt: skip


@contextlib.contextmanager
def _watch(app: App) -> Iterator[ClientConnection]:
    address = f"ws://{app.address}/api/runs/watched/live?list=1"
    with connect(address, max_size=None, max_queue=None, proxy=None) as connection:
        yield connection


@contextlib.contextmanager
def _crowd(app: App) -> Iterator[list[ClientConnection]]:
    """Viewers come until one is turned away."""
    crowd: list[ClientConnection] = []
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(InvalidStatus):
            while True:
                crowd.append(stack.enter_context(_watch(app)))
        yield crowd


def _refusal(app: App) -> str:
    try:
        with _watch(app):
            return ""
    except InvalidStatus as refused:
        return f"{refused.response.status_code} {bytes(refused.response.body or b'').decode()}"


def _page(app: App) -> tuple[int, str]:
    """The page's document, as a browser asks for it: its status, and its heading."""
    connection = http.client.HTTPConnection(app.address, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", "/", headers=PAGE)
        answer = connection.getresponse()
        return answer.status, answer.read().decode().partition("<h1>")[2].partition("</h1>")[0]


@contextlib.contextmanager
def _silence(app: App, inside: http.client.HTTPConnection) -> Iterator[list[int]]:
    """Connections that ask for nothing, more than the server has handles; somebody inside goes on asking."""
    host, port = app.address.split(":")
    with contextlib.ExitStack() as stack:
        count = 0
        for number in range(300):
            if number % 20 == 0:
                _summary(inside, "late")
            connection = stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                connection.settimeout(0.2)
                connection.connect((host, int(port)))
                count += 1
        yield [count]


def _command(inside: http.client.HTTPConnection, name: str, kind: str) -> None:
    inside.request("POST", f"/api/runs/{name}/commands", json.dumps({"kind": kind}))
    answer = inside.getresponse()
    assert answer.status == 202, answer.read()
    answer.read()


def _summary(inside: http.client.HTTPConnection, name: str) -> dict[str, Any]:
    """A run as the list shows it. On a connection that is kept: the crowd may take any new one."""
    inside.request("GET", "/api/runs")
    runs = json.loads(inside.getresponse().read())["runs"]
    return next(run for run in runs if run["name"] == name)


def main() -> int:
    parser = argparse.ArgumentParser(description="More viewers than file handles; prints one JSON object.")
    parser.add_argument("--handles", type=int, default=256, help="more than 500 are too many for these clients")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = crowd_in(Path(folder), options.handles)
    print(json.dumps(asdict(outcome)))
    return 0 if outcome.started and outcome.lines == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
