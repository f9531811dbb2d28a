"""Limits how many runs train at once; further ones wait in the order in which they came."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from gan.limits import PAUSE_KEEPS_SLOT

T = TypeVar("T")


class Ahead(NamedTuple, Generic[T]):
    """Those that a waiting one has to wait for.

    Attributes:
        holders: those that hold a slot.
        paused: the seconds until each paused holder loses its slot.
        waiting: those before it in the queue, first to last.
    """

    holders: list[T]
    paused: dict[T, float]
    waiting: list[T]


class TrainingQueue(Generic[T]):
    """A fair gate with `limit` slots. Nobody blocks in here: a waiter asks again when its `wake` is called.

    `keep`: seconds for which a paused holder keeps its slot. The holder then has to `release` it.
    """

    def __init__(self, limit: int, keep: float = PAUSE_KEEPS_SLOT) -> None:
        self.limit = limit
        self.keep = keep
        self._lock = threading.Lock()
        self._holders: dict[T, float | None] = {}  # of a paused one, until when it keeps the slot (monotonic)
        self._waiting: dict[T, Callable[[], None]] = {}

    def acquire(self, who: T, wake: Callable[[], None]) -> bool:
        """True if `who` may train now; else `who` is queued, and `wake` is called when a slot becomes free."""
        with self._lock:
            if who in self._holders:
                self._holders[who] = None
                return True
            ahead = list(self._waiting).index(who) if who in self._waiting else len(self._waiting)
            if len(self._holders) + ahead >= self.limit:
                self._waiting[who] = wake
                return False
            self._waiting.pop(who, None)
            self._holders[who] = None
            return True

    def pause(self, who: T) -> float | None:
        """Keep the slot of `who` for `keep` seconds, and return them; None if it held none (it leaves the queue)."""
        with self._lock:
            if who in self._holders:
                self._holders[who] = time.monotonic() + self.keep
                return self.keep
        self.release(who)
        return None

    def release(self, who: T) -> None:
        """Give up the slot, or the place in the queue."""
        with self._lock:
            self._holders.pop(who, None)
            self._waiting.pop(who, None)
            free = max(0, self.limit - len(self._holders))
            woken = list(self._waiting.values())[:free]
        for wake in woken:
            wake()

    @property
    def training(self) -> int:
        """How many holders train, so are not paused."""
        return sum(until is None for until in list(self._holders.values()))

    def ahead(self, who: T) -> Ahead[T] | None:
        """Those that `who` waits for; None if `who` does not wait."""
        with self._lock:
            if who not in self._waiting:
                return None
            queue = list(self._waiting)
            now = time.monotonic()
            paused = {one: max(0.0, until - now) for one, until in self._holders.items() if until is not None}
            return Ahead(list(self._holders), paused, queue[: queue.index(who)])
