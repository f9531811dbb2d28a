"""The networks and optimisers that a run's settings describe."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import nn

from gan.settings import Settings
from gan.training.networks import Discriminator, Generator

IMAGE_SHAPE = (1, 28, 28)  # of every data set that the settings offer


def build_networks(settings: Settings, rng: torch.Generator | None = None) -> tuple[Generator, Discriminator]:
    """The generator and the discriminator of these settings, freshly initialised on the CPU.

    Args:
        rng: draws the initial weights (None: torch's global generator).
    """
    s = settings
    output: Literal["tanh", "sigmoid"] = "tanh" if s.scaling == "-1..1" else "sigmoid"
    conditional = s.conditional == "on"
    generator = Generator(
        s.latent_dim, IMAGE_SHAPE, s.g_hidden, s.g_dropout, output, s.leaky_slope, rng, s.g_norm, conditional
    )
    return generator, Discriminator(
        IMAGE_SHAPE, s.d_hidden, s.dropout, s.leaky_slope, rng, conditional, s.minibatch_std == "on"
    )


def build_with_batchnorm_folded(settings: Settings) -> tuple[Generator, Discriminator]:
    """Networks for the weights that are kept of an epoch, which neither normalise nor look at a whole batch.

    See `networks.with_batchnorm_folded`.
    """
    return build_networks(settings.changed(g_norm="none", minibatch_std="off"))


def build_optimizer(settings: Settings, side: Literal["g", "d"], network: nn.Module) -> torch.optim.Optimizer:
    """The optimiser of the generator ("g") or the discriminator ("d"), on the parameters of that network alone."""
    options = optimizer_options(settings, side)
    if getattr(settings, f"optimizer_{side}") == "adam":
        fused = next(network.parameters()).device.type != "mps"  # torch has no fused Adam there
        return torch.optim.Adam(network.parameters(), fused=fused, **options)
    return torch.optim.SGD(network.parameters(), **options)


def optimizer_options(settings: Settings, side: Literal["g", "d"]) -> dict[str, Any]:
    """The options of that optimiser which the settings name: what a live knob may change."""
    s = settings.model_dump()
    if s[f"optimizer_{side}"] == "adam":
        return {"lr": s[f"lr_{side}"], "betas": (s[f"beta1_{side}"], s[f"beta2_{side}"])}
    return {"lr": s[f"lr_{side}"], "momentum": s[f"momentum_{side}"]}
