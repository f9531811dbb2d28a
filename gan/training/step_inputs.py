"""What a training step is given: the objective of a run, and the inputs of each batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from torch import Tensor, nn
from torch.optim import Optimizer

from gan.settings import Settings

Only = Literal["d", "g"] | None
MOST_AT_ONCE = 8  # batches that a step trains in one call, except on a GPU


class Pair(NamedTuple):
    """Both networks, each with its own optimiser."""

    generator: nn.Module
    discriminator: nn.Module
    optimizer_g: Optimizer
    optimizer_d: Optimizer


@dataclass(frozen=True)
class Objective:
    """What both networks learn; it holds until a knob moves.

    Scalar tensors may stand for the numbers (see `live_knobs`).

    Attributes:
        loss: a name in `LOSSES`.
        real_label: 1, or less for one-sided label smoothing (Salimans et al. 2016).
        weight_clip: keep the discriminator's weights within plus or minus this (WGAN).
        r1_gamma, r2_gamma: the discriminator's loss also has half of this times the mean squared norm of the gradient
            of a logit by its image, for real images (R1) and for fake ones (R2; Mescheder et al. 2018).
        gradient_penalty: the discriminator's loss also has this times the mean squared distance from 1 of the norm of
            that gradient, for images between real and fake ones (WGAN-GP; Gulrajani et al. 2017).
    """

    loss: str = "non-saturating"
    real_label: float = 1.0
    weight_clip: float | None = None
    r1_gamma: float = 0.0
    r2_gamma: float = 0.0
    gradient_penalty: float = 0.0

    @classmethod
    def of(cls, settings: Settings) -> Objective:
        s = settings
        return cls(
            loss=s.loss,
            real_label=1.0 - s.label_smoothing,
            weight_clip=s.weight_clip if s.loss == "wasserstein" and not s.gradient_penalty else None,
            r1_gamma=s.r1_gamma,
            r2_gamma=s.r2_gamma,
            gradient_penalty=s.gradient_penalty if s.loss == "wasserstein" else 0.0,
        )

    @property
    def penalised(self) -> bool:
        """Whether the discriminator's loss has a penalty."""
        return in_use(self.r1_gamma) or in_use(self.r2_gamma)


def in_use(weight: float | Tensor) -> bool:
    """Whether a weight counts; a tensor is there only if it does, and to look at its value would wait for the GPU."""
    return isinstance(weight, Tensor) or weight > 0


LECTURE = Objective()  # the lecture's


@dataclass(frozen=True)
class BatchInputs:
    """What is new in every batch, besides its N real images.

    Attributes:
        z: the noise of the lecture's step 1, N x latent.
        d_noise: for each of these noise batches the discriminator takes one more step, before the lecture's.
        g_noise: for each of these noise batches the generator takes one more step, after the lecture's.
        labels: the digit of each real image, N whole numbers, for networks that are given it; else None.
        penalty_factor: how many times R1 and R2 count in this batch; they may be left out of some batches (0) and count
            more in others (lazy regularisation; Karras et al. 2020).
        shares: for each step of the discriminator N x 1 numbers from 0 to 1, which say where between a fake image and a
            real one the gradient penalty is taken; empty without that penalty.
        only: let only the discriminator ("d") or only the generator ("g") learn; the other computes its loss alone.
    """

    z: Tensor
    d_noise: tuple[Tensor, ...] = ()
    g_noise: tuple[Tensor, ...] = ()
    labels: Tensor | None = None
    penalty_factor: int = 1
    shares: tuple[Tensor, ...] = ()
    only: Only = None


class BatchKind(NamedTuple):
    """What tells the operations of one batch from those of another, with the same settings and number of images."""

    only: Only
    penalty_factor: int


# Draws a batch: takes the indices of its real images in the data set, memory for these images (n x pixels), which it
# fills, and the batch's kind.
Draw = Callable[[Tensor, Tensor, BatchKind], BatchInputs]
