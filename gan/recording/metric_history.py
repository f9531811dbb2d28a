"""The four figures of every batch of a run, in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gan.training.reference_step import BatchMetrics

METRICS = BatchMetrics._fields
Rows = NDArray[np.float32]


class MetricHistory:
    """Four float32 figures a batch (16 bytes), written by one thread and read by any without a lock.

    A row is complete before `len` counts it, and a counted row never changes; so a reader that takes `rows(0, n)`
    for an n it has seen gets whole figures, also while the array behind it grows.
    """

    def __init__(self, rows: Rows | None = None) -> None:
        self._rows = np.empty((4096, len(METRICS)), np.float32) if rows is None else rows
        self._count = 0 if rows is None else len(rows)

    def __len__(self) -> int:
        return self._count

    def append(self, figures: BatchMetrics) -> None:
        if self._count == len(self._rows):
            grown = np.empty((self._count + max(4096, self._count // 2), len(METRICS)), np.float32)
            grown[: self._count] = self._rows
            self._rows = grown
        self._rows[self._count] = figures
        self._count += 1

    def rows(self, start: int, stop: int) -> Rows:
        """The figures of batches start+1 to stop, n x 4, as a view."""
        return self._rows[start:stop]

    def truncated(self, count: int) -> MetricHistory:
        """The first `count` batches as a series of their own."""
        return MetricHistory(self._rows[:count].copy())
