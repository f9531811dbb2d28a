"""A loss taken apart: the means over logits that it is a sum of, and the loss of one logit as a curve."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gan.training.losses import FAKE, FAKE_FOR_G, REAL, Loss

POINTS = 81  # of a curve
LEAST_REACH = 4.0  # a curve reaches at least this far on both sides of 0, so that it is seen where it is flat


def discriminator_terms(loss: Loss, real: Tensor, fake: Tensor, real_label: float) -> list[dict[str, Any]]:
    """The terms of the discriminator's loss for these logits; the sum of weight * mean is the loss."""
    if loss.pairs:
        differences = real - fake
        return [_term("real - fake", loss, loss.weights[REAL], real_label, differences, _reach(differences))]
    return [
        _term("real", loss, loss.weights[REAL], real_label, real, _reach(real, fake)),
        _term("fake", loss, loss.weights[FAKE], loss.labels[0], fake, _reach(real, fake)),
    ]


def generator_terms(loss: Loss, fake: Tensor, real: Tensor | None = None) -> list[dict[str, Any]]:
    """The terms of the generator's loss for these logits; `real`: those of the real images, for a loss of pairs."""
    if loss.pairs and real is not None:
        differences = fake - real
        return [_term("fake - real", loss, loss.weights[FAKE_FOR_G], loss.labels[1], differences, _reach(differences))]
    return [_term("fake", loss, loss.weights[FAKE_FOR_G], loss.labels[1], fake, _reach(fake))]


def _reach(*logits: Tensor) -> float:
    """How far from 0 a curve goes, so that all logits lie on it."""
    return max(LEAST_REACH, *(1.05 * float(each.detach().abs().max()) for each in logits))


def _term(of: str, loss: Loss, weight: float, label: float, logits: Tensor, reach: float) -> dict[str, Any]:
    """A term as JSON values: `curve` and `slope` are those of weight * loss, which is what the network descends on."""
    logits = logits.detach().flatten().cpu()
    value, derivative = loss.criterion
    places = torch.linspace(-reach, reach, POINTS)
    slopes = derivative(logits, torch.full_like(logits, label), torch.empty_like(logits))
    return {
        "of": of, "label": label, "weight": weight, "mean": float(value(logits, label)),
        "low": -reach, "high": reach,
        "curve": [float(f"{y:.5g}") for y in (weight * value(places, label, "none")).tolist()],
        "slope": weight * float(slopes.mean()),
    }  # fmt: skip
