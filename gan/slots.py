"""How many runs train at once; further ones wait in the order in which they came."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Slots:
    """A fair, counted gate. A waiter never blocks in here: it asks again when its `wake` is called."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._holders: set[object] = set()
        self._waiting: dict[object, Callable[[], None]] = {}

    def acquire(self, who: object, wake: Callable[[], None]) -> bool:
        """True if `who` may train now; else it stands in the queue and `wake` is called when a slot comes free."""
        with self._lock:
            if who in self._holders:
                return True
            ahead = list(self._waiting).index(who) if who in self._waiting else len(self._waiting)
            if len(self._holders) + ahead >= self.limit:
                self._waiting[who] = wake
                return False
            self._waiting.pop(who, None)
            self._holders.add(who)
            return True

    def release(self, who: object) -> None:
        """Give up the slot, or the place in the queue."""
        with self._lock:
            self._holders.discard(who)
            self._waiting.pop(who, None)
            free = max(0, self.limit - len(self._holders))
            woken = list(self._waiting.values())[:free]
        for wake in woken:
            wake()

    def position(self, who: object) -> int:
        """The place in the queue, from 1; 0 if not waiting."""
        with self._lock:
            return list(self._waiting).index(who) + 1 if who in self._waiting else 0
