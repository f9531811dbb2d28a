"""The short version of `endure.py`, on a server as it is and on one that keeps something of every viewer."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from endure import soak
from helpers import ENDLESS, wait_until
from serving import serving

from gan.bench.crowd import Crowds, crowds
from gan.bench.server import App
from gan.server.application import the_application
from gan.server.broadcast import Hub, Viewer

SECONDS = 5.0  # half of it to warm up: each knob that is turned makes arrays anew, on either thread


@pytest.fixture(scope="module")
def helpers() -> Iterator[Crowds]:
    with crowds(2) as ready:
        yield ready


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """The routes on a server in this process, with a run that trains.

    It has been measured once: what that imports is in memory before anything is compared.
    """
    with serving(tmp_path) as server:
        run = server.registry.start(ENDLESS.changed(digits=range(10), pace=50), "long")
        wait_until(lambda: run.scores.all)
        yield App(server.address, tmp_path, os.getpid(), log=Path(os.devnull))


def test_nothing_is_left_of_viewers_who_have_gone(app: App, helpers: Crowds) -> None:
    outcome = soak(app, "long", helpers, SECONDS, viewers=5, watching=0.1, pages=False)
    assert outcome.grew == []
    assert outcome.rounds >= 3
    assert outcome.viewers >= 5 * outcome.rounds
    assert outcome.batches > 0
    assert outcome.memory_mb.first > 0
    wait_until(lambda: not the_application().hub._channels)


def test_a_leak_is_found(app: App, helpers: Crowds, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each viewer that goes leaves five megabytes, an open file and a thread behind."""
    kept: list[bytearray] = []
    files: list[IO[bytes]] = []
    threads: list[threading.Thread] = []
    over = threading.Event()
    leave = Hub.leave

    def leave_something(hub: Hub, name: str, viewer: Viewer) -> None:
        leave(hub, name, viewer)
        kept.append(bytearray(os.urandom(5_000_000)))
        files.append((tmp_path / "left").open("wb"))
        threads.append(threading.Thread(target=over.wait))
        threads[-1].start()

    monkeypatch.setattr(Hub, "leave", leave_something)
    try:
        outcome = soak(app, "long", helpers, SECONDS, viewers=5, watching=0.1, pages=False)
        assert outcome.grew == ["memory", "handles", "threads"]
    finally:
        over.set()
        for thread in threads:
            thread.join()
        for file in files:
            file.close()
