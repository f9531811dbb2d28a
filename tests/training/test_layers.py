"""Dropout: its share, its scale, and its own random numbers."""

from __future__ import annotations

import pytest
import torch

from gan.training.layers import Dropout
from gan.training.networks import Generator


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.95])
def test_dropout_zeroes_its_share_and_scales_the_rest(p: float) -> None:
    x = torch.ones(1000, 1000)
    y = Dropout(p, rng())(x)
    kept = y[y != 0]
    assert (y == 0).float().mean().item() == pytest.approx(p, abs=0.005)
    assert torch.allclose(kept, kept[0])
    assert kept[0].item() == pytest.approx(1 / (1 - p), rel=1e-3)
    assert y.mean().item() == pytest.approx(1.0, abs=0.02)  # what follows sees the same level as without dropout


def test_dropout_falls_on_all_units_alike() -> None:
    shares = (Dropout(0.5, rng())(torch.ones(4000, 37)) == 0).float().mean(0)
    assert shares.min() > 0.45
    assert shares.max() < 0.55


def test_dropout_draws_from_its_own_generator_and_leaves_torchs_alone() -> None:
    x = torch.ones(50, 50)
    before = torch.get_rng_state()
    one, same = Dropout(0.5, rng(3)), Dropout(0.5, rng(3))
    first, second = one(x), one(x)
    assert torch.equal(first, same(x))
    assert not torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), before)


def test_dropout_does_nothing_at_zero_and_in_evaluation_and_then_draws_no_number() -> None:
    own = rng()
    before = own.get_state()
    x = torch.randn(10, 10, generator=rng())
    assert torch.equal(Dropout(0.0, own)(x), x)
    assert torch.equal(Dropout(0.9, own).eval()(x), x)
    assert torch.equal(own.get_state(), before)


def test_dropout_passes_gradients_through_the_kept_units_only() -> None:
    x = torch.ones(20, 20, requires_grad=True)
    y = Dropout(0.5, rng())(x)
    y.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, y.detach())


def test_the_share_may_change_between_two_batches() -> None:
    generator = Generator(latent_dim=3, dropout=0.0, rng=rng())
    z = torch.ones(4, 3)
    assert torch.equal(generator(z), generator(z))
    generator.dropout.p = 0.5
    assert not torch.equal(generator(z), generator(z))
