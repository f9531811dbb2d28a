"""A new latent size: what stays keeps its weights and moments, what is new begins as torch begins."""

from __future__ import annotations

import math

import pytest
import torch
from helpers import SMALL
from torch import Tensor
from trainers import first_layer, trained

from gan.training.networks import CLASSES, uniform_bound
from gan.training.sampling import GRID_IMAGES
from gan.training.state_checks import check_state
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state

MOMENTS = ("exp_avg", "exp_avg_sq")


def moments(trainer: Trainer) -> dict[str, Tensor]:
    """Adam's two moments and its step count for the generator's first layer."""
    prefix = "optimizer_g.linears.0.weight."
    state = capture_state(trainer)
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


@pytest.mark.parametrize("size", [1, 7, 9, 200])
@pytest.mark.parametrize("conditional", ["off", "on"])
def test_a_new_latent_size_keeps_the_columns_that_stay(size: int, conditional: str) -> None:
    settings = SMALL.changed(conditional=conditional)
    labels = CLASSES if conditional == "on" else 0  # columns behind those of the noise
    trainer = trained(settings, 5)
    weights, memory, fixed, others = first_layer(trainer), moments(trainer), trainer.fixed_noise, capture_state(trainer)
    trainer.change(settings.changed(latent_dim=size))
    kept = min(size, 8)

    now = first_layer(trainer)
    assert now.shape == (16, size + labels)
    assert torch.equal(now[:, :kept], weights[:, :kept])
    assert torch.equal(now[:, size:], weights[:, 8:])
    for name in MOMENTS:
        assert moments(trainer)[name].shape == (16, size + labels)
        assert torch.equal(moments(trainer)[name][:, :kept], memory[name][:, :kept])
        assert torch.equal(moments(trainer)[name][:, size:], memory[name][:, 8:])
        assert moments(trainer)[name][:, kept:size].count_nonzero() == 0
    assert moments(trainer)["step"].item() == memory["step"].item() == 5
    assert trainer.fixed_noise.shape == (GRID_IMAGES, size)
    assert torch.equal(trainer.fixed_noise[:, :kept], fixed[:, :kept])

    after = capture_state(trainer)
    touched = {"generator.linears.0.weight", "fixed_noise", "rng.weights", "rng.fixed"}
    for name, value in others.items():
        if name not in touched and not name.startswith("optimizer_g.linears.0.weight"):
            assert torch.equal(after[name], value), name


def test_new_latent_columns_are_spread_as_torch_does_and_are_trained() -> None:
    trainer = trained(SMALL.changed(g_hidden=[64]), 2)
    trainer.change(trainer.settings.changed(latent_dim=208))
    fresh = first_layer(trainer)[:, 8:]
    bound = uniform_bound(208)
    assert bound == 1 / math.sqrt(208)
    assert 0.95 * bound < fresh.abs().max().item() <= bound
    assert fresh.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.02)
    assert (trainer.fixed_noise[:, 8:].std().item()) == pytest.approx(1, rel=0.05)
    trainer.step()
    assert ((first_layer(trainer)[:, 8:] - fresh) != 0).float().mean().item() > 0.9


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("batches", [0, 3])
def test_training_goes_on_after_every_change_of_the_latent_size(optimizer: str, batches: int) -> None:
    trainer = trained(SMALL.changed(optimizer_g=optimizer, conditional="on" if batches else "off"), batches)
    for size in (3, 30, 1, 512, 8):
        trainer.change(trainer.settings.changed(latent_dim=size))
        before = first_layer(trainer)
        trainer.step()
        assert first_layer(trainer).shape[1] == size + (CLASSES if batches else 0)
        assert not torch.equal(first_layer(trainer), before)
        assert trainer.sample().shape == (GRID_IMAGES, 1, 28, 28)
    check_state(trainer.settings, capture_state(trainer))
