"""Whether the discriminator knows its training images by heart: it is then surer of them than of unseen real ones."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gan.data import image_sets
from gan.settings import Settings
from gan.training.losses import LOSSES
from gan.training.networks import Discriminator, apply
from gan.training.sampling import labels_in_turn
from gan.views import images

COMPARED = 500  # images of each kind
SEED = 7


@dataclass(frozen=True)
class Memory:
    """The discriminator's mean output (logit), and its share of outputs that say "real", on three kinds of images.

    Attributes:
        training: on images that it is trained on.
        held_out: on real images that it has never seen; None if the run trains on all of them.
        generated: on the generator's.
        share_training: of outputs above the boundary, 0 to 1; the other shares likewise.
    """

    training: float
    held_out: float | None
    generated: float
    share_training: float
    share_held_out: float | None
    share_generated: float

    @property
    def r_v(self) -> float | None:
        """0: it treats unseen real images as it treats seen ones; 1: as it treats generated ones.

        Karras et al. 2020, "Training generative adversarial networks with limited data", equation 1.
        """
        if self.held_out is None or self.training == self.generated:
            return None
        return (self.training - self.held_out) / (self.training - self.generated)

    @property
    def r_t(self) -> float:
        """The mean sign of the output on training images, -1 to 1; adaptive augmentation holds it at 0.6 (the same)."""
        return 2 * self.share_training - 1


@torch.no_grad()
def memory_of(settings: Settings, generated: Tensor, discriminator: Discriminator) -> Memory:
    """Compare the discriminator's outputs without dropout, always on the same images.

    Args:
        generated: the generator's images of the views' fixed noise (see `images.generated`).

    Raises:
        DataError: the run's data set is not on this computer.
    """
    every, chosen = images.real(settings, COMPARED, SEED)
    unseen = images.held_out(settings, COMPARED, SEED)
    seen = _outputs(discriminator, every.images[chosen], every.labels[chosen], settings)
    fake = apply(discriminator, generated, labels_in_turn(settings, images.DOTS))
    held_out = None
    if unseen is not None and len(unseen):
        held_out = _outputs(discriminator, unseen.images, unseen.labels, settings)
    boundary = LOSSES[settings.loss].boundary
    return Memory(
        float(seen.mean()), None if held_out is None else float(held_out.mean()), float(fake.mean()),
        _share(seen, boundary), None if held_out is None else _share(held_out, boundary), _share(fake, boundary),
    )  # fmt: skip


def _outputs(discriminator: Discriminator, pixels: Tensor, labels: Tensor, settings: Settings) -> Tensor:
    asked = labels if settings.conditional == "on" else None
    return apply(discriminator, image_sets.scaled(pixels, settings.scaling), asked)


def _share(outputs: Tensor, boundary: float) -> float:
    return float((outputs > boundary).float().mean())
