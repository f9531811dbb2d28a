"""Chooses the step that a run trains through: the reference step, or one that computes the same faster.

`reference_step.train_step` is the lecture's algorithm, to read and to change: a run with the setting `step` at
"reference" calls it. `fast_step` is hand-written for the fully connected pair of `networks.py`. `graph_step` has a GPU
repeat the reference step as a CUDA graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor

from gan.errors import LiveGANError
from gan.settings import Settings
from gan.training import reference_step
from gan.training.build import IMAGE_SHAPE
from gan.training.fast_step import FastStep
from gan.training.optimizer_step import separate_counts
from gan.training.own_networks import OwnNetwork
from gan.training.reference_step import BatchMetrics
from gan.training.step_inputs import BatchInputs, BatchKind, Objective, Pair

Batch = TypeVar("Batch")


NOT_WRITTEN_OUT = "The fast step has no penalties together with the minibatch standard deviation"


class StepChoice(NamedTuple):
    """The step that a run trains through, and why, in one sentence for the user."""

    step: Literal["reference", "fast", "graph"]
    reason: str


def choose_step(settings: Settings, *, own: bool = False, device: str = "cpu") -> StepChoice:
    """The step that a run with these settings trains through.

    Args:
        own: whether it has networks of one's own.
        device: the kind of its device, such as "cuda".
    """
    if own:
        return StepChoice("reference", "The fast step trains the fully connected networks alone.")
    if settings.step == "auto" and device == "cuda":
        return StepChoice("graph", "It is the reference step, which the GPU repeats as a CUDA graph, without Python.")
    if settings.step == "reference":
        return StepChoice("reference", "Chosen in the settings.")
    if not _fast_step_can(settings):
        return StepChoice("reference", f"{NOT_WRITTEN_OUT}.")
    if settings.step == "fast":
        return StepChoice("fast", "Chosen in the settings.")
    return StepChoice("fast", "It computes the same as the reference step, faster.")


def refuse_impossible_step(settings: Settings) -> None:
    """Raises `LiveGANError` if the settings insist on the fast step, which cannot train with them.

    A run with the step auto takes the reference step instead, and does so from the batch at which a knob asks for it.
    """
    if settings.step == "fast" and not _fast_step_can(settings):
        raise LiveGANError(f"{NOT_WRITTEN_OUT}; leave the penalties at 0, or start a run with the step auto.")


def _fast_step_can(settings: Settings) -> bool:
    objective = Objective.of(settings)
    penalties = objective.r1_gamma + objective.r2_gamma + objective.gradient_penalty
    return settings.minibatch_std == "off" or penalties == 0


class TrainingStep(Protocol[Batch]):
    """Trains batches of one size: `next_batch`, then `train`.

    Make a new one when a setting changes or a parameter is replaced.
    """

    def next_batch(self) -> Batch:
        """Memory for the next batch; the caller fills its `indices`."""
        ...

    def train(self, batch: Batch, kind: BatchKind, draw: Callable[[], BatchInputs]) -> BatchMetrics:
        """Train on a batch; `draw` fills `batch.real` (n x pixels) and draws the other inputs."""
        ...


class ReferenceBatch:
    """The real images of a batch (n x pixels), and their indices in the data set."""

    def __init__(self, real: Tensor) -> None:
        self.indices = torch.zeros(len(real), dtype=torch.int64, device=real.device)
        self.real = real


class ReferenceStep:
    """`reference_step.train_step` as a `TrainingStep`.

    Dropout draws its masks during the step, so the next batch cannot be prepared meanwhile.
    """

    def __init__(self, pair: Pair, objective: Objective, n: int) -> None:
        self.pair, self.objective = pair, objective
        for optimizer in (pair.optimizer_g, pair.optimizer_d):  # the run may have trained through the fast step so far
            separate_counts(optimizer)
        device = next(pair.generator.parameters()).device
        self.batch = ReferenceBatch(torch.empty(n, math.prod(IMAGE_SHAPE), device=device))

    def next_batch(self) -> ReferenceBatch:
        return self.batch

    def train(self, batch: ReferenceBatch, kind: BatchKind, draw: Callable[[], BatchInputs]) -> BatchMetrics:
        inputs = draw()
        return reference_step.train_step(*self.pair, batch.real.view(-1, *IMAGE_SHAPE), inputs, self.objective)


def make_step(settings: Settings, pair: Pair, n: int) -> TrainingStep[Any]:
    """The step of a run with these settings for batches of `n` images."""
    own = isinstance(pair.generator, OwnNetwork)
    step = FastStep if choose_step(settings, own=own).step == "fast" else ReferenceStep
    return step(pair, Objective.of(settings), n)
