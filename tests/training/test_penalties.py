"""Penalties on the discriminator's gradient by the pixels: against plain autograd, and in which batches they count."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from helpers import SMALL, assert_same_bits
from torch import Tensor
from trainers import steps, trained

from gan.data import image_sets
from gan.settings import Settings
from gan.training.losses import LOSSES, discriminator_loss, generator_loss
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state, restore_state

KINDS = ("reference", "fast")
CALM = SMALL.changed(
    dropout=0.0, optimizer_g="sgd", optimizer_d="sgd", lr_g=0.01, lr_d=0.01, d_hidden=(16, 24), leaky_slope=0.2
)


class Transcription:
    """A run without dropout as one would write it down: plain SGD with momentum, a graph of the gradient's graph."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.trainer = settings, Trainer(settings)
        self.images = image_sets.scaled(self.trainer.images.flatten(1), "-1..1")
        self.g, self.d = self.trainer.generator.double(), self.trainer.discriminator.double()
        nets, lrs = (self.g, self.d), (settings.lr_g, settings.lr_d)
        self.optimizers = [
            torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9) for net, lr in zip(nets, lrs, strict=True)
        ]

    def train(self, batch: int) -> tuple[float, float]:
        s, loss = self.settings, LOSSES[self.settings.loss]
        real = self.images[self.trainer.order.indices(batch)[0]].double().requires_grad_()
        z = torch.randn(len(real), s.latent_dim, generator=self.trainer.streams["noise"]).double()
        fake = self.g(z).flatten(1)
        shown = fake.detach().requires_grad_()
        d_loss = discriminator_loss(loss, self.d(real), self.d(shown), 1.0)
        total = d_loss
        if batch % s.penalty_every == 0:
            total = total + s.penalty_every * s.r1_gamma / 2 * self.squared_norm(real).mean()
            total = total + s.penalty_every * s.r2_gamma / 2 * self.squared_norm(shown).mean()
        if s.gradient_penalty:
            share = torch.rand(len(real), 1, generator=self.trainer.streams["noise"]).double()
            mixed = (share * real + (1 - share) * shown).detach().requires_grad_()
            total = total + s.gradient_penalty * (self.squared_norm(mixed).sqrt() - 1).square().mean()
        self.step(1, total)
        g_loss = generator_loss(loss, self.d(fake), self.d(real).detach())
        self.step(0, g_loss)
        return float(d_loss.detach()), float(g_loss.detach())

    def squared_norm(self, images: Tensor) -> Tensor:
        """The squared norm of the gradient of each logit by its image."""
        (grads,) = torch.autograd.grad(list(self.d(images)), images, create_graph=True)
        return torch.stack([grad.dot(grad) for grad in grads])

    def step(self, side: int, loss: Tensor) -> None:
        self.optimizers[side].zero_grad()
        loss.backward()
        self.optimizers[side].step()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "penalties",
    [
        {"r1_gamma": 3.0},
        {"r1_gamma": 1.0, "r2_gamma": 4.0, "penalty_every": 3},
        {"loss": "wasserstein", "gradient_penalty": 10.0, "lr_d": 0.001, "lr_g": 0.001},
        {"loss": "wasserstein", "gradient_penalty": 5.0, "r1_gamma": 1.0, "lr_d": 0.001, "lr_g": 0.001},
    ],
)
def test_both_steps_agree_with_a_plain_transcription(kind: str, penalties: dict[str, Any]) -> None:
    settings = CALM.changed(step=kind, **penalties)
    written, trainer = Transcription(settings), Trainer(settings)
    for batch in range(15):
        figures = trainer.step()
        assert figures[:2] == pytest.approx(written.train(batch), abs=1e-5)
    for ours, theirs in ((trainer.generator, written.g), (trainer.discriminator, written.d)):
        for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(one.double(), other, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_lazy_penalty_counts_as_often_as_it_stands_for_and_not_in_between(kind: str) -> None:
    often, lazy, without = (
        Trainer(SMALL.changed(step=kind, **knobs))
        for knobs in ({"r1_gamma": 4.0}, {"r1_gamma": 1.0, "penalty_every": 4}, {"penalty_every": 4})
    )
    assert steps(often, 1) == steps(lazy, 1)  # batch 0 is due
    assert_same_bits(capture_state(often), capture_state(lazy))
    restore_state(without, 1, capture_state(lazy))
    assert steps(without, 3) == steps(lazy, 3)
    assert_same_bits(capture_state(without), capture_state(lazy))
    assert steps(without, 1)[0].d_loss == steps(lazy, 1)[0].d_loss  # batch 4 is due; its loss is told without penalty
    assert steps(without, 1)[0].d_loss != steps(lazy, 1)[0].d_loss


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_with_penalties_resumes_to_the_last_bit(kind: str) -> None:
    settings = SMALL.changed(step=kind, r1_gamma=2.0, r2_gamma=1.0, penalty_every=4)
    whole, resumed = trained(settings, 6), Trainer(settings)
    restore_state(resumed, 6, capture_state(whole))
    assert steps(whole, 9) == steps(resumed, 9)
    assert_same_bits(capture_state(whole), capture_state(resumed))


def test_r1_makes_the_outputs_less_steep_around_real_images() -> None:
    steep, flat = (mean_norm(trained(CALM.changed(r1_gamma=gamma, lr_d=0.05), 60)) for gamma in (0.0, 20.0))
    assert flat < 0.5 * steep


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_penalty_takes_the_place_of_clipping_and_resumes_to_the_last_bit(kind: str) -> None:
    settings = SMALL.changed(step=kind, loss="wasserstein", gradient_penalty=10.0, d_steps=3)
    whole, resumed = trained(settings, 6), Trainer(settings)
    assert max(float(each.detach().abs().max()) for each in whole.discriminator.parameters()) > settings.weight_clip
    restore_state(resumed, 6, capture_state(whole))
    assert steps(whole, 9) == steps(resumed, 9)
    assert_same_bits(capture_state(whole), capture_state(resumed))
    whole.change(settings.changed(gradient_penalty=0.0))
    whole.step()
    assert max(float(each.detach().abs().max()) for each in whole.discriminator.parameters()) <= settings.weight_clip


def test_the_gradient_penalty_brings_the_critics_slopes_to_one() -> None:
    settings = CALM.changed(loss="wasserstein", gradient_penalty=100.0, optimizer_d="adam", lr_d=0.002, lr_g=0.001)
    assert mean_norm(trained(settings, 60)) == pytest.approx(1.0, abs=0.3)


def mean_norm(trainer: Trainer) -> float:
    real = image_sets.scaled(trainer.images[:100], "-1..1").requires_grad_()
    (grads,) = torch.autograd.grad(trainer.discriminator(real).sum(), real)
    return float(grads.flatten(1).norm(dim=1).mean())
