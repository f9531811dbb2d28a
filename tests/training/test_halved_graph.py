"""Two threads carry out the halves of a graph."""

from __future__ import annotations

import functools

import pytest
import torch

from gan.training import device
from gan.training.cpu_graph import CPUGraph, capture
from gan.training.halved_graph import HalvedGraph


def growth(x: torch.Tensor, weight: torch.Tensor) -> None:
    """Each half needs what the other one has written."""
    x.mul_(0.5).add_(torch.mm(x, weight))
    weight.copy_(torch.mm(x.t(), x) / 1000)


def test_both_threads_together_do_what_one_does_alone() -> None:
    torch.set_num_threads(1)
    pairs = [(torch.ones(64, 64).tril_(), torch.eye(64)) for _ in range(2)]
    whole, shared = (capture(functools.partial(growth, *pair)) for pair in pairs)
    one, both = CPUGraph(whole), HalvedGraph(shared)
    for times in (1, 5, 2):
        one.replay(times)
        assert both.replay(times)
        assert all(torch.equal(*same) for same in zip(*pairs, strict=True))


def test_when_the_process_is_ending_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "submit_to_spare_core", lambda *_work: None)
    x = torch.zeros(64, 3)
    graph = HalvedGraph(capture(lambda: x.add_(1.0)))
    assert not graph.replay(1)
    assert x.unique().tolist() == [1.0]
