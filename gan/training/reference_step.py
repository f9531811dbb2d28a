"""The algorithm of the lecture "A GAN for generating handwritten digits in PyTorch" (Raschka, STAT 453, L18.4).

One call of `train_step` is one pass through the body of the lecture's inner loop; the comments number its steps as the
slides do. Nothing here knows of threads, files or pages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gan.training.losses import LOSSES, compared, discriminator_loss, generator_loss
from gan.training.penalties import between, gradient_penalty, pixel_gradients, r1_and_r2
from gan.training.step_inputs import LECTURE, BatchInputs, Objective, in_use


class BatchMetrics(NamedTuple):
    """The metrics of one batch: both losses, and the discriminator's accuracy in % on real and on fake images."""

    d_loss: float
    g_loss: float
    d_real_acc: float
    d_fake_acc: float


def train_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizer_g: Optimizer,
    optimizer_d: Optimizer,
    real: Tensor,
    inputs: BatchInputs,
    objective: Objective = LECTURE,
    fetch: Callable[[Tensor], Sequence[float]] = Tensor.tolist,
) -> BatchMetrics:
    """Train both networks on one batch.

    Any pair of modules of these shapes trains: generator N x latent -> N x C x H x W, discriminator
    N x C x H x W -> N logits. If the batch has labels, both are given them, too: each fake image is to show the digit
    of the real image in its place.

    Args:
        real: N x C x H x W real images, scaled as the generator's output is.
        fetch: fetches the four metrics from the device.

    Returns:
        The metrics of the lecture's step, without those of the additional steps.
    """
    labels = () if inputs.labels is None else (inputs.labels,)
    for step, extra in enumerate(inputs.d_noise):
        with torch.no_grad():
            fake = generator(extra, *labels)
        _step_discriminator(discriminator, optimizer_d, real, fake, labels, objective, inputs, step)

    # 1. fake images from noise; the graph is kept for step 3
    fake = generator(inputs.z, *labels)

    # 2. the discriminator learns to tell real from fake
    d_loss, d_logits = _step_discriminator(discriminator, optimizer_d, real, fake, labels, objective, inputs, -1)

    # 3. the generator learns to fool the discriminator that has just learned
    g_learns = inputs.only != "d"
    g_loss, g_logits = _step_generator(generator, discriminator, optimizer_g, real, fake, labels, objective, g_learns)

    for extra in inputs.g_noise:
        _step_generator(generator, discriminator, optimizer_g, real, generator(extra, *labels), labels, objective)

    # 4. the metrics to log, fetched from the device in one go
    boundary = LOSSES[objective.loss].boundary
    d_real_acc = 100 * (d_logits > boundary).float().mean()
    d_fake_acc = 100 * (g_logits <= boundary).float().mean()
    return BatchMetrics(*fetch(torch.stack([d_loss, g_loss, d_real_acc, d_fake_acc])))


def _step_discriminator(
    discriminator: nn.Module,
    optimizer: Optimizer,
    real: Tensor,
    fake: Tensor,
    labels: tuple[Tensor, ...],
    objective: Objective,
    inputs: BatchInputs,
    step: int,
) -> tuple[Tensor, Tensor]:
    loss, learns = LOSSES[objective.loss], inputs.only != "g"
    penalised = learns and inputs.penalty_factor > 0 and objective.penalised
    real, fake = real.detach().requires_grad_(penalised), fake.detach().requires_grad_(penalised)
    real_logits = discriminator(real, *labels)
    fake_logits = discriminator(fake, *labels)
    d_loss = discriminator_loss(loss, real_logits, fake_logits, objective.real_label)
    d_logits = compared(loss, real_logits, fake_logits).detach()
    if not learns:
        return d_loss.detach(), d_logits
    optimizer.zero_grad()
    if penalised:  # the loss is logged without it
        penalty = r1_and_r2(objective, inputs.penalty_factor, real_logits, real, fake_logits, fake)
        penalty.backward(retain_graph=True)
    if in_use(objective.gradient_penalty):
        images = between(fake, real, inputs.shares[step])
        gradients = pixel_gradients(discriminator(images, *labels), images)
        (objective.gradient_penalty * gradient_penalty(gradients)).backward()
    d_loss.backward()
    optimizer.step()
    if objective.weight_clip is not None:
        with torch.no_grad():
            for parameter in discriminator.parameters():
                parameter.clamp_(-objective.weight_clip, objective.weight_clip)
    return d_loss.detach(), d_logits


def _step_generator(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizer: Optimizer,
    real: Tensor,
    fake: Tensor,
    labels: tuple[Tensor, ...],
    objective: Objective,
    learns: bool = True,
) -> tuple[Tensor, Tensor]:
    loss = LOSSES[objective.loss]
    real_logits = discriminator(real, *labels).detach() if loss.pairs else None
    fake_logits = discriminator(fake, *labels)
    g_loss = generator_loss(loss, fake_logits, real_logits)
    g_logits = compared(loss, fake_logits, real_logits).detach()
    if not learns:
        return g_loss.detach(), g_logits
    optimizer.zero_grad()
    # only the generator's gradients: those of the discriminator are not used here and would cost as much again
    g_loss.backward(inputs=list(generator.parameters()))
    optimizer.step()
    return g_loss.detach(), g_logits
