"""Changes the latent size of a generator in the middle of its training."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gan.training.ema import GeneratorEMA
from gan.training.networks import Generator, uniform_bound


def resize_latent(
    generator: Generator, optimizer: Optimizer, ema: GeneratorEMA | None, latent_dim: int, rng: torch.Generator
) -> None:
    """Give the generator's first layer more or fewer inputs.

    The columns that stay keep their weights and the optimiser's moments, and so do those of the labels, which stand
    behind them. New columns begin as torch initialises them, with moments of zero; the averaged generator takes the
    same new columns.

    Args:
        rng: draws the new weights, on the CPU.
    """
    layer = cast("nn.Linear", generator.linears[0])
    old, before = layer.weight, generator.latent_dim
    width = latent_dim + old.shape[1] - before
    bound = uniform_bound(width)
    fresh = torch.empty(old.shape[0], latent_dim)
    nn.init.uniform_(fresh, -bound, bound, generator=rng)
    fresh = fresh.to(old.device)
    if ema is not None:
        averaged = cast("nn.Linear", cast("Generator", ema.generator).linears[0])
        averaged.weight = nn.Parameter(_with_columns(averaged.weight.detach(), fresh, before), requires_grad=False)
    layer.weight = weight = nn.Parameter(_with_columns(old.detach(), fresh, before))
    if ema is not None:
        ema.rebind(generator)
    layer.in_features, generator.latent_dim = width, latent_dim
    moments = optimizer.state.pop(old, {})
    zeros = torch.zeros_like(fresh)
    optimizer.state[weight] = {
        key: _with_columns(value, zeros, before) if isinstance(value, Tensor) and value.dim() == 2 else value
        for key, value in moments.items()
    }
    optimizer.param_groups[0]["params"][0] = weight


def _with_columns(old: Tensor, new: Tensor, before: int) -> Tensor:
    """`new` with the first `before` columns of `old`, the noise's, as far as they fit; then the rest of `old`."""
    kept = min(before, new.shape[1])
    return torch.cat([old[:, :kept], new[:, kept:], old[:, before:]], dim=1).contiguous()
