"""Chooses the step that a run trains through: the reference step, or one that computes the same faster.

`reference_step.train_step` is the lecture's algorithm, to read and to change: a run with the setting `step` at
"reference" calls it. `fast_step` is hand-written for the fully connected pair of `networks.py`. `graph_step` has a GPU
repeat the reference step as a CUDA graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

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
from gan.training.step_inputs import BatchKind, Draw, Objective, Pair

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


class TrainingStep(Protocol):
    """Trains batches of one size. Make a new one when a setting changes or a parameter is replaced."""

    def train(self, indices: Tensor, kind: BatchKind, draw: Draw) -> list[BatchMetrics]:
        """Train on batches of a kind, one after another, and return the metrics of each.

        Args:
            indices: of their real images in the data set, batches x n; `MOST_AT_ONCE` batches at most.
        """
        ...


class ReferenceStep:
    """`reference_step.train_step` as a `TrainingStep`."""

    def __init__(
        self, pair: Pair, objective: Objective, n: int, after_batch: Callable[[], object] = lambda: None
    ) -> None:
        self.pair, self.objective, self.after_batch = pair, objective, after_batch
        for optimizer in (pair.optimizer_g, pair.optimizer_d):  # the run may have trained through the fast step so far
            separate_counts(optimizer)
        device = next(pair.generator.parameters()).device
        self.real = torch.empty(n, math.prod(IMAGE_SHAPE), device=device)

    def train(self, indices: Tensor, kind: BatchKind, draw: Draw) -> list[BatchMetrics]:
        return [self._train(of_batch, kind, draw) for of_batch in indices]

    def _train(self, indices: Tensor, kind: BatchKind, draw: Draw) -> BatchMetrics:
        inputs = draw(indices, self.real, kind)
        real = self.real.view(-1, *IMAGE_SHAPE)
        metrics = reference_step.train_step(*self.pair, real, inputs, self.objective)
        self.after_batch()
        return metrics


def make_step(settings: Settings, pair: Pair, n: int, after_batch: Callable[[], object] = lambda: None) -> TrainingStep:
    """The step of a run with these settings for batches of `n` images.

    Args:
        after_batch: is called after each batch; see `FastStep`.
    """
    own = isinstance(pair.generator, OwnNetwork)
    step = FastStep if choose_step(settings, own=own).step == "fast" else ReferenceStep
    return step(pair, Objective.of(settings), n, after_batch)
