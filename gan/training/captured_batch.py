"""A batch's operations, captured once and then replayed: on one core, or on two where that is quicker at present."""

from __future__ import annotations

import time
from collections.abc import Callable

from gan.training import device
from gan.training.cpu_graph import CPUGraph, capture
from gan.training.halved_graph import HalvedGraph
from gan.training.quicker_way import QuickerWay

IN_A_TRIAL = 2  # batches at once: where both threads wait for a core, each of them may take 0.1 s in halves


class CapturedBatch:
    """The operations of `function`, which trains a batch while they are captured; see `cpu_graph.capture`."""

    def __init__(self, function: Callable[[], object]) -> None:
        operations = capture(function)
        self._whole = CPUGraph(operations)
        self._halves = HalvedGraph(operations) if device.shares_batches() else None
        self._way = QuickerWay()

    def replay(self, times: int) -> None:
        """Train so many batches, or fewer. The way changes no bit."""
        began, halves = time.monotonic(), self._halves
        if halves is not None and self._way.in_trial:
            times = min(times, IN_A_TRIAL)
        in_halves = halves is not None and self._way.second and halves.replay(times)
        if not in_halves:
            self._whole.replay(times)
        if in_halves == self._way.second:
            self._way.took((time.monotonic() - began) / times)
