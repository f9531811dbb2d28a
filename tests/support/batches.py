"""Batches for a training step, given from outside."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from gan.training.reference_step import BatchMetrics
from gan.training.step_inputs import BatchInputs, BatchKind, Draw
from gan.training.steps import TrainingStep

_kept: dict[tuple[TrainingStep, BatchKind], tuple[Tensor, BatchInputs]] = {}


def train(step: TrainingStep, real: Tensor, inputs: BatchInputs) -> BatchMetrics:
    """Train on a batch."""
    kind = BatchKind(inputs.only, inputs.penalty_factor)
    return step.train(torch.zeros(1, len(real), dtype=torch.int64), kind, _draw(step, kind, real, inputs))[0]


def _draw(step: TrainingStep, kind: BatchKind, real: Tensor, inputs: BatchInputs) -> Draw:
    """Puts the images and inputs where a captured step looks for them again."""
    kept_real, kept = _kept.setdefault((step, kind), (real.clone(), copy.deepcopy(inputs)))
    for mine, new in zip((kept_real, *tensors_of(kept)), (real, *tensors_of(inputs)), strict=True):
        mine.copy_(new)

    def draw(indices: Tensor, memory: Tensor, kind: BatchKind) -> BatchInputs:
        memory.copy_(kept_real.flatten(1))
        return kept

    return draw


def tensors_of(inputs: BatchInputs) -> list[Tensor]:
    labels = [] if inputs.labels is None else [inputs.labels]
    return [inputs.z, *inputs.d_noise, *inputs.g_noise, *inputs.shares, *labels]
