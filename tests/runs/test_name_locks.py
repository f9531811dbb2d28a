"""A lock for each name."""

from __future__ import annotations

import threading

import pytest

from gan.runs.name_locks import NameLocks


def test_work_for_one_name_waits_for_that_name_alone() -> None:
    locks, done = NameLocks(), threading.Event()

    def again() -> None:
        with locks.locked("one"):
            done.set()

    with locks.locked("one"):
        thread = threading.Thread(target=again)
        thread.start()
        with locks.locked("other"):
            assert not done.wait(0.05)
    thread.join(30)
    assert done.is_set()


def test_a_lock_that_nobody_needs_any_more_is_dropped() -> None:
    locks = NameLocks()
    with pytest.raises(ZeroDivisionError), locks.locked("one"), locks.locked("other"):
        raise ZeroDivisionError
    assert not locks._locks
    assert not locks._users
