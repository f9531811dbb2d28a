"""What the discriminator knows by heart, on networks whose answers are known."""

from __future__ import annotations

import pytest
import torch
from random_settings import random_settings

from gan.settings import parse
from gan.training.build import build_networks
from gan.views import images
from gan.views.memorised import COMPARED, SEED, Memory, memory_of


def test_a_discriminator_that_knows_nothing_by_heart_has_hardly_a_gap() -> None:
    settings = parse({"digits": [7], "device": "cpu"})
    generator, discriminator = build_networks(settings, torch.Generator().manual_seed(1))
    found = memory_of(settings, images.generated(generator.eval(), settings), discriminator.eval())
    assert found.held_out is not None
    assert abs(found.training - found.held_out) < 0.2 * abs(found.training - found.generated)
    assert found.r_v is not None
    assert abs(found.r_v) < 0.2


def test_r_compares_the_gap_with_that_to_generated_images() -> None:
    memory = Memory(3.0, 2.0, -1.0, 0.9, 0.7, 0.1)
    assert memory.r_v == pytest.approx(0.25)
    assert memory.r_t == pytest.approx(0.8)


def test_a_run_that_trains_on_all_images_has_none_held_out() -> None:
    settings = parse({"digits": [7], "split": "all", "device": "cpu"})
    generator, discriminator = build_networks(settings)
    found = memory_of(settings, images.generated(generator.eval(), settings), discriminator.eval())
    assert (found.held_out, found.share_held_out, found.r_v) == (None, None, None)


@pytest.mark.parametrize("seed", range(6))
def test_the_means_and_shares_are_those_of_the_outputs(seed: int) -> None:
    loss = ("non-saturating", "minimax", "least-squares", "wasserstein", "relativistic")[seed % 5]
    settings = random_settings(seed).changed(loss=loss, conditional="on" if seed % 2 else "off", g_norm="none")
    generator, discriminator = build_networks(settings, torch.Generator().manual_seed(seed))
    generator.eval()
    discriminator.eval()
    found = memory_of(settings, images.generated(generator, settings), discriminator)
    boundary = 0.5 if loss == "least-squares" else 0.0
    every, chosen = images.real(settings, COMPARED, SEED)
    pixels = every.images[chosen].float() / 255
    real = pixels if settings.scaling == "0..1" else 2 * pixels - 1
    sevens = (torch.full((COMPARED,), 7),) if seed % 2 else ()  # the run knows no other digit
    with torch.no_grad():
        outputs = discriminator(real, *sevens)
        generated = discriminator(generator(images.noise(settings), *sevens), *sevens)
    assert found.training == pytest.approx(float(outputs.mean()), rel=1e-4)
    assert found.share_training == pytest.approx(float(outputs.gt(boundary).float().mean()), abs=0.003)
    assert found.generated == pytest.approx(float(generated.mean()), rel=1e-4, abs=1e-5)
    assert found.share_generated == pytest.approx(float(generated.gt(boundary).float().mean()), abs=0.003)
