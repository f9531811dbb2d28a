"""Penalties on the discriminator's gradient by the pixels, for autograd; `penalty_pass` has them in closed form."""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor

from gan.training.step_inputs import Objective, in_use


def pixel_gradients(logits: Tensor, images: Tensor) -> Tensor:
    """The gradients of N logits by the pixels of their images, N x pixels; autograd can go through them once more."""
    (gradients,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradients.flatten(1)


def mean_squared_norm(gradients: Tensor) -> Tensor:
    """The mean over N gradients of their squared norm, a scalar."""
    return gradients.square().sum(1).mean()


def between(fake: Tensor, real: Tensor, shares: Tensor) -> Tensor:
    """Images between N fake and N real ones, which require a gradient; `shares`: N x 1, those of the real ones."""
    images = torch.lerp(fake.detach(), real.detach(), shares.view(-1, *[1] * (real.dim() - 1)))
    return images.requires_grad_()


def gradient_penalty(gradients: Tensor) -> Tensor:
    """The mean squared distance of N gradients' norms from 1, a scalar (WGAN-GP; Gulrajani et al. 2017)."""
    norms: Tensor = gradients.norm(dim=1)
    return (norms - 1).square().mean()


def r1_and_r2(
    objective: Objective, factor: int, real_logits: Tensor, real: Tensor, fake_logits: Tensor, fake: Tensor
) -> Tensor:
    """`factor` times those of R1 and R2 (Mescheder et al. 2018) that are not 0, a scalar.

    Args:
        real, fake: N images each; they require a gradient, and the logits were computed from them.
    """
    penalties = [
        gamma * factor / 2 * mean_squared_norm(pixel_gradients(logits, images))
        for gamma, logits, images in ((objective.r1_gamma, real_logits, real), (objective.r2_gamma, fake_logits, fake))
        if in_use(gamma)
    ]
    return reduce(torch.add, penalties)
