"""The layers that torch has in another form: dropout from a run's own random numbers, and batch normalisation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LEVELS = 2**16  # of the random numbers that dropout compares with


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
