"""How fast a run trains."""

from __future__ import annotations

import time


class Throughput:
    """Batches per second over the last second or so, and the seconds spent training."""

    def __init__(self, batch: int, seconds: float) -> None:
        self.rate = 0.0
        self.seconds = seconds
        self.rest(batch)

    def rest(self, batch: int) -> None:
        self._batch, self._since, self._seconds = batch, time.monotonic(), self.seconds
        self._waited = 0.0

    def wait(self, began: float) -> None:
        """A turn has come that was waited for since `began` (monotonic): the rate includes the wait, `seconds` not."""
        self._waited += time.monotonic() - began

    def tick(self, batch: int) -> tuple[float, float]:
        elapsed = time.monotonic() - self._since
        self.seconds = self._seconds + elapsed - self._waited
        if elapsed >= 0.5:
            now = (batch - self._batch) / elapsed
            self.rate = now if self.rate == 0 else 0.5 * self.rate + 0.5 * now
            self.rest(batch)
        return self.rate or (batch - self._batch) / max(elapsed, 1e-6), self.seconds
