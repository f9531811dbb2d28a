"""The algorithm: against a transcription of the lecture's, each loss by its formula, and what a step may touch."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from batches import train
from torch import Tensor, nn
from torch.nn import functional as F

from gan.data import image_sets
from gan.training.fast_step import FastStep
from gan.training.losses import LOSSES, discriminator_loss, generator_loss
from gan.training.networks import Discriminator, Generator
from gan.training.reference_step import BatchMetrics, train_step
from gan.training.step_inputs import BatchInputs, Objective, Pair
from gan.training.steps import ReferenceStep


def networks(seed: int = 1, latent_dim: int = 6, hidden: int = 16) -> tuple[Generator, Discriminator]:
    """A small pair without dropout."""
    rng = torch.Generator().manual_seed(seed)
    generator = Generator(latent_dim, hidden=(hidden,), dropout=0.0, rng=rng)
    return generator, Discriminator(hidden=(hidden,), dropout=0.0, rng=rng)


def sgd(network: nn.Module, lr: float = 0.1) -> torch.optim.SGD:
    return torch.optim.SGD(network.parameters(), lr=lr)


def real_images(count: int = 32) -> Tensor:
    return image_sets.scaled(image_sets.load("mnist", "train").images[:count], "-1..1")


def noise(*size: int, seed: int = 0) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed))


def weights(network: nn.Module) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in network.parameters()]


def equal(before: list[Tensor], after: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


# --- against the lecture -----------------------------------------------------------------------------------------


class LectureGAN(nn.Module):
    """The networks as the lecture's notebook writes them, without dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = nn.Sequential(
            nn.Linear(100, 128), nn.LeakyReLU(0.01), nn.Dropout(0.0), nn.Linear(128, 784), nn.Tanh()
        )
        self.discriminator = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 128), nn.LeakyReLU(0.01), nn.Dropout(0.0), nn.Linear(128, 1)
        )

    def generator_forward(self, z: Tensor) -> Tensor:
        images: Tensor = self.generator(torch.flatten(z, start_dim=1))
        return images.view(z.size(0), 1, 28, 28)

    def discriminator_forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.discriminator(images)
        return logits.flatten()


def lecture_step(
    model: LectureGAN, optim_gen: torch.optim.Adam, optim_discr: torch.optim.Adam, real: Tensor, z: Tensor
) -> tuple[float, float, float, float]:
    """One turn of the lecture's loop, step by step as DESIGN.md states it."""
    real_labels = torch.ones(len(real))
    fake_labels = torch.zeros(len(real))
    fake = model.generator_forward(z)

    optim_discr.zero_grad()
    discr_real_pred = model.discriminator_forward(real)
    real_loss = F.binary_cross_entropy_with_logits(discr_real_pred, real_labels)
    fake_loss = F.binary_cross_entropy_with_logits(model.discriminator_forward(fake.detach()), fake_labels)
    discr_loss = 0.5 * (real_loss + fake_loss)
    discr_loss.backward()
    optim_discr.step()

    optim_gen.zero_grad()
    discr_fake_pred = model.discriminator_forward(fake)
    gener_loss = F.binary_cross_entropy_with_logits(discr_fake_pred, real_labels)
    gener_loss.backward()
    optim_gen.step()

    acc_real = (torch.where(discr_real_pred > 0.0, 1.0, 0.0) == real_labels).float().mean() * 100.0
    acc_fake = (torch.where(discr_fake_pred > 0.0, 1.0, 0.0) == fake_labels).float().mean() * 100.0
    return discr_loss.item(), gener_loss.item(), acc_real.item(), acc_fake.item()


