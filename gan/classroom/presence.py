"""Who is here: how many connections each person of a class holds at the moment, and how to end them."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from gan.errors import Busy
from gan.limits import MAX_SOCKETS

HangUp = Callable[[], None]


class Presence:
    """Any thread may ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._connections: dict[str, list[HangUp]] = {}
        self._came: set[str] = set()  # who has opened a page since the server started

    def enter(self, person_id: str, hang_up: HangUp) -> None:
        """A WebSocket opens; `hang_up` ends it from any thread. Raises Busy: the person has too many."""
        with self._lock:
            mine = self._connections.setdefault(person_id, [])
            if len(mine) >= MAX_SOCKETS:
                raise Busy(f"You have {MAX_SOCKETS} connections to LiveGAN already; close some of its tabs.")
            mine.append(hang_up)
            self._came.add(person_id)

    def leave(self, person_id: str, hang_up: HangUp) -> None:
        with self._lock:
            mine = self._connections.get(person_id, [])
            if hang_up in mine:
                mine.remove(hang_up)
            if not mine:
                self._connections.pop(person_id, None)

    def is_here(self, person_id: str) -> bool:
        return person_id in self._connections

    def came(self, person_id: str) -> bool:
        """Whether somebody has opened a page since the server started."""
        return person_id in self._came

    def send_away(self, person_id: str) -> None:
        """End all connections of a person."""
        with self._lock:
            there = list(self._connections.get(person_id, ()))
            self._came.discard(person_id)
        for hang_up in there:
            hang_up()
