"""Freed memory goes back to the system."""

from __future__ import annotations

import platform

import psutil
import pytest

from gan import memory

PIECES, SIZE = 200_000, 600  # 120 MB, in pieces that Python leaves to the C library


def resident() -> float:
    """MB of this process's memory."""
    return float(psutil.Process().memory_info().rss) / 1e6


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked to")
def test_pieces_between_used_ones_are_returned() -> None:
    before = resident()
    pieces = [bytearray(SIZE) for _ in range(PIECES)]
    full = resident()
    kept = pieces[::1000]
    del pieces
    memory.give_back()
    assert full - before > 100
    assert resident() - before < 40
    assert len(kept) == PIECES // 1000


def test_without_such_a_library_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_malloc_trim", lambda: None)
    memory.give_back()
