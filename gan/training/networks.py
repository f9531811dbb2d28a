"""The two networks of the lecture (STAT 453, L18.4), with widths, depth, slope and dropout open."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LEVELS = 2**16  # of the random numbers that dropout compares with
Shape = tuple[int, int, int]


class Dropout(nn.Module):
    """Inverted dropout that draws its mask from `rng`, so that a run owns every random number it uses.

    `rng` None means torch's global generator, as in `torch.nn.Dropout`. `p` may change between two batches.
    """

    def __init__(self, p: float, rng: torch.Generator | None = None) -> None:
        super().__init__()
        self.p = p
        self.rng = rng

    def forward(self, x: Tensor) -> Tensor:
        (mask,) = DropoutMasks([(x, self.p)]).draw(self.rng) if self.training else (None,)
        return x if mask is None else x * mask


class DropoutMasks:
    """Masks of inverted dropout, one like each tensor `x`: 0 with its probability `p` and else 1 / (1 - p).

    They are drawn in one go, one after the other from the same stream. `p` is rounded to a multiple of 1/65536, so that
    four numbers come out of each 64 random bits: a third of the time that uniform floats take.
    """

    def __init__(self, tensors: Sequence[tuple[Tensor, float]]) -> None:
        device = tensors[0][0].device
        dropped = [round(p * LEVELS) for _, p in tensors]
        words = [-(-x.numel() // 4) if drops else 0 for (x, _), drops in zip(tensors, dropped, strict=True)]
        ends = list(itertools.accumulate(words))
        self._words = torch.empty(ends[-1], dtype=torch.int64, device=device)
        buffer = torch.empty(4 * ends[-1], device=device)
        self._masks = [
            buffer[4 * (end - count) :][: x.numel()].view_as(x) if count else None
            for (x, _), count, end in zip(tensors, words, ends, strict=True)
        ]
        self._parts: list[_Part] = []
        start = 0
        for drops, neighbours in itertools.groupby(zip(dropped, ends, strict=True), lambda each: each[0]):
            *_, (_, end) = neighbours
            if drops:
                lanes = self._words[start:end].view(torch.int16)
                self._parts.append(_Part(lanes, buffer[4 * start : 4 * end], *_numbers_of(drops)))
            start = end

    def draw(self, rng: torch.Generator | None) -> list[Tensor | None]:
        """The masks, until the next ones take their place; None where nothing is dropped."""
        whole_numbers = self._words.device.type != "mps"  # it draws no 64-bit integers
        if whole_numbers and self._parts:
            self._words.random_(-(2**63), None, generator=rng)
        for part in self._parts:
            if whole_numbers:
                torch.ge(part.lanes, part.least, out=part.masks)
            else:
                part.masks.uniform_(generator=rng).ge_(part.p)
            part.masks.mul_(part.scale)
        return self._masks


class _Part(NamedTuple):
    """Neighbours with the same probability, as one row of 16-bit random numbers and one of masks."""

    lanes: Tensor
    masks: Tensor
    p: float
    least: Tensor  # the random number from which on something is kept
    scale: Tensor


def _numbers_of(drops: int) -> tuple[float, Tensor, Tensor]:
    least = torch.tensor(drops - LEVELS // 2, dtype=torch.int16)
    return drops / LEVELS, least, torch.tensor(LEVELS / (LEVELS - drops))


class BatchNorm(nn.Module):
    """Batch normalisation of N x width (Ioffe and Szegedy 2015), with torch's momentum and epsilon.

    A batch of one image has no spread of its own; it is normalised by the running averages, as in evaluation.
    """

    MOMENTUM = 0.1
    EPSILON = 1e-5
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.register_buffer("running_mean", torch.zeros(width))
        self.register_buffer("running_var", torch.ones(width))

    def by_batch(self, x: Tensor) -> bool:
        """Whether `x` is normalised by its own mean and variance."""
        return self.training and len(x) > 1

    def forward(self, x: Tensor) -> Tensor:
        mean, variance = self.running_mean, self.running_var
        return F.batch_norm(x, mean, variance, self.weight, self.bias, self.by_batch(x), self.MOMENTUM, self.EPSILON)


class Generator(nn.Module):
    """Noise of shape N x latent or N x latent x 1 x 1 -> images of shape N x C x H x W.

    Args:
        hidden: width of each hidden layer.
        output: "tanh" for images in [-1, 1], "sigmoid" for images in [0, 1].
        norm: "batch" normalises the hidden layers before their activation; it shifts them too, in their biases' place.
        rng: draws the initial weights (None: torch's global generator).
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
    ) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.image_shape = image_shape
        self.leaky_slope = leaky_slope
        self.output = output
        widths = [latent_dim, *hidden, math.prod(image_shape)]
        self.linears = _linears(widths, rng, hidden_bias=norm == "none")
        self.norms = nn.ModuleList(BatchNorm(width) for width in (hidden if norm == "batch" else ()))
        self.dropout = Dropout(dropout)

    def forward(self, z: Tensor) -> Tensor:
        x = _hidden_layers(z.flatten(1), self)
        x = self.linears[-1](x)
        x = torch.tanh(x) if self.output == "tanh" else torch.sigmoid(x)
        return x.view(-1, *self.image_shape)


class Discriminator(nn.Module):
    """Images of shape N x C x H x W -> N logits ("how real", before the sigmoid)."""

    def __init__(
        self,
        image_shape: Shape = (1, 28, 28),
        hidden: Sequence[int] = (128,),
        dropout: float = 0.5,
        leaky_slope: float = 0.01,
        rng: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.leaky_slope = leaky_slope
        self.linears = _linears([math.prod(image_shape), *hidden, 1], rng)
        self.norms = nn.ModuleList()
        self.dropout = Dropout(dropout)

    def forward(self, images: Tensor) -> Tensor:
        x = _hidden_layers(images.flatten(1), self)
        logits: Tensor = self.linears[-1](x)
        return logits.flatten()


def uniform_bound(fan_in: int) -> float:
    """torch initialises a linear layer's weights and biases uniformly within plus or minus this."""
    return 1 / math.sqrt(fan_in)


def _linears(widths: Sequence[int], rng: torch.Generator | None, *, hidden_bias: bool = True) -> nn.ModuleList:
    *hidden, last = itertools.pairwise(widths)
    layers = [_linear(*pair, rng, bias=hidden_bias) for pair in hidden]
    return nn.ModuleList([*layers, _linear(*last, rng, bias=True)])


def _linear(fan_in: int, fan_out: int, rng: torch.Generator | None, *, bias: bool) -> nn.Linear:
    device = torch.get_default_device()  # "meta" where only shapes are of interest: `skip_init` would pass it over
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, fan_in, fan_out, bias=bias, device=device)
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -uniform_bound(fan_in), uniform_bound(fan_in), generator=rng)
    return layer


def _hidden_layers(x: Tensor, network: Generator | Discriminator) -> Tensor:
    norms = network.norms or itertools.repeat(nn.Identity())
    for linear, norm in zip(network.linears[:-1], norms, strict=False):
        x = network.dropout(F.leaky_relu(norm(linear(x)), network.leaky_slope))
    return x


def with_batchnorm_folded(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a network that does in plain linear layers what `weights` (a state dict) do in evaluation mode.

    Batch normalisation is then a scale and a shift of each unit, which its linear layer can do by itself.
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
    return plain
