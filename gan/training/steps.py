"""Chooses the step that a run trains through: the reference step, or the fast step, which computes the same faster.

`reference_step.train_step` is the lecture's algorithm, to read and to change: a run with the setting `step` at
"reference" calls it. `fast_step` is hand-written for the fully connected pair of `networks.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypeVar

import torch
from torch import Tensor
from torch.optim import Optimizer

from gan.settings import Settings
from gan.training import reference_step
from gan.training.fast_step import FastStep
from gan.training.networks import Discriminator, Generator
from gan.training.reference_step import BatchMetrics

Only = Literal["d", "g"] | None
Batch = TypeVar("Batch")


class TrainingStep(Protocol[Batch]):
    """Trains batches of one size: `next_batch`, `prepare`, `step_discriminator` and `step_generator`, in this order.

    Make a new one when a setting changes or a parameter is replaced.

    Attributes:
        prefetches: whether another thread may prepare a batch during `step_generator` of the previous one.
    """

    prefetches: bool

    def next_batch(self) -> Batch:
        """Memory for the next batch; the caller fills its `real` (n x pixels) with the real images."""
        ...

    def prepare(
        self, batch: Batch, z: Tensor, *, d_noise: Sequence[Tensor] = (), g_noise: Sequence[Tensor] = ()
    ) -> None:
        """Do what does not wait for the generator; the noise is as in `reference_step.train_step`."""
        ...

    def step_discriminator(self, batch: Batch, only: Only = None) -> None: ...

    def step_generator(self, batch: Batch, only: Only = None) -> BatchMetrics: ...


class ReferenceBatch:
    """The real images (n x pixels) and the noise of a batch."""

    def __init__(self, n: int, pixels: int, device: torch.device) -> None:
        self.real = torch.empty(n, pixels, device=device)
        self.z = torch.empty(0)
        self.d_noise: tuple[Tensor, ...] = ()
        self.g_noise: tuple[Tensor, ...] = ()


class ReferenceStep:
    """`reference_step.train_step` as a `TrainingStep`; the whole of it happens in `step_generator`.

    Dropout draws its masks during the step, so the next batch cannot be prepared meanwhile.
    """

    prefetches = False

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        optimizer_g: Optimizer,
        optimizer_d: Optimizer,
        n: int,
        *,
        loss: str = "non-saturating",
        real_label: float = 1.0,
        weight_clip: float | None = None,
    ) -> None:
        self.pair = generator, discriminator, optimizer_g, optimizer_d
        self.loss, self.real_label, self.weight_clip = reference_step.LOSSES[loss], real_label, weight_clip
        self.image_shape = generator.image_shape
        self.batch = ReferenceBatch(n, math.prod(self.image_shape), next(generator.parameters()).device)

    def next_batch(self) -> ReferenceBatch:
        return self.batch

    def prepare(
        self, batch: ReferenceBatch, z: Tensor, *, d_noise: Sequence[Tensor] = (), g_noise: Sequence[Tensor] = ()
    ) -> None:
        batch.z, batch.d_noise, batch.g_noise = z, tuple(d_noise), tuple(g_noise)

    def step_discriminator(self, batch: ReferenceBatch, only: Only = None) -> None:
        """Nothing yet: `train_step` trains both networks in one go."""

    def step_generator(self, batch: ReferenceBatch, only: Only = None) -> BatchMetrics:
        return reference_step.train_step(
            *self.pair, batch.real.view(-1, *self.image_shape), batch.z, loss=self.loss, real_label=self.real_label,
            weight_clip=self.weight_clip, d_noise=batch.d_noise, g_noise=batch.g_noise, only=only,
        )  # fmt: skip


def make_step(
    settings: Settings,
    generator: Generator,
    discriminator: Discriminator,
    optimizer_g: Optimizer,
    optimizer_d: Optimizer,
    n: int,
) -> TrainingStep[Any]:
    """The step of a run with these settings for batches of `n` images."""
    kind: type[ReferenceStep | FastStep] = ReferenceStep if settings.step == "reference" else FastStep
    return kind(
        generator, discriminator, optimizer_g, optimizer_d, n, loss=settings.loss,
        real_label=1.0 - settings.label_smoothing,
        weight_clip=settings.weight_clip if settings.loss == "wasserstein" else None,
    )  # fmt: skip
