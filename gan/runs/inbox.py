"""Requests to a run's thread. However many come, they take bounded memory and at most half of the thread's time.

Pending knob changes are merged: the newest value of each knob counts. Steps and looks at the trainer are counted and
refused beyond a limit. Stop and shutdown act before all earlier requests except knob changes, which make one entry in
the record, whatever their number. Everything else acts before the next batch as long as there is credit: obeying
spends credit and training earns it back, so a flood of commands takes at most half of the thread's time.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from gan.errors import Busy
from gan.limits import MAX_LOOKS, MAX_STEPS
from gan.recording.commands import Command, Pause, Resume, SetKnobs, Shutdown, Step, Stop
from gan.training.trainer import Trainer

CREDIT = 1.0  # the most seconds of obeying that a run can save up
LEAST_COST = 0.05  # the fewest seconds that obeying costs: a flood adds at most 20 entries a second to the record
LONGEST_QUIET = 0.5  # the most seconds for which commands wait once the credit is used up

Mode = Pause | Resume
End = Stop | Shutdown


@dataclass(frozen=True)
class Orders:
    """Requests that act together between two batches, in the order of the fields."""

    knobs: SetKnobs | None = None
    mode: Mode | None = None
    end: End | None = None


@dataclass(frozen=True)
class Look:
    """A request to call `at` with the trainer; `future` gets its result."""

    at: Callable[[Trainer], Any]
    future: Future[Any]

    def answer(self, trainer: Trainer) -> None:
        if not self.future.set_running_or_notify_cancel():  # whoever asked has given up
            return
        try:
            self.future.set_result(self.at(trainer))
        except Exception as error:  # whoever asked gets it; the run trains on
            self.future.set_exception(error)


@dataclass
class _Waiting:
    """Pending commands, merged."""

    values: dict[str, Any] = field(default_factory=dict)
    mode: Mode | None = None
    steps: deque[Step] = field(default_factory=deque)
    end: End | None = None

    def add(self, command: Command) -> None:
        """Add a command and drop those that it makes pointless; raises `Busy`."""
        if isinstance(self.end, Shutdown):
            return
        match command:
            case SetKnobs(values):
                self.values |= values
            case Pause() | Resume():
                self.mode = command
                self.steps.clear()
            case Stop():
                self.finish(command)
                return
            case Step():
                if len(self.steps) >= MAX_STEPS:
                    raise Busy(f"{MAX_STEPS} steps are waiting already; let the run train them first.")
                self.steps.append(command)
        self.end = None

    def finish(self, end: End) -> None:
        """End training; of earlier requests only the knob changes still act."""
        self.mode, self.end = None, end
        self.steps.clear()

    @property
    def knobs(self) -> SetKnobs | None:
        return SetKnobs(self.values) if self.values else None

    def commands(self) -> list[Command]:
        """The fewest commands that amount to the same."""
        end = self.end if isinstance(self.end, Stop) else None
        return [command for command in (self.knobs, self.mode, *self.steps, end) if command is not None]


class Inbox:
    """See the module. Any thread may put; only the run's thread takes."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._now = _Waiting()
        self._later = _Waiting()  # requests after a stop that has not acted yet
        self._looks: deque[Look] = deque()
        self._woken = False
        self._look_is_next = False
        self._began: float | None = None  # when the thread began to obey its last request
        self._least = 0.0  # the fewest seconds that this request costs
        self._quiet_until = 0.0  # when there is credit again; it is full CREDIT seconds later
        self.by: str | None = None  # the student whose command came last; None: the teacher's

    # --- for all threads ---------------------------------------------------------------------------------------

    def put(self, command: Command, by: str | None = None) -> None:
        """Post a command; raises `Busy`."""
        with self._news:
            (self._later if self._now.end else self._now).add(command)
            self.by = by
            self._wake()

    def look(self, at: Callable[[Trainer], Any]) -> Future[Any]:
        """Ask for a look at the trainer; raises `Busy`."""
        future: Future[Any] = Future()
        with self._news:
            if len(self._looks) >= MAX_LOOKS:
                self._looks = deque(look for look in self._looks if not look.future.cancelled())
            if len(self._looks) >= MAX_LOOKS:
                raise Busy(f"{MAX_LOOKS} others wait for this run's newest weights; try again in a moment.")
            self._looks.append(Look(at, future))
            self._wake()
        return future

    def shut_down(self) -> None:
        """Ask the thread to end so that the run can be resumed later."""
        with self._news:
            (self._later if self._now.end else self._now).finish(Shutdown())
            self._wake()

    def wake(self) -> None:
        """Have `take` return, so that the thread notices a change such as a free slot."""
        with self._news:
            self._wake()

    # --- for the run's thread ----------------------------------------------------------------------------------

    @property
    def has_step(self) -> bool:
        """Whether the next step may be trained, since every earlier request has acted."""
        return bool(self._now.steps) and not (self._now.values or self._now.mode or self._now.end)

    def take_step(self) -> Step | None:
        """The next step, if one may be trained."""
        with self._news:
            return self._now.steps.popleft() if self.has_step else None

    def drop_steps(self) -> None:
        with self._news:
            self._now.steps.clear()

    def take(self, wait: float | None, *, at_once: bool = False) -> Orders | Look | None:
        """The next request, awaited for `wait` seconds (None: for ever); None if there is none, or on `wake`.

        The time between two calls is what obeying the first request cost. `at_once`: do not wait for credit.
        """
        now = time.monotonic()
        if self._began is not None:
            credit = min(CREDIT, self._began - self._quiet_until) - max(self._least, now - self._began)
            self._quiet_until = now - max(credit, -LONGEST_QUIET)
            self._began = None
        deadline = None if wait is None else now + wait
        with self._news:
            while True:
                quiet = 0.0 if at_once else self._quiet_until - time.monotonic()
                found = self._next(quiet > 0)
                if found is not None or self._woken:
                    self._woken = self._woken and found is not None
                    return found
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return None
                pending = self._looks or self._now.values or self._now.mode
                limits = [each for each in (left, quiet if pending and quiet > 0 else None) if each is not None]
                self._news.wait(min(limits, default=None))

    def close(self) -> list[Command]:
        """Cancel all looks and return the commands that the thread has not obeyed."""
        with self._news:
            for look in self._looks:
                look.future.cancel()
            self._looks.clear()
            late = [*self._now.commands(), *self._later.commands()]
            late = [] if Shutdown() in (self._now.end, self._later.end) else late
            self._now, self._later, self._began, self._quiet_until = _Waiting(), _Waiting(), None, 0.0
            return late

    # --- parts -------------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        self._woken = True
        self._news.notify()

    def _next(self, quiet: bool) -> Orders | Look | None:
        """The request that acts now. Without credit that is only an end, or a knob change that a step waits for."""
        now = self._now
        if now.end:
            self._now, self._later = self._later, _Waiting()
            return self._begin(Orders(now.knobs, end=now.end), 0.0)
        if quiet and not (now.steps and now.values):
            return None
        if self._looks and (self._look_is_next or not (now.values or now.mode)):
            self._look_is_next = False
            return self._begin(self._looks.popleft(), 0.0)
        if not (now.values or now.mode):
            return None
        self._look_is_next = True  # looks and commands take turns
        self._now = _Waiting(steps=now.steps)
        return self._begin(Orders(now.knobs, now.mode), LEAST_COST)

    def _begin(self, found: Orders | Look, least: float) -> Orders | Look:
        self._began, self._least = time.monotonic(), least
        return found
