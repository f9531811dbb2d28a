"""What the tests of trainers share: one that has trained for some batches, and a look at its first layer."""

from __future__ import annotations

from torch import Tensor, nn

from gan.settings import Settings
from gan.training.networks import Generator
from gan.training.reference_step import BatchMetrics
from gan.training.trainer import Trainer


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
