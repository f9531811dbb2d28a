"""Finds out by trial which of two ways to do the same work is the quicker one at present."""

from __future__ import annotations

import math
import time

TRIES = 3  # of each way in a trial; its shortest one counts
GAIN = 1.15  # how much quicker the second way has to be: it takes another core from whoever might want it
SOONEST, LATEST = 1.0, 30.0  # seconds until the next trial, which is put off longer each time that nothing has changed


class QuickerWay:
    """Says which way to take next, and is told how long that took.

    Attributes:
        second: whether to take the second way next.
    """

    def __init__(self) -> None:
        self.second = False
        self._chosen = False  # whether the second way was chosen in the last trial
        self._pause = SOONEST
        self._trial_at = -math.inf
        self._slow = 0  # times in a row that the second way took longer than the first one did
        self._begin()

    @property
    def in_trial(self) -> bool:
        """Whether the next time is one of a trial."""
        return self._tries > 0

    def took(self, seconds: float) -> None:
        """What was just done, in the way that `second` said, took so many seconds for each piece of work."""
        if self._tries:
            self._try(seconds)
        elif self.second and seconds > self._shortest[False]:
            self._slow += 1
        else:
            self._slow = 0
        if not self._tries and (self._slow > 1 or time.monotonic() >= self._trial_at):
            self._begin()

    def _begin(self) -> None:
        self._shortest = {False: math.inf, True: math.inf}
        self._tries = 2 * TRIES
        self._slow, self.second = 0, False

    def _try(self, seconds: float) -> None:
        self._shortest[self.second] = min(self._shortest[self.second], seconds)
        self._tries -= 1
        hopeless = self.second and seconds > 2 * self._shortest[False] and self._tries < 2 * TRIES - 2
        if self._tries and not hopeless:
            self.second = not self.second
            return
        self._tries = 0
        self.second = self._shortest[True] * GAIN < self._shortest[False]
        self._pause = min(2 * self._pause, LATEST) if self.second == self._chosen else SOONEST
        self._chosen, self._trial_at = self.second, time.monotonic() + self._pause
