"""Turns for the runs of desks: short ones, by desk and not by run, so that all desks move.

The desk that has trained least comes next, so a desk with three runs gets no more than one with a single run, and one
whose batches take long gets fewer of them. A run that the teacher owns never waits here: it has a slot of the
`TrainingQueue`, and desks share the slots that are free there, at least one.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from gan.limits import LONGEST_TURN, SHORTEST_TURN, TURN_CYCLE
from gan.runs.queue import TrainingQueue

T = TypeVar("T")
Wake = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Turn:
    """When a run trains next: in about `seconds` (0: now), as one of `desks` that take turns."""

    seconds: int
    desks: int


class DeskTurns(Generic[T]):
    """Gives turns. Nobody blocks in here: a waiter asks again when its `wake` is called.

    Args:
        teachers: the slots of runs that no desk owns.
        desk_of: the desk that owns a run.
        clock: seconds that never go back.
    """

    def __init__(
        self, teachers: TrainingQueue[T], desk_of: Callable[[T], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._teachers = teachers
        self._desk_of = desk_of
        self._clock = clock
        self._lock = threading.Lock()
        self._began: dict[T, float] = {}  # when the turn of each run that has one began
        self._ends: dict[T, float] = {}  # and when it is used up: asked after each batch, so not worked out there
        self._waiting: dict[T, Wake] = {}  # in the order in which they came
        self._used: dict[str, float] = {}  # seconds of training by desk, counted from those of the desk that has least

    # --- what a run's thread asks --------------------------------------------------------------------------------

    def acquire(self, who: T, wake: Wake) -> bool:
        """True if it is the turn of `who`; else `who` waits, and `wake` is called when its turn comes."""
        with self._lock:
            if who in self._began:
                return True
            self._wait(who, wake)
            woken = self._give()
            mine = who in self._began
        for each in woken:
            if each is not wake:
                each()
        return mine

    def is_over(self, who: T) -> bool:
        """Whether the turn of `who` is used up and the slot is wanted; asked after each batch."""
        now = self._clock()
        if now < self._ends.get(who, math.inf):
            return False
        with self._lock:
            self._charge(who, now)
            self._begin(who, now)
            return bool(self._waiting) or len(self._began) > self._slots()

    def pass_on(self, who: T, wake: Wake) -> None:
        """End the turn of `who`, which waits for the next one behind the other runs of its desk."""
        with self._lock:
            self._charge(who, self._clock())
            self._waiting[who] = wake
            self._end(who)
            woken = self._give()
        for each in woken:
            each()

    def release(self, who: T) -> None:
        """Give up the turn, or the place among those who wait."""
        with self._lock:
            self._charge(who, self._clock())
            self._end(who)
            self._waiting.pop(who, None)
            woken = self._give()
        for each in woken:
            each()

    # --- what others may see ---------------------------------------------------------------------------------------

    def next_turn(self, who: T) -> Turn | None:
        """When `who` trains next; None if it does not wait, or if it trains alone."""
        with self._lock:
            desks = len(self._active())
            if who in self._began:
                return Turn(0, desks) if desks > 1 else None
            if who not in self._waiting:
                return None
            now, length = self._clock(), self._length()
            left = sorted(max(0.0, end - now) for end in self._ends.values())[: self._slots()] or [0.0]
            rounds, slot = divmod(self._in_order().index(who), len(left))
            return Turn(max(1, round(left[slot] + rounds * length)), desks)

    @property
    def idle(self) -> bool:
        """Whether no run trains, neither the teacher's nor a desk's."""
        return not self._began and not self._teachers.training

    # --- parts -----------------------------------------------------------------------------------------------------

    def _slots(self) -> int:
        return max(1, self._teachers.limit - self._teachers.training)

    def _length(self) -> float:
        """Seconds of a turn: short enough for every desk to have one in a cycle, if they are not too many."""
        desks = len(self._active()) or 1
        return min(LONGEST_TURN, max(SHORTEST_TURN, TURN_CYCLE * self._slots() / desks))

    def _active(self) -> set[str]:
        """The desks of which a run trains or waits."""
        return {self._desk_of(who) for who in (*list(self._began), *list(self._waiting))}

    def _wait(self, who: T, wake: Wake) -> None:
        desk, active = self._desk_of(who), self._active()
        if desk not in active:  # while it was away it saved nothing up
            least = min((self._used[each] for each in active), default=0.0)
            self._used[desk] = max(self._used.get(desk, 0.0), least)
        self._waiting.setdefault(who, wake)
        length = self._length()
        for each, began in self._began.items():  # turns are shorter now that one more waits
            self._ends[each] = min(self._ends[each], began + length)

    def _give(self) -> list[Wake]:
        """Give free slots to those who come next; returns whom to wake."""
        woken = []
        while self._waiting and len(self._began) < self._slots():
            who = self._in_order()[0]
            woken.append(self._waiting.pop(who))
            self._begin(who, self._clock())
        return woken

    def _begin(self, who: T, now: float) -> None:
        self._began[who] = now
        self._ends[who] = now + self._length()

    def _end(self, who: T) -> None:
        self._began.pop(who, None)
        self._ends.pop(who, None)

    def _in_order(self) -> list[T]:
        """Those who wait, next first: desks without a turn, then those that have trained least, then first come."""
        training = [self._desk_of(who) for who in self._began]
        order: list[tuple[int, float, int, T]] = []
        ahead: dict[str, int] = {}
        for place, who in enumerate(self._waiting):
            desk = self._desk_of(who)
            round_ = ahead.get(desk, training.count(desk))
            ahead[desk] = round_ + 1
            order.append((round_, self._used[desk], place, who))
        return [who for *_, who in sorted(order, key=lambda each: each[:3])]

    def _charge(self, who: T, now: float) -> None:
        if who in self._began:
            self._used[self._desk_of(who)] += now - self._began[who]
