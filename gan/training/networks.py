"""The two networks of the lecture (STAT 453, L18.4) for any widths, depth, slope and dropout."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan.training.layers import BatchNorm, Dropout, MinibatchStd

Shape = tuple[int, int, int]
CLASSES = 10  # of every data set: a conditional network takes labels from 0 to 9


class Generator(nn.Module):
    """Turns noise of shape N x latent or N x latent x 1 x 1 into images of shape N x C x H x W.

    A conditional generator (Mirza and Osindero 2014) takes N labels, too: its first layer sees each as `CLASSES` more
    numbers behind the noise, all 0 but one.

    Args:
        image_shape: C, H and W.
        hidden: the width of each hidden layer.
        dropout: the probability with which a hidden unit is dropped.
        output: "tanh" for images in [-1, 1], "sigmoid" for images in [0, 1].
        leaky_slope: of LeakyReLU for negative inputs.
        rng: draws the initial weights (None: torch's global generator).
        norm: "batch" normalises the hidden layers before their activation; its shift takes the place of their biases.
        conditional: the network takes labels.
    """

    def __init__(
        self,
        latent_dim: int = 100,
        image_shape: Shape = (1, 28, 28),
        hidden: Sequence[int] = (128,),
        dropout: float = 0.5,
        output: Literal["tanh", "sigmoid"] = "tanh",
        leaky_slope: float = 0.01,
        rng: torch.Generator | None = None,
        norm: Literal["none", "batch"] = "none",
        conditional: bool = False,
    ) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.conditional = conditional
        self.image_shape = image_shape
        self.leaky_slope = leaky_slope
        self.output = output
        widths = [latent_dim + CLASSES * conditional, *hidden, math.prod(image_shape)]
        self.linears = _linears(widths, rng, hidden_bias=norm == "none")
        self.norms = nn.ModuleList(BatchNorm(width) for width in (hidden if norm == "batch" else ()))
        self.dropout = Dropout(dropout)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        x = _hidden_layers(_with_labels(z.flatten(1), labels, self), self)
        x = self.linears[-1](x)
        x = torch.tanh(x) if self.output == "tanh" else torch.sigmoid(x)
        return x.view(-1, *self.image_shape)


class Discriminator(nn.Module):
    """Turns images of shape N x C x H x W into N logits: how real each one looks, before the sigmoid.

    A conditional discriminator takes N labels, too, and sees them behind the pixels: how real an image looks as that
    digit.

    Args:
        minibatch_std: the last layer also sees how much the images of a batch differ; see `MinibatchStd`.

    The other arguments are those of `Generator`.
    """

    def __init__(
        self,
        image_shape: Shape = (1, 28, 28),
        hidden: Sequence[int] = (128,),
        dropout: float = 0.5,
        leaky_slope: float = 0.01,
        rng: torch.Generator | None = None,
        conditional: bool = False,
        minibatch_std: bool = False,
    ) -> None:
        super().__init__()
        self.leaky_slope = leaky_slope
        self.conditional = conditional
        self.linears = _linears(
            [math.prod(image_shape) + CLASSES * conditional, *hidden, 1], rng, into_last=int(minibatch_std)
        )
        self.norms = nn.ModuleList()
        self.dropout = Dropout(dropout)
        self.minibatch_std = MinibatchStd() if minibatch_std else None

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        x = _hidden_layers(_with_labels(images.flatten(1), labels, self), self)
        if self.minibatch_std is not None:
            x = self.minibatch_std(x)
        logits: Tensor = self.linears[-1](x)
        return logits.flatten()


def uniform_bound(fan_in: int) -> float:
    """The bound within which torch initialises a linear layer's weights and biases uniformly, on both sides of 0."""
    return 1 / math.sqrt(fan_in)


def apply(network: nn.Module, x: Tensor, labels: Tensor | None) -> Tensor:
    """The output of a network, which is given labels only if there are any: other modules than ours may take none."""
    output: Tensor = network(x) if labels is None else network(x, labels)
    return output


def one_hot(labels: Tensor) -> Tensor:
    """N labels from 0 to 9 as N x CLASSES float32 numbers, 1 at the label and 0 elsewhere."""
    return (labels[:, None] == torch.arange(CLASSES, device=labels.device)).float()


def _linears(
    widths: Sequence[int], rng: torch.Generator | None, *, hidden_bias: bool = True, into_last: int = 0
) -> nn.ModuleList:
    """The linear layers between these widths; the last one has `into_last` inputs more."""
    *hidden, (fan_in, fan_out) = itertools.pairwise(widths)
    layers = [_linear(*pair, rng, bias=hidden_bias) for pair in hidden]
    return nn.ModuleList([*layers, _linear(fan_in + into_last, fan_out, rng, bias=True)])


def _linear(fan_in: int, fan_out: int, rng: torch.Generator | None, *, bias: bool) -> nn.Linear:
    device = torch.get_default_device()  # "meta" where only shapes count; `skip_init` would ignore it
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, fan_in, fan_out, bias=bias, device=device)
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -uniform_bound(fan_in), uniform_bound(fan_in), generator=rng)
    return layer


def _with_labels(x: Tensor, labels: Tensor | None, network: Generator | Discriminator) -> Tensor:
    """The input of the first layer; raises `ValueError` if the network needs labels and gets none, or the reverse."""
    if network.conditional != (labels is not None):
        raise ValueError("A conditional network takes labels, and no other does.")
    return x if labels is None else torch.cat([x, one_hot(labels)], dim=1)


def _hidden_layers(x: Tensor, network: Generator | Discriminator) -> Tensor:
    norms = network.norms or itertools.repeat(nn.Identity())
    for linear, norm in zip(network.linears[:-1], norms, strict=False):
        x = network.dropout(F.leaky_relu(norm(linear(x)), network.leaky_slope))
    return x


def with_batchnorm_folded(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Fold batch normalisation and the minibatch standard deviation into the linear layers.

    In evaluation mode normalisation scales and shifts each unit, which the linear layer before it can do alone; and the
    standard deviation is a constant input of the last layer, which its bias can hold.

    Args:
        weights: the state dict of a network, with or without these two.

    Returns:
        The weights of a network without them that computes the same in evaluation mode.
    """
    plain = {name: value for name, value in weights.items() if name.startswith("linears.")}
    for index in range(sum(name.endswith(".running_var") for name in weights)):
        scale, shift, mean, variance = (
            weights[f"norms.{index}.{part}"].double() for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = scale / (variance + BatchNorm.EPSILON).sqrt()
        weight = plain[f"linears.{index}.weight"]
        plain[f"linears.{index}.weight"] = (weight.double() * scale[:, None]).to(weight.dtype)
        plain[f"linears.{index}.bias"] = (shift - mean * scale).to(weight.dtype)
    return _with_minibatch_std_folded(plain, weights)


def _with_minibatch_std_folded(plain: dict[str, Tensor], weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    spread = weights.get("minibatch_std.running_mean")
    if spread is None:
        return plain
    last = len(plain) // 2 - 1  # each layer has a weight and a bias
    weight, bias = plain[f"linears.{last}.weight"], plain[f"linears.{last}.bias"]
    folded = (bias.double() + weight[:, -1].double() * spread.double()).to(bias.dtype)
    return plain | {f"linears.{last}.weight": weight[:, :-1].contiguous(), f"linears.{last}.bias": folded}
