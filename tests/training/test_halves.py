"""Operations in two halves: whichever half comes first between two meetings, the bits are those of the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from gan.training import halves
from gan.training.cpu_graph import Operation, capture
from gan.training.halves import Both, halved, in_halves

N, WIDTH = 100, 96


def numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape) + seed))


class Layer:
    """A linear layer with dropout on N rows, forward and back, and a step of Adam."""

    def __init__(self) -> None:
        self.x, self.weight, self.bias = numbers(N, 70), numbers(WIDTH, 70), numbers(WIDTH)
        self.out, self.mask, self.grad = torch.empty(N, WIDTH), torch.empty(N, WIDTH), numbers(N, WIDTH, seed=1)
        self.weight_grad, self.bias_grad = torch.empty(WIDTH, 70), torch.empty(WIDTH)
        self.moments = [[torch.zeros_like(each) for each in (self.weight, self.bias)] for _ in range(2)]
        self.step = torch.zeros(())
        self.rng = torch.Generator().manual_seed(3)

    def train(self) -> None:
        self.mask.copy_(torch.rand(N, WIDTH, generator=self.rng).ge(0.5))
        torch.addmm(self.bias, self.x, self.weight.t(), out=self.out)
        torch.ops.aten.leaky_relu_(self.out, 0.2).mul_(self.mask)
        self.grad.mul_(self.mask).add_(self.out)
        torch.mm(self.grad.t(), self.x, out=self.weight_grad)
        torch.sum(self.grad, 0, out=self.bias_grad)
        self.step.add_(1.0)
        torch._fused_adam_(
            [self.weight, self.bias], [self.weight_grad, self.bias_grad], self.moments[0], self.moments[1], [],
            [self.step, self.step], lr=0.01, beta1=0.5, beta2=0.999, weight_decay=0.0, eps=1e-8, amsgrad=False,
            maximize=False,
        )  # fmt: skip

    def tensors(self) -> list[Tensor]:
        return [self.weight, self.bias, self.out, self.grad, *self.moments[0], *self.moments[1]]


def meetings(plan: Sequence[Both | None]) -> list[list[Both]]:
    """What is done between two meetings."""
    between: list[list[Both]] = [[]]
    for each in plan:
        if each is None:
            between.append([])
        else:
            between[-1].append(each)
    return between


def carry_out(plan: Sequence[Both | None], first: int) -> None:
    """Between two meetings one half does all that it has to do, and then the other one."""
    for both in meetings(plan):
        for half in (first, 1 - first):
            for operations in both:
                operation = operations[half]
                if operation is not None:
                    run_in_place(operation)


def run_in_place(operation: Operation) -> None:
    made = operation.call()
    for result, returned in zip(operation.results, operation.schema.returns, strict=False):
        if returned.alias_info is None and isinstance(result, Tensor):
            result.copy_(made)


@pytest.mark.parametrize("first", [0, 1])
def test_the_halves_have_the_bits_of_the_whole_whoever_comes_first(first: int) -> None:
    whole, shared = Layer(), Layer()
    plan = in_halves(capture(shared.train))
    whole.train()
    for _ in range(3):
        whole.train()
        carry_out(plan, first)
    assert all(torch.equal(one, other) for one, other in zip(shared.tensors(), whole.tensors(), strict=True))


def test_rows_are_shared_and_the_halves_meet_where_one_needs_what_the_other_wrote() -> None:
    plan = in_halves(capture(Layer().train))
    shared = {each[0].name for each in plan if each and each[0] and each[1]}
    assert plan[-1] is None
    assert {"aten::addmm", "aten::mm", "aten::mul_", "aten::_fused_adam_"} <= shared
    places = [place for place, each in enumerate(plan) if each is None]
    product = next(place for place, both in enumerate(plan) if both and both[0] and both[0].name == "aten::mm")
    assert any(place < product for place in places)  # a gradient of the weights needs all rows


@pytest.mark.parametrize(
    "whole",
    [
        lambda: torch.mm(numbers(40, 7), numbers(7, 5)),  # too few rows
        lambda: numbers(N, 8).sum(0),
        lambda: torch.randn(N, 8, generator=torch.Generator()),
    ],
)
def test_what_has_no_halves_stays_whole(whole: Callable[[], Tensor]) -> None:
    operation = next(each for each in capture(whole) if each.name not in ("aten::randn", "aten::t"))
    assert halved(operation) is None


def test_draws_from_a_random_stream_keep_their_order() -> None:
    rng, x, y = torch.Generator().manual_seed(1), torch.empty(N, 3), torch.empty(N, 3)
    plan = in_halves(capture(lambda: (x.normal_(generator=rng), y.uniform_(generator=rng))))
    other = torch.Generator().manual_seed(1)
    for _ in range(2):
        expected = torch.empty(N, 3).normal_(generator=other), torch.empty(N, 3).uniform_(generator=other)
    carry_out(plan, first=1)
    assert torch.equal(x, expected[0])
    assert torch.equal(y, expected[1])


def test_an_operation_whose_halves_have_other_bits_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halves, "_known", {})
    monkeypatch.setattr(halves, "_same_bits", lambda operation: operation.name != "aten::mm")
    x = numbers(N, N)
    product, addition = capture(lambda: torch.mm(x, x).add_(x))
    assert halved(product) is None
    assert halved(addition) is not None


def test_products_are_tried_out_on_numbers_that_show_the_order_of_a_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    class OtherOrder:
        """A product that adds from the last number to the first one where there are few rows."""

        _schema = torch.ops.aten.mm.out._schema

        def __call__(self, a: Tensor, b: Tensor, *, out: Tensor) -> Tensor:
            out.zero_()
            for each in range(len(b)) if len(a) == N else reversed(range(len(b))):
                out.addcmul_(a[:, each, None], b[each])
            return out

    monkeypatch.setattr(halves, "_known", {})
    a, b, out = torch.zeros(N, 50), torch.zeros(50, 3), torch.empty(N, 3)
    assert halved(Operation(torch.ops.aten.mm.out, [a, b, out], [out])) is not None
    halves._known.clear()
    assert halved(Operation(OtherOrder(), [a, b, out], [out])) is None


def test_a_trial_of_halves_leaves_all_numbers_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halves, "_known", {})
    layer = Layer()
    operations = capture(layer.train)
    before = [each.clone() for each in layer.tensors()]
    in_halves(operations)
    assert len(halves._known) > 5
    assert all(halves._known.values())
    assert all(torch.equal(one, other) for one, other in zip(layer.tensors(), before, strict=True))
