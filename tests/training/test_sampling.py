"""Noise has its two distributions, and the same seed makes the same images."""

from __future__ import annotations

import pytest
import torch
from helpers import SMALL

from gan.training.build import build_networks
from gan.training.sampling import CHUNK, draw_noise, generate_images, labels_in_proportion, labels_in_turn


def test_normal_noise_has_mean_0_and_deviation_1() -> None:
    z = draw_noise(2000, 10, "normal", torch.Generator().manual_seed(1))
    assert z.shape == (2000, 10)
    assert z.mean().item() == pytest.approx(0, abs=0.03)
    assert z.std().item() == pytest.approx(1, abs=0.03)


def test_uniform_noise_fills_minus_1_to_1() -> None:
    z = draw_noise(2000, 10, "uniform", torch.Generator().manual_seed(1))
    assert -1 <= z.min() < -0.99
    assert 0.99 < z.max() <= 1


def test_images_of_a_seed_are_the_same_whatever_is_drawn_or_trained_meanwhile() -> None:
    generator, _ = build_networks(SMALL, torch.Generator().manual_seed(1))
    before = torch.get_rng_state()
    images = generate_images(generator.train(), SMALL, CHUNK + 5, seed=3)
    assert images.shape == (CHUNK + 5, 1, 28, 28)
    assert not images.requires_grad
    assert torch.equal(images, generate_images(generator, SMALL, CHUNK + 5, seed=3))  # no dropout
    assert torch.equal(images[:CHUNK], generate_images(generator, SMALL, CHUNK, seed=3))
    assert not torch.equal(images, generate_images(generator, SMALL, CHUNK + 5, seed=4))
    assert generator.training
    assert torch.equal(torch.get_rng_state(), before)


def test_each_digit_has_its_share_of_the_labels_in_an_order_drawn_by_the_seed() -> None:
    shares = [0.5, 0.0, 0.3, 0.2, 0, 0, 0, 0, 0, 0]
    labels = labels_in_proportion(shares, 1001, seed=1)
    assert labels.bincount(minlength=10).tolist() == pytest.approx([1001 * share for share in shares], abs=1)
    assert not torch.equal(labels, labels.sort().values)
    assert torch.equal(labels, labels_in_proportion(shares, 1001, seed=1))
    assert not torch.equal(labels, labels_in_proportion(shares, 1001, seed=2))


def test_without_labels_of_its_own_a_conditional_run_draws_its_digits_in_turn() -> None:
    settings = SMALL.changed(conditional="on", digits=[3, 7])
    generator, _ = build_networks(settings, torch.Generator().manual_seed(1))
    images = generate_images(generator, settings, CHUNK + 5, seed=3)
    in_turn = labels_in_turn(settings, CHUNK + 5)
    assert in_turn is not None
    assert in_turn[:5].tolist() == [3, 7, 3, 7, 3]
    assert torch.equal(images, generate_images(generator, settings, CHUNK + 5, 3, in_turn))
    assert not torch.equal(images, generate_images(generator, settings, CHUNK + 5, 3, torch.full((CHUNK + 5,), 3)))
    assert labels_in_turn(SMALL, 5) is None
