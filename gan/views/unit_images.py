"""The image that a hidden unit stands for.

Of the layer next to the image these are its weights: a unit of the discriminator's first layer looks for what is bright
in its image, and one of the generator's last hidden layer draws with it. A unit further away acts by way of the layers
in between; for one input these are linear, too, so its image is the product of their weights and slopes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from gan.training.build import IMAGE_SHAPE
from gan.training.networks import Discriminator, Generator
from gan.views.architecture import linear_layers

PIXELS = math.prod(IMAGE_SHAPE)


def nearest_layer(network: Generator | Discriminator) -> int:
    """Which hidden layer is next to the image."""
    return 0 if isinstance(network, Discriminator) else len(linear_layers(network)) - 2


@torch.no_grad()
def unit_images(
    network: Generator | Discriminator, hidden: Sequence[Tensor], layer: int, units: slice = slice(None)
) -> Tensor:
    """The images of some units of a hidden layer, units x pixels.

    Of the discriminator it is the gradient of a unit, before its activation function, by the pixels; of the generator
    the gradient of the pixels, before the last activation function, by the unit. Batch normalisation must be folded.

    Args:
        hidden: the activations of each hidden layer for one input, each 1 x width.
        layer: counted from the network's input, from 0.
    """
    layers = linear_layers(network)
    slopes = [torch.where(activations[0] > 0, 1.0, network.leaky_slope) for activations in hidden]
    if isinstance(network, Discriminator):
        images = layers[layer].weight[units]
        for below in reversed(range(layer)):
            images = (images * slopes[below]) @ layers[below].weight
        return images[:, :PIXELS]  # behind the pixels a conditional network sees the label
    images = layers[layer + 1].weight[:, units].t()
    for above in range(layer + 1, len(hidden)):
        images = (images * slopes[above]) @ layers[above + 1].weight.t()
    return images
