"""Captured operations that two threads carry out side by side; see `halves`.

The threads meet 15 to 30 times a batch. A sleeping thread takes 50 to 150 us to wake, so whoever comes first keeps
looking until the other one is there, which takes 1.5 us. That is good only while each has a core to itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from gan.training import device
from gan.training.cpu_graph import Graph, Operation
from gan.training.halves import in_halves

LOOKS = 200_000_000  # about a minute: after that the other thread is not expected to come
APART = 16  # whole numbers: the two counters lie in different cache lines


class HalvedGraph:
    """Operations to carry out again on two cores."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        counters = torch.zeros(2, APART, dtype=torch.int64)[:, 0]
        upper, lower = Graph(), Graph()
        for both in in_halves(operations):
            for half, graph in enumerate((upper, lower)):
                if both is None:
                    graph.append_meeting(counters[half], counters[1 - half], LOOKS)
                elif (operation := both[half]) is not None:
                    graph.append_in_place(operation)
        self._upper, self._lower = upper.compiled(), lower.compiled()

    def replay(self, times: int) -> bool:
        """Carry the operations out again; False if the process is ending, and nothing was done."""
        lower = device.submit_to_spare_core(self._lower, times)
        if lower is None:
            return False
        self._upper(times)
        lower.result()
        return True
