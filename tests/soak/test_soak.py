"""The short version of `endure.py`, on a server as it is and on one that keeps something of every viewer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from endure import soak
from helpers import wait_until
from soaked import NAME, Soaked, channels, leak, soaked

from gan.bench.crowd import Crowds, crowds

SECONDS = 5.0  # half of it to warm up: each knob that is turned makes arrays anew, on either thread


@pytest.fixture(scope="module")
def helpers() -> Iterator[Crowds]:
    with crowds(2) as ready:
        yield ready


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Soaked]:
    with soaked(tmp_path_factory.mktemp("runs")) as server:
        yield server


def test_nothing_is_left_of_viewers_who_have_gone(server: Soaked, helpers: Crowds) -> None:
    outcome = soak(server, NAME, helpers, SECONDS, viewers=5, watching=0.1, pages=False)
    assert outcome.grew == []
    assert outcome.rounds >= 3
    assert outcome.viewers >= 5 * outcome.rounds
    assert outcome.batches > 0
    assert outcome.memory_mb.first > 0
    wait_until(lambda: server.do(channels) == 0)


def test_a_leak_is_found(server: Soaked, helpers: Crowds, tmp_path: Path) -> None:
    """Each viewer that goes leaves five megabytes, an open file and a thread behind."""
    server.do(leak, tmp_path)
    outcome = soak(server, NAME, helpers, SECONDS, viewers=5, watching=0.1, pages=False)
    assert outcome.grew == ["memory", "handles", "threads"]
