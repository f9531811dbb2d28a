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
        self._halves = HalvedGraph(operations) if device.has_a_spare_core() else None
        self._way = QuickerWay()

    @property
    def outdated(self) -> bool:
        """Whether there is a spare core now, as there was none when the batch was captured."""
        return self._halves is None and device.has_a_spare_core()

    def replay(self, times: int) -> None:
        """Train so many batches, or fewer. The way changes no bit."""
        if self._halves is None or not device.has_a_spare_core():
            self._whole.replay(times)
            return
        if self._way.in_trial:
            times = min(times, IN_A_TRIAL)
        began = time.monotonic()
        if not (self._way.second and self._halves.replay(times)):
            self._whole.replay(times)
        self._way.took((time.monotonic() - began) / times)
