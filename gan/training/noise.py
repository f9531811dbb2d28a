"""The noise that a generator turns into images."""

from __future__ import annotations

import torch
from torch import Tensor


def draw(count: int, latent_dim: int, kind: str, rng: torch.Generator) -> Tensor:
    """count x latent_dim numbers, standard "normal" or "uniform" from -1 to 1, on the device of `rng`."""
    if kind == "normal":
        return torch.randn(count, latent_dim, generator=rng, device=rng.device)
    return torch.rand(count, latent_dim, generator=rng, device=rng.device).mul_(2).sub_(1)