def test_200_batches_agree_with_the_lectures_loop() -> None:
    torch.manual_seed(0)
    theirs = LectureGAN()
    generator, discriminator = Generator(dropout=0.0), Discriminator(dropout=0.0)
    for ours, lectures in ((generator, theirs.generator), (discriminator, theirs.discriminator)):
        lectures.load_state_dict(dict(zip(lectures.state_dict(), ours.state_dict().values(), strict=True)))
    adam: dict[str, Any] = {"lr": 0.0002, "betas": (0.5, 0.999)}
    their_optimizers = [torch.optim.Adam(n.parameters(), **adam) for n in (theirs.generator, theirs.discriminator)]
    optimizer_g = torch.optim.Adam(generator.parameters(), **adam)
    optimizer_d = torch.optim.Adam(discriminator.parameters(), **adam)

    images = image_sets.load("mnist", "train").images
    rng = torch.Generator().manual_seed(123)
    order = torch.randperm(len(images), generator=rng)
    expected, figures = [], []
    for batch in range(200):
        real = image_sets.scaled(images[order[batch * 128 : (batch + 1) * 128]], "-1..1")
        z = torch.randn(128, 100, 1, 1, generator=rng)
        expected.append(lecture_step(theirs, their_optimizers[0], their_optimizers[1], real, z))
        figures.append(train_step(generator, discriminator, optimizer_g, optimizer_d, real, BatchInputs(z.flatten(1))))

    np.testing.assert_allclose(np.array(figures)[:, :2], np.array(expected)[:, :2], rtol=0, atol=1e-4)
    # a logit within rounding of 0 may fall on the other side: one image of 128 is 0.78 %
    np.testing.assert_allclose(np.array(figures)[:, 2:], np.array(expected)[:, 2:], rtol=0, atol=0.8)
    assert np.mean(np.array(figures)[:, 2:] == np.array(expected, np.float32)[:, 2:]) > 0.98
    assert min(row[0] for row in expected) < 0.5 < expected[0][0]  # the comparison is of a GAN that learns


class ConditionalGAN(LectureGAN):
    """The same with the digit as ten more inputs of both networks; the last layer sees the minibatch deviation, too.

    `labels` are those of the batch.
    """

    labels: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.generator = nn.Sequential(nn.Linear(100 + 10, 32), nn.LeakyReLU(0.01), nn.Linear(32, 784), nn.Tanh())
        self.discriminator = nn.Sequential(nn.Linear(784 + 10, 32), nn.LeakyReLU(0.01), nn.Linear(32 + 1, 1))

    def generator_forward(self, z: Tensor) -> Tensor:
        images: Tensor = self.generator(torch.cat([z, F.one_hot(self.labels, 10)], dim=1))
        return images.view(-1, 1, 28, 28)

    def discriminator_forward(self, images: Tensor) -> Tensor:
        first, activation, last = self.discriminator
        hidden = activation(first(torch.cat([images.flatten(1), F.one_hot(self.labels, 10)], dim=1)))
        deviation = hidden.std(dim=0, unbiased=False).mean()
        logits: Tensor = last(torch.cat([hidden, deviation.repeat(len(hidden), 1)], dim=1))
        return logits.flatten()


@pytest.mark.parametrize("step", ["reference", "fast"])
def test_labels_and_the_minibatch_deviation_agree_with_a_plain_loop(step: str) -> None:
    rng = torch.Generator().manual_seed(3)
    generator = Generator(100, hidden=(32,), dropout=0.0, rng=rng, conditional=True)
    discriminator = Discriminator(hidden=(32,), dropout=0.0, rng=rng, conditional=True, minibatch_std=True)
    theirs = ConditionalGAN()
    for ours, plain in ((generator, theirs.generator), (discriminator, theirs.discriminator)):
        values = [parameter.detach() for parameter in ours.parameters()]
        plain.load_state_dict(dict(zip(plain.state_dict(), values, strict=True)))
    adam: dict[str, Any] = {"lr": 0.0005, "betas": (0.5, 0.999)}
    theirs_g, theirs_d = (torch.optim.Adam(n.parameters(), **adam) for n in (theirs.generator, theirs.discriminator))
    ours_g, ours_d = (torch.optim.Adam(n.parameters(), **adam) for n in (generator, discriminator))
    pair = Pair(generator, discriminator, ours_g, ours_d)
    made = FastStep(pair, Objective(), 64) if step == "fast" else ReferenceStep(pair, Objective(), 64)
    known = image_sets.load("mnist", "train")
    for batch in range(60):
        rows = slice(batch * 64, (batch + 1) * 64)
        real, theirs.labels = image_sets.scaled(known.images[rows], "-1..1"), known.labels[rows].long()
        z = noise(64, 100, seed=batch)
        expected = lecture_step(theirs, theirs_g, theirs_d, real, z)
        metrics = train(made, real, BatchInputs(z, labels=theirs.labels))
        assert metrics[:2] == pytest.approx(expected[:2], abs=5e-4)


