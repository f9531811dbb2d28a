"""The layers of both networks: shapes and numbers of parameters, counted on the networks themselves."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

from gan.settings import Settings
from gan.training.build import build_networks
from gan.training.networks import Discriminator, Generator


@dataclass(frozen=True)
class LayerShape:
    """A linear layer and the batch normalisation behind it, if there is one.

    Attributes:
        inputs: how many numbers the layer takes.
        outputs: how many units it has.
        parameters: how many numbers the layer learns, those of its batch normalisation included.
        normalised: whether its outputs are normalised before the activation.
    """

    inputs: int
    outputs: int
    parameters: int
    normalised: bool = False


@functools.lru_cache(64)
def architecture(settings: Settings) -> dict[str, list[LayerShape]]:
    """The layers of the generator ("g") and the discriminator ("d"), first to last; takes no memory for weights.

    Do not write it: it is counted once for all.
    """
    with torch.device("meta"):
        generator, discriminator = build_networks(settings)
    return {"g": _layers(generator), "d": _layers(discriminator)}


def linear_layers(network: Generator | Discriminator) -> list[nn.Linear]:
    """The linear layers, first to last."""
    return cast("list[nn.Linear]", list(network.linears))


def _layers(network: Generator | Discriminator) -> list[LayerShape]:
    layers = []
    for index, linear in enumerate(linear_layers(network)):
        norm = network.norms[index] if index < len(network.norms) else None
        modules = [linear] if norm is None else [linear, norm]
        count = sum(parameter.numel() for module in modules for parameter in module.parameters())
        layers.append(LayerShape(linear.in_features, linear.out_features, count, norm is not None))
    return layers
