"""The losses, each written once: both training steps, exported scripts and the lecture's loop in `gan.bench` use these.

A criterion is a loss by logit and label. The loss of a network is a sum of means of its criterion over sets of logits,
each mean times a weight. The reference step leaves the derivatives to autograd; the fast step needs them written out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

# the logits of a batch: of real images, of fake ones, and of fake ones in the generator's step
REAL, FAKE, FAKE_FOR_G = range(3)


class Criterion(NamedTuple):
    """A loss by logit and label.

    Attributes:
        value: `value(logits, label, reduction="mean")`, a scalar, or with "none" the loss of each logit; the label is
            one number or a tensor.
        derivative: `derivative(logits, labels, out)` writes the derivative by each logit into `out` and returns it.
    """

    value: Callable[..., Tensor]
    derivative: Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Loss:
    """The losses of both networks.

    Attributes:
        labels: of fake images in the discriminator's step and in the generator's; that of real images is a setting.
        weights: of the means over REAL, FAKE and FAKE_FOR_G.
        boundary: a logit above it counts as "real" in the accuracies.
        pairs: whether the criterion is of the differences between the logits of real images and of fake ones in their
            places, and not of the logits themselves. REAL then stands for real - fake, FAKE_FOR_G for fake - real.
    """

    criterion: Criterion
    labels: tuple[float, float]
    weights: tuple[float, float, float]
    boundary: float = 0.0
    pairs: bool = False


def bce(logits: Tensor, label: Tensor | float, reduction: str = "mean") -> Tensor:
    """The binary cross-entropy of sigmoid(logits)."""
    return nn.functional.binary_cross_entropy_with_logits(logits, torch.zeros_like(logits) + label, reduction=reduction)


def bce_derivative(logits: Tensor, labels: Tensor, out: Tensor) -> Tensor:
    return torch.sigmoid(logits, out=out).sub_(labels)


def squared(logits: Tensor, label: Tensor | float, reduction: str = "mean") -> Tensor:
    """The squared distance from the label."""
    return nn.functional.mse_loss(logits, torch.zeros_like(logits) + label, reduction=reduction)


def squared_derivative(logits: Tensor, labels: Tensor, out: Tensor) -> Tensor:
    return torch.sub(logits, labels, out=out).mul_(2.0)


def score(logits: Tensor, label: Tensor | float, reduction: str = "mean") -> Tensor:
    """The critic's score itself; it has no labels."""
    return logits.mean() if reduction == "mean" else logits


def score_derivative(logits: Tensor, labels: Tensor, out: Tensor) -> Tensor:
    return out.fill_(1.0)


BCE = Criterion(bce, bce_derivative)
LOSSES: dict[str, Loss] = {
    # the lecture's: "flipped labels" for the generator (Goodfellow et al. 2014, section 3)
    "non-saturating": Loss(BCE, labels=(0.0, 1.0), weights=(0.5, 0.5, 1.0)),
    # the original game: the generator descends on log(1 - D(fake)) (Goodfellow et al. 2014, equation 1)
    "minimax": Loss(BCE, labels=(0.0, 0.0), weights=(0.5, 0.5, -1.0)),
    # LSGAN with labels 0 and 1 (Mao et al. 2017, equation 9)
    "least-squares": Loss(
        Criterion(squared, squared_derivative), labels=(0.0, 1.0), weights=(0.5, 0.5, 0.5), boundary=0.5
    ),
    # WGAN (Arjovsky et al. 2017, algorithm 1); a critic's score has no natural boundary, and 0 is as good as any
    "wasserstein": Loss(Criterion(score, score_derivative), labels=(0.0, 0.0), weights=(-1.0, 1.0, -1.0)),
    # which image of a pair is the real one (Jolicoeur-Martineau 2018; without averages in Huang et al. 2024, R3GAN)
    "relativistic": Loss(BCE, labels=(0.0, 1.0), weights=(1.0, 0.0, 1.0), pairs=True),
}


def compared(loss: Loss, logits: Tensor, others: Tensor | None) -> Tensor:
    """What the criterion is of: N logits, or how much larger they are than the others that they are paired with."""
    return logits - others if loss.pairs and others is not None else logits


def discriminator_loss(loss: Loss, real: Tensor, fake: Tensor, real_label: float) -> Tensor:
    """The discriminator's loss for the logits of N real and N fake images, a scalar."""
    value, weights = loss.criterion.value, loss.weights
    if loss.pairs:
        return weights[REAL] * value(compared(loss, real, fake), real_label)
    return weights[REAL] * value(real, real_label) + weights[FAKE] * value(fake, loss.labels[0])


def generator_loss(loss: Loss, fake: Tensor, real: Tensor | None) -> Tensor:
    """The generator's loss for the logits of N fake images, a scalar; `real`: those of real ones, for pairs."""
    return loss.weights[FAKE_FOR_G] * loss.criterion.value(compared(loss, fake, real), loss.labels[1])