def test_batch_normalisation_agrees_with_torchs_own_layers() -> None:
    """100 batches of a generator with `nn.BatchNorm1d`, written as the lecture would, against ours."""
    torch.manual_seed(0)
    theirs = LectureGAN()
    theirs.generator = nn.Sequential(
        nn.Linear(100, 32, bias=False), nn.BatchNorm1d(32), nn.LeakyReLU(0.2), nn.Linear(32, 784), nn.Tanh()
    )
    generator = Generator(100, hidden=(32,), dropout=0.0, leaky_slope=0.2, norm="batch")
    discriminator = Discriminator(dropout=0.0)
    for index, layer in ((0, 0), (3, 1)):
        theirs.generator[index].load_state_dict(generator.linears[layer].state_dict())
    theirs.discriminator.load_state_dict(
        dict(zip(theirs.discriminator.state_dict(), discriminator.state_dict().values(), strict=True))
    )
    adam: dict[str, Any] = {"lr": 0.0005, "betas": (0.5, 0.999)}
    theirs_g, theirs_d = (torch.optim.Adam(n.parameters(), **adam) for n in (theirs.generator, theirs.discriminator))
    ours_g, ours_d = (torch.optim.Adam(n.parameters(), **adam) for n in (generator, discriminator))
    images = image_sets.load("mnist", "train").images
    for batch in range(100):
        real = image_sets.scaled(images[batch * 64 : (batch + 1) * 64], "-1..1")
        z = noise(64, 100, seed=batch)
        expected = lecture_step(theirs, theirs_g, theirs_d, real, z)
        figures = train_step(generator, discriminator, ours_g, ours_d, real, BatchInputs(z))
        assert figures[:2] == pytest.approx(expected[:2], abs=1e-4)
    theirs.eval()
    z = noise(8, 100)
    torch.testing.assert_close(generator.eval()(z), theirs.generator_forward(z), atol=1e-4, rtol=1e-3)


