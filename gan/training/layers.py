"""Layers that `passes.py` can take apart: dropout from a run's own random numbers, and those that look at a batch."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LEVELS = 2**16  # dropout compares 16-bit random numbers with its probability


class Dropout(nn.Module):
    """Inverted dropout (Srivastava et al. 2014) that draws its mask from `rng`: a run owns every random number it uses.

    Args:
        p: the probability with which a unit is dropped; may change between two batches.
        rng: None means torch's global generator, as in `torch.nn.Dropout`.

    Attributes:
        live: the constants of `p` on the device, for a CUDA graph, which would repeat any number that it was given.
    """

    def __init__(self, p: float, rng: torch.Generator | None = None) -> None:
        super().__init__()
        self.p = p
        self.rng = rng
        self.live: DropoutConstants | None = None

    def forward(self, x: Tensor) -> Tensor:
        (mask,) = DropoutMasks([(x, self.p)], self.live).draw(self.rng) if self.training else (None,)
        return x if mask is None else x * mask


class DropoutConstants(NamedTuple):
    """What a probability of dropout comes to, as scalar tensors.

    Attributes:
        threshold: a unit with this 16-bit random number, or a larger one, is kept.
        scale: of the units that are kept.
    """

    threshold: Tensor
    scale: Tensor

    @classmethod
    def of(cls, p: float) -> DropoutConstants:
        """Those of a probability that drops any unit at all (see `drops`)."""
        level = round(p * LEVELS)
        return cls(torch.tensor(level - LEVELS // 2, dtype=torch.int16), torch.tensor(LEVELS / (LEVELS - level)))


def drops(p: float) -> bool:
    """Whether dropout with this probability drops any unit."""
    return round(p * LEVELS) > 0


class DropoutMasks:
    """Masks of inverted dropout, one in the shape of each tensor `x`: 0 with its probability `p`, else 1 / (1 - p).

    All masks are drawn in one go, one after the other from the same stream. `p` is rounded to a multiple of 1/65536, so
    each 64 random bits give four numbers: a third of the time that uniform floats take.

    Args:
        tensors: pairs of `x` and `p`; of `x` only the shape and the device count.
        live: the constants of every `p` above 0, on the device.

    Attributes:
        masks: None where nothing is dropped; they stay where they are, and `draw` overwrites them.
    """

    def __init__(self, tensors: Sequence[tuple[Tensor, float]], live: DropoutConstants | None = None) -> None:
        device = tensors[0][0].device
        dropped = [round(p * LEVELS) for _, p in tensors]  # of 65,536 random numbers, how many drop a unit
        # 64-bit words of random numbers for each mask
        words = [-(-x.numel() // 4) if level else 0 for (x, _), level in zip(tensors, dropped, strict=True)]
        ends = list(itertools.accumulate(words))
        self._words = torch.empty(ends[-1], dtype=torch.int64, device=device)
        buffer = torch.empty(4 * ends[-1], device=device)
        self.masks = [
            buffer[4 * (end - count) :][: x.numel()].view_as(x) if count else None
            for (x, _), count, end in zip(tensors, words, ends, strict=True)
        ]
        self._spans: list[_Span] = []
        start = 0
        for level, neighbours in itertools.groupby(zip(dropped, ends, strict=True), lambda each: each[0]):
            *_, (_, end) = neighbours
            if level:
                random_numbers = self._words[start:end].view(torch.int16)
                p = level / LEVELS
                masks = buffer[4 * start : 4 * end]
                self._spans.append(_Span(random_numbers, masks, p, *(live or DropoutConstants.of(p))))
            start = end

    def draw(self, rng: torch.Generator | None) -> list[Tensor | None]:
        """New masks, in the memory of the last ones; None where nothing is dropped."""
        integers = self._words.device.type != "mps"  # which draws no 64-bit integers
        if integers and self._spans:
            self._words.random_(-(2**63), None, generator=rng)
        for span in self._spans:
            if integers:
                torch.ge(span.random_numbers, span.threshold, out=span.masks)
            else:
                span.masks.uniform_(generator=rng).ge_(span.p)
            span.masks.mul_(span.scale)
        return self.masks


class _Span(NamedTuple):
    """Neighbouring masks with the same probability, as one row of 16-bit random numbers and one of masks."""

    random_numbers: Tensor
    masks: Tensor
    p: float
    threshold: Tensor
    scale: Tensor


class BatchNorm(nn.Module):
    """Batch normalisation of N x width (Ioffe and Szegedy 2015), with torch's momentum and epsilon.

    A batch of one image has no variance of its own, so it is normalised by the running averages, as in evaluation.
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


class MinibatchStd(nn.Module):
    """Appends one number to N x width activations, the same in each row: how much the rows differ.

    It is the standard deviation over the batch, averaged over the units (Karras et al. 2018, section 3). A
    discriminator that sees it can tell a batch of repeated images from a batch of real ones. In evaluation mode a
    running average takes its place, so that a single image can be judged.
    """

    MOMENTUM = 0.1
    EPSILON = 1e-8  # added to each variance, since the square root has no slope at 0
    running_mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return torch.cat([x, self.running_mean.expand(len(x), 1)], dim=1)
        spread = x.var(dim=0, correction=0).add(self.EPSILON).sqrt().mean()
        self.update(spread.detach(), len(x))
        return torch.cat([x, spread.expand(len(x), 1)], dim=1)

    def update(self, spread: Tensor, n: int) -> None:
        """Move the running average towards the number of a batch of `n` images; a single one differs from none."""
        if n > 1:
            self.running_mean.lerp_(spread, self.MOMENTUM)
