"""What the tests of trainers share: options of a step, one that has trained for some batches, comparisons."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan.settings import Settings
from gan.training.networks import Generator
from gan.training.reference_step import BatchMetrics
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state

OPTIONS: dict[str, dict[str, Any]] = {
    "dropout in the discriminator alone": {"dropout_in": "discriminator"},
    "batch normalisation, two layers": {"g_norm": "batch", "g_hidden": [24, 16], "d_hidden": [16, 24]},
    "several steps a batch": {"d_steps": 2, "g_steps": 3},
    "label smoothing": {"label_smoothing": 0.2},
    "an averaged generator": {"ema_decay": 0.9},
    "R1": {"r1_gamma": 2.0},
    "R1 and R2 of conditional networks": {"conditional": "on", "r1_gamma": 2.0, "r2_gamma": 1.0},
    "relativistic, several steps, labels, minibatch standard deviation": {
        "loss": "relativistic", "d_steps": 2, "g_steps": 2, "conditional": "on", "minibatch_std": "on",
    },
    "relativistic, R1 and R2, several steps": {
        "loss": "relativistic", "r1_gamma": 1.0, "r2_gamma": 1.0, "d_steps": 2, "g_steps": 2,
    },
    "gradient penalty, several steps, labels": {
        "loss": "wasserstein", "gradient_penalty": 10.0, "d_steps": 2, "conditional": "on",
        "optimizer_d": "sgd", "lr_d": 0.01,
    },
    "R2, no dropout, ReLU": {"r2_gamma": 5.0, "dropout": 0.0, "leaky_slope": 0.0},
    "R1 and R2 every third batch, several steps, three layers": {
        "r1_gamma": 1.0, "r2_gamma": 2.0, "penalty_every": 3, "d_steps": 2, "g_steps": 2, "d_hidden": [16, 24, 12],
    },
    "SGD": {"optimizer_g": "sgd", "optimizer_d": "sgd"},
    "uniform noise, pixels from 0 to 1": {"noise": "uniform", "scaling": "0..1"},
}  # fmt: skip


def knobs_of(loss: str) -> dict[str, Any]:
    """Knobs with which two steps can be compared on a loss."""
    if loss != "wasserstein":
        return {"loss": loss}
    # a critic's last bias has no gradient but rounding noise, which Adam would blow up
    return {"loss": loss, "optimizer_d": "sgd", "lr_d": 0.01}


def trained(settings: Settings, batches: int) -> Trainer:
    trainer = Trainer(settings)
    for _ in range(batches):
        trainer.step()
    return trainer


def steps(trainer: Trainer, batches: int) -> list[BatchMetrics]:
    return [trainer.step() for _ in range(batches)]


def first_layer(trainer: Trainer) -> Tensor:
    assert isinstance(trainer.generator, Generator)
    layer = trainer.generator.linears[0]
    assert isinstance(layer, nn.Linear)
    return layer.weight.detach().clone()


def assert_alike(
    reference: Trainer, other: Trainer, batches: int, *, atol: float = 1e-4, same_streams: bool = False
) -> None:
    """Both trainers learn the same in some batches, within `atol` in their states.

    Args:
        same_streams: they draw the same random numbers, too, in the same order.
    """
    for expected, found in zip(steps(reference, batches), steps(other, batches), strict=True):
        assert tuple(found) == pytest.approx(tuple(expected), abs=1e-4)
    theirs = capture_state(other)
    for name, value in capture_state(reference).items():
        torch.testing.assert_close(theirs[name], value, atol=atol, rtol=atol)
        if same_streams and name.startswith("rng."):
            assert torch.equal(theirs[name], value), name