def test_any_pair_of_modules_trains_such_as_a_convolutional_one() -> None:
    torch.manual_seed(0)
    generator = nn.Sequential(
        nn.Unflatten(1, (16, 1, 1)),
        nn.ConvTranspose2d(16, 8, 7),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 4, 4, stride=2, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, 4, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(4, 8, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(8, 1, 7),
        nn.Flatten(0),
    )
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=0.001, betas=(0.5, 0.999))
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=0.001, betas=(0.5, 0.999))
    before_g, before_d = weights(generator), weights(discriminator)
    images = image_sets.load("mnist", "train").images
    rows = [
        train_step(
            generator,
            discriminator,
            optimizer_g,
            optimizer_d,
            image_sets.scaled(images[64 * i : 64 * (i + 1)], "-1..1"),
            BatchInputs(noise(64, 16, seed=i)),
        )
        for i in range(60)
    ]
    assert np.isfinite(rows).all()
    assert rows[-1].d_loss < 0.3 < rows[0].d_loss  # it tells digits from noise
    assert not any(torch.equal(a, b) for a, b in zip(before_g, weights(generator), strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(before_d, weights(discriminator), strict=True))


# --- the losses --------------------------------------------------------------------------------------------------


def softplus(x: float) -> float:
    """-log(1 - sigmoid(x))"""
    return math.log1p(math.exp(x))


def mean(values: list[float], f: Callable[[float], float]) -> float:
    return sum(f(value) for value in values) / len(values)


REAL = [-1.5, 0.25, 2.0]
FAKE = [-0.5, 0.75, -3.0]
PAIRS = [real - fake for real, fake in zip(REAL, FAKE, strict=True)]

# discriminator's loss without and with labels smoothed to 0.9, and the generator's, as the papers write them
FORMULAS: dict[str, tuple[float, float, float]] = {
    "non-saturating": (
        0.5 * (mean(REAL, lambda r: softplus(-r)) + mean(FAKE, softplus)),
        0.5 * (mean(REAL, lambda r: 0.9 * softplus(-r) + 0.1 * softplus(r)) + mean(FAKE, softplus)),
        mean(FAKE, lambda f: softplus(-f)),
    ),
    "minimax": (
        0.5 * (mean(REAL, lambda r: softplus(-r)) + mean(FAKE, softplus)),
        0.5 * (mean(REAL, lambda r: 0.9 * softplus(-r) + 0.1 * softplus(r)) + mean(FAKE, softplus)),
        mean(FAKE, lambda f: -softplus(f)),
    ),
    "least-squares": (
        0.5 * mean(REAL, lambda r: (r - 1) ** 2) + 0.5 * mean(FAKE, lambda f: f**2),
        0.5 * mean(REAL, lambda r: (r - 0.9) ** 2) + 0.5 * mean(FAKE, lambda f: f**2),
        0.5 * mean(FAKE, lambda f: (f - 1) ** 2),
    ),
    "wasserstein": (
        mean(FAKE, float) - mean(REAL, float),
        mean(FAKE, float) - mean(REAL, float),  # a critic has no labels to smooth
        -mean(FAKE, float),
    ),
    "relativistic": (
        mean(PAIRS, lambda d: softplus(-d)),
        mean(PAIRS, lambda d: 0.9 * softplus(-d) + 0.1 * softplus(d)),
        mean(PAIRS, softplus),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_each_loss_is_its_formula(name: str) -> None:
    loss = LOSSES[name]
    plain, smoothed, generators = FORMULAS[name]
    real, fake = torch.tensor(REAL), torch.tensor(FAKE)
    assert discriminator_loss(loss, real, fake, 1.0).item() == pytest.approx(plain, rel=1e-5)
    assert discriminator_loss(loss, real, fake, 0.9).item() == pytest.approx(smoothed, rel=1e-5)
    assert generator_loss(loss, fake, real).item() == pytest.approx(generators, rel=1e-5)


class Fixed(nn.Module):
    """A discriminator whose logits are the first pixel of each image, times a weight that a step can move."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, images: Tensor) -> Tensor:
        return images[:, 0, 0, 0] * self.weight


class Painter(nn.Module):
    """A generator that paints its noise into the first pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, z: Tensor) -> Tensor:
        return F.pad((z[:, :1] * self.weight)[..., None, None], (0, 27, 0, 27))


@pytest.mark.parametrize("name", LOSSES)
def test_the_figures_are_the_losses_and_accuracies_of_the_batch(name: str) -> None:
    generator, discriminator = Painter(), Fixed()
    real, z = F.pad(torch.tensor(REAL)[:, None, None, None], (0, 27, 0, 27)), torch.tensor(FAKE)[:, None]
    figures = train_step(
        generator, discriminator, sgd(generator, 0.0), sgd(discriminator, 0.0), real, BatchInputs(z), Objective(name)
    )
    boundary = 0.5 if name == "least-squares" else 0.0
    plain, _smoothed, generators = FORMULAS[name]
    assert figures.d_loss == pytest.approx(plain, rel=1e-5)
    assert figures.g_loss == pytest.approx(generators, rel=1e-5)
    right = [[r > boundary for r in REAL], [f <= boundary for f in FAKE]]
    if name == "relativistic":  # a pair is right if the real image has the higher logit
        right = [[difference > 0 for difference in PAIRS]] * 2
    assert figures.d_real_acc == pytest.approx(100 * np.mean(right[0]))
    assert figures.d_fake_acc == pytest.approx(100 * np.mean(right[1]))


@pytest.mark.parametrize("name", LOSSES)
def test_both_players_move_their_own_loss_down(name: str) -> None:
    generator, discriminator = networks()
    real, z = real_images(), noise(32, 6)
    loss, inputs, objective = LOSSES[name], BatchInputs(z), Objective(name)

    def d_loss() -> float:
        return discriminator_loss(loss, discriminator(real), discriminator(generator(z)), 1.0).item()

    def g_loss() -> float:
        return generator_loss(loss, discriminator(generator(z)), discriminator(real)).item()

    before = d_loss()
    train_step(generator, discriminator, sgd(generator, 0.0), sgd(discriminator, 0.01), real, inputs, objective)
    assert d_loss() < before
    before = g_loss()
    train_step(generator, discriminator, sgd(generator, 0.1), sgd(discriminator, 0.0), real, inputs, objective)
    assert g_loss() < before


# --- what a step touches -----------------------------------------------------------------------------------------


def test_each_players_step_leaves_the_other_ones_weights_alone() -> None:
    generator, discriminator = networks()
    before_g, before_d = weights(generator), weights(discriminator)
    real, z = real_images(), noise(32, 6)
    train_step(generator, discriminator, sgd(generator, 0.0), sgd(discriminator), real, BatchInputs(z))
    assert equal(before_g, weights(generator))
    assert not equal(before_d, weights(discriminator))

    after_d = weights(discriminator)
    train_step(generator, discriminator, sgd(generator), sgd(discriminator, 0.0), real, BatchInputs(z))
    assert not equal(before_g, weights(generator))
    assert equal(after_d, weights(discriminator))


def test_no_gradient_is_left_over_from_one_batch_to_the_next() -> None:
    """The discriminator's step of batch 2 must not feel the generator's step of batch 1."""
    generator, discriminator = networks()
    real, z = real_images(), noise(32, 6)
    train_step(generator, discriminator, sgd(generator), sgd(discriminator), real, BatchInputs(z))
    fresh_g, fresh_d = copy.deepcopy(generator), copy.deepcopy(discriminator)
    for parameter in [*fresh_g.parameters(), *fresh_d.parameters()]:
        parameter.grad = None
    train_step(generator, discriminator, sgd(generator), sgd(discriminator), real, BatchInputs(z))
    train_step(fresh_g, fresh_d, sgd(fresh_g), sgd(fresh_d), real, BatchInputs(z))
    assert equal(weights(generator), weights(fresh_g))
    assert equal(weights(discriminator), weights(fresh_d))


def test_the_generator_learns_from_the_discriminator_that_has_just_learned() -> None:
    generator, discriminator = networks()
    real, z = real_images(), noise(32, 6)
    fake = generator(z).detach()
    learned = copy.deepcopy(discriminator)
    optimizer = sgd(learned, 0.5)
    F.binary_cross_entropy_with_logits(
        torch.cat([learned(real), learned(fake)]), torch.cat([torch.ones(32), torch.zeros(32)])
    ).backward()
    optimizer.step()
    figures = train_step(generator, discriminator, sgd(generator), sgd(discriminator, 0.5), real, BatchInputs(z))
    expected = F.binary_cross_entropy_with_logits(learned(fake), torch.ones(32)).item()
    assert figures.g_loss == pytest.approx(expected, rel=1e-4)
    assert figures.d_fake_acc == pytest.approx(100 * (learned(fake) <= 0).float().mean().item())


# --- the other knobs of a step -----------------------------------------------------------------------------------


def counted(optimizer: torch.optim.Optimizer) -> list[int]:
    """A list that grows by one with each step of the optimiser."""
    steps: list[int] = []
    optimizer.register_step_post_hook(lambda *_: steps.append(1))
    return steps


@pytest.mark.parametrize(("extra_d", "extra_g"), [(0, 0), (3, 0), (0, 2), (2, 1)])
def test_extra_steps_are_as_many_as_their_noise(extra_d: int, extra_g: int) -> None:
    generator, discriminator = networks()
    optimizer_g, optimizer_d = sgd(generator), sgd(discriminator)
    g_steps, d_steps = counted(optimizer_g), counted(optimizer_d)
    train_step(
        generator,
        discriminator,
        optimizer_g,
        optimizer_d,
        real_images(),
        BatchInputs(
            noise(32, 6),
            d_noise=tuple(noise(32, 6, seed=10 + i) for i in range(extra_d)),
            g_noise=tuple(noise(32, 6, seed=20 + i) for i in range(extra_g)),
        ),
    )
    assert (len(d_steps), len(g_steps)) == (1 + extra_d, 1 + extra_g)


def test_extra_steps_are_the_steps_themselves_with_other_noise() -> None:
    """Two discriminator steps are a batch with an idle generator and a batch after it; likewise the other way round."""
    real, z, extra = real_images(), noise(32, 6), noise(32, 6, seed=1)

    both = networks()
    train_step(*both, sgd(both[0]), sgd(both[1]), real, BatchInputs(z, d_noise=(extra,)))
    apart = networks()
    train_step(*apart, sgd(apart[0], 0.0), sgd(apart[1]), real, BatchInputs(extra))
    train_step(*apart, sgd(apart[0]), sgd(apart[1]), real, BatchInputs(z))
    for one, other in zip(both, apart, strict=True):
        assert equal(weights(one), weights(other))

    both = networks()
    train_step(*both, sgd(both[0]), sgd(both[1]), real, BatchInputs(z, g_noise=(extra,)))
    apart = networks()
    train_step(*apart, sgd(apart[0]), sgd(apart[1]), real, BatchInputs(z))
    train_step(*apart, sgd(apart[0]), sgd(apart[1], 0.0), real, BatchInputs(extra))
    for one, other in zip(both, apart, strict=True):
        assert equal(weights(one), weights(other))


def test_weight_clipping_bounds_the_critic_and_not_the_generator() -> None:
    generator, discriminator = networks()
    train_step(
        generator,
        discriminator,
        sgd(generator),
        sgd(discriminator),
        real_images(),
        BatchInputs(noise(32, 6)),
        Objective("wasserstein", weight_clip=0.01),
    )
    assert max(weight.abs().max().item() for weight in weights(discriminator)) == pytest.approx(0.01)
    assert max(weight.abs().max().item() for weight in weights(generator)) > 0.01


def test_label_smoothing_pulls_the_discriminator_towards_its_label() -> None:
    """With real labels of 0.7 and nothing but real images to see, it settles where sigmoid(logit) is 0.7."""
    generator, discriminator = Painter(), Fixed()
    real = torch.zeros(4, 1, 28, 28)
    real[:, 0, 0, 0] = 1.0
    optimizer_g, optimizer_d = sgd(generator, 0.0), sgd(discriminator, 1.0)
    inputs, objective = BatchInputs(torch.zeros(4, 1)), Objective(real_label=0.7)
    figures = BatchMetrics(0, 0, 0, 0)
    for _ in range(300):
        figures = train_step(generator, discriminator, optimizer_g, optimizer_d, real, inputs, objective)
    assert torch.sigmoid(discriminator(real)).tolist() == pytest.approx([0.7] * 4, abs=0.01)
    entropy = -(0.7 * math.log(0.7) + 0.3 * math.log(0.3))
    assert figures.d_loss == pytest.approx(0.5 * (entropy + math.log(2)), abs=1e-3)


@pytest.mark.parametrize("count", [1, 96])
def test_a_batch_may_be_as_small_as_one_image(count: int) -> None:
    generator, discriminator = networks()
    figures = train_step(
        generator, discriminator, sgd(generator), sgd(discriminator), real_images(count), BatchInputs(noise(count, 6))
    )
    assert np.isfinite(figures).all()
    assert 0 <= figures.d_real_acc <= 100
