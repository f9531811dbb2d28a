"""How the discriminator sees real and generated images: its outputs for some hundred of each."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gan.data import image_sets
from gan.recording.weights import is_averaged
from gan.settings import Settings
from gan.training.networks import Discriminator, apply
from gan.training.sampling import labels_in_turn
from gan.views import images
from gan.views.figures import Figures, missing
from gan.views.moment import Moment

REAL = 500  # training images, and as many that were held out
SEED = 6
PROBABILITIES = ("non-saturating", "minimax")  # losses whose outputs are logits of a probability


def outputs(moment: Moment) -> Figures:
    """The outputs for real, generated and held-out images, with the shares that are judged rightly.

    Dropout is off here, so the shares can differ from the accuracies of the batches, which are taken with it. The
    generated images are those of the generator that plays, not of its average. Raises `DataError`.
    """
    network, settings = moment.discriminator, moment.settings
    if network is None:
        return missing(moment.without_discriminator)
    every, chosen = images.real(settings, REAL, SEED)
    real = _outputs_for(network, every.images[chosen], every.labels[chosen], settings)
    fake = _judge(network, moment.played_dots, labels_in_turn(settings, images.DOTS))
    unseen = images.held_out(settings, REAL, SEED)
    boundary = moment.loss.boundary
    arrays: dict[str, Any] = {"real": real.numpy(), "generated": fake.numpy()}
    values = described(moment) | {
        "real_right": float((real > boundary).float().mean()),
        "generated_right": float((fake <= boundary).float().mean()),
        "dropout": settings.dropout > 0,
        "averaged": not any(name.startswith("generator.") for name in moment.weights) and is_averaged(moment.weights),
    }
    if unseen is not None and len(unseen):
        held_out = _outputs_for(network, unseen.images, unseen.labels, settings)
        arrays["held_out"] = held_out.numpy()
        values["held_out_right"] = float((held_out > boundary).float().mean())
    return Figures(values, arrays)


def described(moment: Moment) -> dict[str, Any]:
    """What the outputs mean: logits of probabilities, or scores; above the boundary an image counts as real.

    `absolute`: the loss itself knows that boundary. Other losses compare scores with one another only, and the
    accuracies count from 0 for want of anything better.
    """
    loss = moment.settings.loss
    probabilities = loss in PROBABILITIES
    absolute = probabilities or loss == "least-squares"
    return {"probabilities": probabilities, "boundary": moment.loss.boundary, "absolute": absolute}


def _outputs_for(network: Discriminator, pixels: Tensor, labels: Tensor, settings: Settings) -> Tensor:
    asked = labels if settings.conditional == "on" else None
    return _judge(network, image_sets.scaled(pixels, settings.scaling), asked)


@torch.no_grad()
def _judge(network: Discriminator, made: Tensor, labels: Tensor | None) -> Tensor:
    return apply(network, made, labels).nan_to_num()
