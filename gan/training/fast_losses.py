"""The losses of `reference_step.LOSSES` with their derivatives written out, for `fast_step`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

ONE = torch.tensor(1.0)  # as a tensor: torch makes one of a Python number at each call
# the logits of a batch: of real images, of fake ones, and of fake ones in the generator's step
REAL, FAKE, FAKE_FOR_G = range(3)


@dataclass(frozen=True)
class FastLoss:
    """One of `reference_step.LOSSES`, element by element.

    The loss of a network is a sum of means over sets of logits, each mean times its weight: REAL and FAKE for the
    discriminator, FAKE_FOR_G for the generator.

    Attributes:
        value: `value(logits, targets, out)` writes the loss of each logit into `out` and returns it.
        derivative: `derivative(logits, targets, out)` does the same with its derivative by the logit.
        targets: the labels of FAKE and FAKE_FOR_G; that of REAL is a setting.
        weights: of the means of REAL, FAKE and FAKE_FOR_G.
    """

    value: Callable[[Tensor, Tensor, Tensor], Tensor]
    derivative: Callable[[Tensor, Tensor, Tensor], Tensor]
    targets: tuple[float, float]
    weights: tuple[float, float, float]


def _bce(logits: Tensor, targets: Tensor, out: Tensor) -> Tensor:
    """What `binary_cross_entropy_with_logits` computes, in fewer operations."""
    return torch.sub(ONE, targets, out=out).mul_(logits).sub_(logsigmoid(logits))


def _bce_derivative(logits: Tensor, targets: Tensor, out: Tensor) -> Tensor:
    return torch.sigmoid(logits, out=out).sub_(targets)


FAST_LOSSES = {
    "non-saturating": FastLoss(_bce, _bce_derivative, (0.0, 1.0), (0.5, 0.5, 1.0)),
    "minimax": FastLoss(_bce, _bce_derivative, (0.0, 0.0), (0.5, 0.5, -1.0)),
    "least-squares": FastLoss(
        lambda logits, targets, out: torch.sub(logits, targets, out=out).square_(),
        lambda logits, targets, out: torch.sub(logits, targets, out=out).mul_(2.0),
        (0.0, 1.0),
        (0.5, 0.5, 0.5),
    ),
    "wasserstein": FastLoss(
        lambda logits, _, out: out.copy_(logits), lambda logits, _, out: out.fill_(1.0), (0.0, 0.0), (-1.0, 1.0, -1.0)
    ),
}
