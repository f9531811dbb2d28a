"""Batches for a training step, given from outside."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, cast

from torch import Tensor

from gan.training.fast_step import FastStep
from gan.training.prepared_batch import PreparedBatch
from gan.training.reference_step import BatchMetrics
from gan.training.step_inputs import BatchInputs, BatchKind
from gan.training.steps import TrainingStep

_kept: dict[tuple[Any, BatchKind], tuple[Tensor, BatchInputs]] = {}


def train(step: TrainingStep[Any], real: Tensor, inputs: BatchInputs) -> BatchMetrics:
    """Train on a whole batch."""
    return step.train(*next_batch(step, real, inputs))


def train_in_parts(step: FastStep, real: Tensor, inputs: BatchInputs) -> BatchMetrics:
    prepared = prepare(step, real, inputs)
    step.step_discriminator(prepared)
    return step.step_generator(prepared)


def prepare(step: FastStep, real: Tensor, inputs: BatchInputs) -> PreparedBatch:
    prepared, kind, draw = next_batch(step, real, inputs)
    step.prepare(prepared, kind, draw)
    return cast("PreparedBatch", prepared)


def next_batch(
    step: TrainingStep[Any], real: Tensor, inputs: BatchInputs
) -> tuple[Any, BatchKind, Callable[[], BatchInputs]]:
    """A batch whose images and inputs lie where a captured step looks for them again."""
    prepared, kind = step.next_batch(), BatchKind(inputs.only, inputs.penalty_factor)
    kept_real, kept = _kept.setdefault((prepared, kind), (real.clone(), copy.deepcopy(inputs)))
    for mine, new in zip((kept_real, *tensors_of(kept)), (real, *tensors_of(inputs)), strict=True):
        mine.copy_(new)

    def draw() -> BatchInputs:
        prepared.real.copy_(kept_real.flatten(1))
        return kept

    return prepared, kind, draw


def tensors_of(inputs: BatchInputs) -> list[Tensor]:
    labels = [] if inputs.labels is None else [inputs.labels]
    return [inputs.z, *inputs.d_noise, *inputs.g_noise, *inputs.shares, *labels]
