"""The sizes of gradients and updates: against autograd, against a trainer's own next step, and nothing is touched."""

from __future__ import annotations

import dataclasses
import json

import pytest
import torch
from random_settings import random_settings
from torch import Tensor
from torch.nn import functional as F
from trainers import trained

from gan import strict_json
from gan.data import image_sets
from gan.settings import Settings, parse
from gan.training.build import build_networks
from gan.training.losses import LOSSES, discriminator_loss
from gan.training.sampling import draw_noise
from gan.training.state_checks import with_prefix
from gan.training.trainer_state import capture_state
from gan.views.architecture import linear_layers
from gan.views.gradient_health import Health, health, health_of
from gan.views.moment import capture, of_captured

SEVENS = image_sets.load("mnist", "train", [7])


def batch_of(settings: Settings, seed: int) -> tuple[Tensor, Tensor]:
    """The batch that is measured, drawn as documented."""
    rng = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(SEVENS), (settings.batch_size,), generator=rng)
    return image_sets.scaled(SEVENS.images[chosen], settings.scaling), draw_noise(
        settings.batch_size, settings.latent_dim, settings.noise, rng
    )


@pytest.mark.parametrize("seed", range(8))
def test_gradients_are_autograds(seed: int) -> None:
    settings = random_settings(seed).changed(dropout=0.0)
    state = capture_state(trained(settings, 2))
    found = health_of(settings, state, seed=4)
    generator, discriminator = build_networks(settings)
    generator.load_state_dict(with_prefix("generator.", state))
    discriminator.load_state_dict(with_prefix("discriminator.", state))
    real, z = batch_of(settings, 4)
    loss = LOSSES[settings.loss]
    fake = generator(z).detach()
    d_loss = discriminator_loss(loss, discriminator(real), discriminator(fake), 1.0 - settings.label_smoothing)
    wanted = torch.autograd.grad(d_loss, [linear.weight for linear in linear_layers(discriminator)])
    assert [layer.gradient for layer in found.layers["d"]] == pytest.approx([float(each.norm()) for each in wanted])
    weights = [float(linear.weight.detach().norm()) for linear in linear_layers(generator)]
    assert [layer.weights for layer in found.layers["g"]] == pytest.approx(weights)


@pytest.mark.parametrize(
    "changes",
    [
        {"loss": "wasserstein", "gradient_penalty": 10.0},
        {"loss": "relativistic", "r1_gamma": 1.0, "r2_gamma": 0.5},
        {"r1_gamma": 2.0, "conditional": "on"},
        {"minibatch_std": "on", "conditional": "on", "loss": "relativistic"},
    ],
    ids=["WGAN-GP", "R3GAN", "R1 and labels", "minibatch deviation"],
)
def test_gradients_of_newer_losses_and_penalties_are_autograds(changes: dict[str, object]) -> None:
    settings = random_settings(1).changed(dropout=0.0, g_norm="none", batch_size=17, **{"loss": "minimax"} | changes)
    state = capture_state(trained(settings, 2))
    found = health_of(settings, state, seed=4)
    generator, discriminator = build_networks(settings)
    generator.load_state_dict(with_prefix("generator.", state))
    discriminator.load_state_dict(with_prefix("discriminator.", state))
    rng = torch.Generator().manual_seed(4)
    chosen = torch.randint(len(SEVENS), (17,), generator=rng)
    real = image_sets.scaled(SEVENS.images[chosen], settings.scaling).requires_grad_()
    labels = (SEVENS.labels[chosen].long(),) if settings.conditional == "on" else ()
    z = draw_noise(17, settings.latent_dim, settings.noise, rng)
    fake = generator(z, *labels).detach().requires_grad_()
    on_real, on_fake = discriminator(real, *labels), discriminator(fake, *labels)
    total = discriminator_loss(LOSSES[settings.loss], on_real, on_fake, 1.0 - settings.label_smoothing)
    for gamma, outputs, images in ((settings.r1_gamma, on_real, real), (settings.r2_gamma, on_fake, fake)):
        (slope,) = torch.autograd.grad(outputs.sum(), images, create_graph=True)
        total = total + gamma / 2 * slope.flatten(1).square().sum(1).mean()
    if settings.gradient_penalty:
        share = torch.rand(17, 1, generator=rng)[:, :, None, None]
        mixed = (share * real + (1 - share) * fake).detach().requires_grad_()
        (slope,) = torch.autograd.grad(discriminator(mixed, *labels).sum(), mixed, create_graph=True)
        total = total + settings.gradient_penalty * (slope.flatten(1).norm(dim=1) - 1).square().mean()
    wanted = torch.autograd.grad(total, [linear.weight for linear in linear_layers(discriminator)])
    assert [layer.gradient for layer in found.layers["d"]] == pytest.approx(
        [float(each.norm()) for each in wanted], rel=1e-3
    )


