"""Freed memory goes back to the system."""

from __future__ import annotations

import gc
import multiprocessing
import platform
from concurrent.futures import ProcessPoolExecutor

import psutil
import pytest

from gan.server import memory

PIECES, SIZE = 200_000, 600  # 120 MB, in pieces that Python leaves to the C library


def resident() -> float:
    """MB of this process's memory."""
    return float(psutil.Process().memory_info().rss) / 1e6


def grown_by() -> tuple[float, float]:
    """MB more than before: with all pieces, and with one in a thousand after giving back."""
    before = resident()
    pieces = [bytearray(SIZE) for _ in range(PIECES)]
    full = resident()
    pieces = pieces[::1000]
    memory.give_back()
    return full - before, resident() - before


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked to")
def test_pieces_between_used_ones_are_returned() -> None:
    # A process of its own: in this one the pieces may find room between what earlier tests left.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        full, returned = fresh.submit(grown_by).result()
    assert full > 100
    assert returned < 40


def test_without_such_a_library_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_malloc_trim", lambda: None)
    memory.give_back()


def test_a_collection_passes_over_what_was_there_when_everything_was_loaded() -> None:
    was_there: list[object] = []
    try:
        memory.keep_what_is_there()
        came_later: list[object] = []
        collected = [id(each) for each in gc.get_objects()]
        assert id(was_there) not in collected
        assert id(came_later) in collected
    finally:
        gc.unfreeze()
