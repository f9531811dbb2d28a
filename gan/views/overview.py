"""The whole game in one picture: noise, the images made of it, real images, and what the discriminator says of each."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import torch

from gan.data import image_sets
from gan.training.networks import apply
from gan.training.sampling import labels_in_turn
from gan.views import images
from gan.views.architecture import architecture
from gan.views.figures import Figures
from gan.views.moment import Moment
from gan.views.outputs import described

SHOWN = 4  # images of each kind
SEED = 9


@torch.no_grad()
def overview(moment: Moment) -> Figures:
    """A few images of each kind, and the discriminator's output for each, without dropout.

    The arrays: `noise` (SHOWN x latent), `fake` and `real` (SHOWN x 784 bytes), `fake_outputs` and `real_outputs`
    (none if the discriminator was not kept). The generator is the one that plays, not its average. Raises `DataError`.
    """
    settings, judge = moment.settings, moment.discriminator
    noise = moment.fixed_noise[:SHOWN]
    labels = labels_in_turn(settings, SHOWN)
    fake = apply(moment.opponent, noise, labels)
    every, chosen = images.real(settings, SHOWN, SEED)
    real = image_sets.scaled(every.images[chosen], settings.scaling)
    arrays: dict[str, Any] = {
        "noise": noise.contiguous().numpy(), "fake": images.as_bytes(fake, settings).numpy(),
        "real": images.as_bytes(real, settings).numpy(),
    }  # fmt: skip
    if judge is not None:
        arrays["fake_outputs"] = apply(judge, fake, labels).nan_to_num().numpy()
        real_labels = None if labels is None else every.labels[chosen].long()
        arrays["real_outputs"] = apply(judge, real, real_labels).nan_to_num().numpy()
    layers = {side: [asdict(layer) for layer in each] for side, each in architecture(settings).items()}
    return Figures(described(moment) | {"layers": layers}, arrays)