def test_the_generators_gradient_goes_through_the_discriminator_that_has_just_learned() -> None:
    settings = parse({"digits": [7], "device": "cpu", "dropout": 0.0, "optimizer_d": "sgd", "momentum_d": 0.0})
    state = capture_state(trained(settings, 2))
    found = health_of(settings, state, seed=4)
    generator, discriminator = build_networks(settings)
    generator.load_state_dict(with_prefix("generator.", state))
    discriminator.load_state_dict(with_prefix("discriminator.", state))
    real, z = batch_of(settings, 4)
    fake = generator(z).detach()
    d_loss = 0.5 * (F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean())
    d_loss.backward()
    with torch.no_grad():
        for parameter in discriminator.parameters():
            assert parameter.grad is not None
            parameter.sub_(parameter.grad, alpha=settings.lr_d)  # one step of gradient descent
    images = generator(z).detach().requires_grad_()
    F.softplus(-discriminator(images)).sum().backward()
    assert images.grad is not None
    wanted = float(images.grad.flatten(1).norm(dim=1).mean())
    assert found.image_gradient == pytest.approx(wanted, rel=1e-4)


def test_with_plain_descent_the_update_is_the_learning_rate_times_the_gradient() -> None:
    settings = parse({
        "digits": [7], "device": "cpu", "optimizer_g": "sgd", "optimizer_d": "sgd", "momentum_g": 0.0,
        "momentum_d": 0.0, "lr_g": 0.01, "lr_d": 0.02,
    })  # fmt: skip
    found = health_of(settings, capture_state(trained(settings, 2)), seed=4)
    for side, rate in (("g", 0.01), ("d", 0.02)):
        for layer in found.layers["g" if side == "g" else "d"]:
            assert layer.update is not None
            assert layer.update == pytest.approx(rate * layer.gradient, rel=1e-2)
            assert layer.ratio == pytest.approx(layer.update / layer.weights)


@pytest.mark.parametrize("seed", range(8))
def test_the_run_is_not_touched_and_the_same_seed_gives_the_same_figures(seed: int) -> None:
    settings = random_settings(seed)
    trainer, other = trained(settings, 2), trained(settings, 2)
    before = torch.random.get_rng_state()
    state = capture_state(trainer)
    copied = {name: value.clone() for name, value in state.items()}
    assert health_of(settings, state, seed=1) == health_of(settings, state, seed=1)
    assert all(torch.equal(value, copied[name]) for name, value in state.items())
    assert torch.equal(torch.random.get_rng_state(), before)
    assert trainer.step() == other.step()


@pytest.mark.parametrize("seed", [0, 3])
def test_of_weights_alone_the_gradients_are_told_but_no_update(seed: int) -> None:
    settings = random_settings(seed).changed(g_norm="none")
    state = capture_state(trained(settings, 2))
    weights = {name: value for name, value in state.items() if name.startswith(("generator.", "discriminator."))}
    whole, bare = health_of(settings, state, seed=1), health_of(settings, weights, seed=1)
    assert gradients(bare) == gradients(whole)[: len(gradients(bare))]
    assert all(layer.update is None and layer.ratio is None for layers in bare.layers.values() for layer in layers)


def gradients(health: Health) -> list[float]:
    return [layer.gradient for layer in health.layers["d"]]


def test_the_page_gets_every_layer_of_both_networks() -> None:
    settings = random_settings(2)
    trainer = trained(settings, 3)
    moment = of_captured(capture(trainer, moments=True))
    found = json.loads(strict_json.dumps(health(moment).values))
    assert len(found["layers"]["g"]) == len(settings.g_hidden) + 1
    assert len(found["layers"]["d"]) == len(settings.d_hidden) + 1
    assert found["memory"]["r_t"] == pytest.approx(2 * found["memory"]["share_training"] - 1)


def test_an_epoch_that_kept_no_batch_normalisation_says_so() -> None:
    moment = of_captured(capture(trained(random_settings(2).changed(g_norm="batch"), 1), moments=True))
    assert "missing" not in health(moment).values
    moment = dataclasses.replace(moment, state=None)
    assert "batch normalisation" in health(moment).values["missing"]
