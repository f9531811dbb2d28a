"""Operations captured once and replayed without Python."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from gan.training.cpu_graph import CPUGraph, Graph, capture


def numbers(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def test_a_replay_reads_and_overwrites_the_tensors_of_the_capture() -> None:
    x, y = numbers(3, 4), torch.empty(3, 3)
    graph = CPUGraph(capture(lambda: torch.mm(x, x.t(), out=y).add_(1.0)))
    assert torch.equal(y, x @ x.t() + 1)
    x.copy_(numbers(4, 3).t())
    graph.replay(1)
    assert torch.equal(y, x @ x.t() + 1)


def test_a_replay_runs_the_operations_as_often_as_it_is_told() -> None:
    x, squares, place = numbers(4, 3), torch.zeros(4, 3), torch.zeros(1, dtype=torch.int64)

    def square_a_row() -> None:
        squares.index_copy_(0, place, x.index_select(0, place).square())
        place.add_(1)

    graph = CPUGraph(capture(square_a_row))
    graph.replay(2)
    assert torch.equal(squares, torch.cat((x[:3].square(), torch.zeros(1, 3))))
    graph.replay(0)
    assert place == 3


def test_what_a_function_makes_for_itself_is_made_anew_in_each_replay() -> None:
    x, y = numbers(5, 2), torch.empty(2)

    def center() -> None:
        centered = x - x.mean(0)
        torch.sum(centered.square_()[1:], 0, out=y)

    graph = CPUGraph(capture(center))
    x.mul_(3.0)
    graph.replay(1)
    assert torch.equal(y, (x - x.mean(0)).square()[1:].sum(0))


def test_lists_of_tensors_are_captured() -> None:
    averages, sources = [numbers(3), numbers(2, 2)], [torch.zeros(3), torch.zeros(2, 2)]
    graph = CPUGraph(capture(lambda: torch._foreach_lerp_(averages, sources, 0.5)))
    graph.replay(1)
    assert torch.allclose(averages[0], numbers(3) / 4)


def test_a_replay_draws_on_from_the_random_stream() -> None:
    streams = [torch.Generator().manual_seed(1) for _ in range(2)]
    x = torch.empty(3, 4)
    graph = CPUGraph(capture(lambda: x.copy_(torch.randn(3, 4, generator=streams[0]))))
    assert torch.equal(x, torch.randn(3, 4, generator=streams[1]))
    graph.replay(1)
    assert torch.equal(x, torch.randn(3, 4, generator=streams[1]))


def test_parameters_change_and_no_autograd_graph_is_made() -> None:
    parameter = torch.nn.Parameter(torch.ones(3))
    graph = CPUGraph(capture(lambda: parameter.mul_(2.0)))
    graph.replay(1)
    assert parameter.tolist() == [4.0] * 3
    assert parameter.is_leaf


@pytest.mark.parametrize("fails", [lambda x: x.view(7), lambda x: torch.mm(x, x)])
def test_a_function_that_fails_says_so(fails: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(RuntimeError):
        CPUGraph(capture(lambda: fails(numbers(2, 3))))


def test_a_thread_that_waits_for_another_one_in_vain_says_so() -> None:
    mine, others = torch.zeros(2, dtype=torch.int64)
    graph = Graph()
    graph.append_meeting(mine, others, looks=100)
    wait = graph.compiled()
    others.fill_(1)
    wait(1)
    assert mine == 1
    with pytest.raises(RuntimeError):
        wait(1)
