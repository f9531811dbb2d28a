"""The four metrics of every batch of a run, in memory."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from gan.training.reference_step import BatchMetrics

METRICS = BatchMetrics._fields
Rows = NDArray[np.float32]  # batches x metrics
NO_ROWS: Rows = np.empty((0, len(METRICS)), np.float32)


class MetricHistory:
    """Four float32 numbers a batch (16 bytes); one thread appends, and any thread reads without a lock.

    A row is complete before `len` counts it, and a counted row never changes. So a reader that takes `rows(0, n)` for
    an n it has seen gets complete rows, even while the array grows.
    """

    def __init__(self, rows: Rows | None = None) -> None:
        self._rows = np.empty((4096, len(METRICS)), np.float32) if rows is None else rows
        self._count = 0 if rows is None else len(rows)

    def __len__(self) -> int:
        return self._count

    def append(self, metrics: BatchMetrics) -> None:
        """Add the metrics of the next batch."""
        if self._count == len(self._rows):
            grown = np.empty((self._count + max(4096, self._count // 2), len(METRICS)), np.float32)
            grown[: self._count] = self._rows
            self._rows = grown
        self._rows[self._count] = metrics
        self._count += 1

    def extend(self, metrics: Iterable[BatchMetrics]) -> None:
        """Add the metrics of the next batches."""
        for each in metrics:
            self.append(each)

    def rows(self, start: int, stop: int) -> Rows:
        """The metrics of batches start+1 to stop, n x 4, as a view."""
        return self._rows[start:stop]

    def truncated(self, count: int) -> MetricHistory:
        """A history of the first `count` batches alone."""
        return MetricHistory(self._rows[:count].copy())
