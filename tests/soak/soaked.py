"""The server that `test_soak.py` watches. It has a process of its own, whose memory holds nothing of other tests."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

import pytest
import torch
from helpers import ENDLESS, wait_until
from serving import serving

from gan.bench.server import App
from gan.server.application import the_application
from gan.server.broadcast import Hub, Viewer
from gan.server.memory import give_back

NAME = "long"

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Soaked(App):
    process: ProcessPoolExecutor

    def do(self, function: Callable[..., T], *arguments: object) -> T:
        """Call a function in the server's process, and return its result."""
        return self.process.submit(function, *arguments).result()

    def memory(self) -> float:
        """MB in use: what has been freed goes back to the system first, since it comes and goes by tens of MB."""
        self.do(give_back)
        return super().memory()


@contextlib.contextmanager
def soaked(folder: Path) -> Iterator[Soaked]:
    """The routes on a server, with a run that trains and has been measured once.

    What measuring imports is in memory before anything is compared.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        address, pid = process.submit(_open, folder).result()
        try:
            yield Soaked(address, folder, pid, Path(os.devnull), process=process)
        finally:
            process.submit(_close).result()


# --- what runs in that process ---------------------------------------------------------------------------------------

_server = contextlib.ExitStack()


def _open(folder: Path) -> tuple[str, int]:
    torch.set_num_threads(1)
    server = _server.enter_context(serving(folder))
    run = server.registry.start(ENDLESS.changed(digits=range(10), pace=50), NAME)
    wait_until(lambda: run.scores.all)
    return server.address, os.getpid()


def _close() -> None:
    _server.close()


def channels() -> int:
    """The number of runs that the server streams to viewers."""
    return len(the_application().hub._channels)


def leak(folder: Path) -> None:
    """From now on each viewer that goes leaves five megabytes, an open file and a thread behind."""
    kept: list[bytearray] = []
    files: list[IO[bytes]] = []
    threads: list[threading.Thread] = []
    over = threading.Event()
    leave = Hub.leave

    def leave_something(hub: Hub, name: str, viewer: Viewer) -> None:
        leave(hub, name, viewer)
        kept.append(bytearray(os.urandom(5_000_000)))
        files.append((folder / "left").open("wb"))
        threads.append(threading.Thread(target=over.wait))
        threads[-1].start()

    def tidy_up() -> None:
        over.set()
        for thread in threads:
            thread.join()
        for file in files:
            file.close()

    _server.callback(tidy_up)
    _server.enter_context(pytest.MonkeyPatch.context()).setattr(Hub, "leave", leave_something)
