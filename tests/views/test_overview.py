"""The picture of the game: its images and outputs, against the networks themselves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from random_settings import random_settings
from trainers import trained

from gan.data import image_sets
from gan.training.networks import apply
from gan.views.moment import capture, of_captured
from gan.views.overview import SHOWN, overview


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("conditional", ["off", "on"])
def test_the_outputs_are_the_trained_discriminators_for_the_images_shown(seed: int, conditional: str) -> None:
    settings = random_settings(seed).changed(conditional=conditional)
    trainer = trained(settings, 3)
    values, arrays = overview(of_captured(capture(trainer)))
    sevens = torch.full((SHOWN,), 7) if conditional == "on" else None  # the run knows no other digit
    trainer.generator.eval()
    trainer.discriminator.eval()
    with torch.no_grad():
        fake = apply(trainer.generator, trainer.fixed_noise[:SHOWN], sevens)
        wanted = apply(trainer.discriminator, fake, sevens)
        torch.testing.assert_close(torch.from_numpy(arrays["fake_outputs"]), wanted, rtol=1e-4, atol=1e-5)
        real = image_sets.scaled(torch.from_numpy(arrays["real"]), settings.scaling)
        wanted = apply(trainer.discriminator, real, sevens)
        torch.testing.assert_close(torch.from_numpy(arrays["real_outputs"]), wanted)
    low = -1 if settings.scaling == "-1..1" else 0
    pixels = (fake.flatten(1).numpy() - low) / (1 - low) * 255
    assert np.abs(pixels - np.asarray(arrays["fake"])).max() <= 0.51
    counted = sum(each.numel() for each in trainer.discriminator.parameters())
    assert sum(layer["parameters"] for layer in values["layers"]["d"]) == counted
