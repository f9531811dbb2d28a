"""The picture of the game: its images and outputs, against the networks themselves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from random_settings import random_settings
from trainers import trained

from gan.data import image_sets
from gan.views.moment import capture, of_captured
from gan.views.overview import SHOWN, overview


@pytest.mark.parametrize("seed", range(6))
def test_the_outputs_are_the_trained_discriminators_for_the_images_shown(seed: int) -> None:
    settings = random_settings(seed)
    trainer = trained(settings, 3)
    values, arrays = overview(of_captured(capture(trainer)))
    trainer.generator.eval()
    trainer.discriminator.eval()
    with torch.no_grad():
        fake = trainer.generator(trainer.fixed_noise[:SHOWN])
        wanted = trainer.discriminator(fake)
        torch.testing.assert_close(torch.from_numpy(arrays["fake_outputs"]), wanted, rtol=1e-4, atol=1e-5)
        real = image_sets.scaled(torch.from_numpy(arrays["real"]), settings.scaling)
        torch.testing.assert_close(torch.from_numpy(arrays["real_outputs"]), trainer.discriminator(real))
    low = -1 if settings.scaling == "-1..1" else 0
    pixels = (fake.flatten(1).numpy() - low) / (1 - low) * 255
    assert np.abs(pixels - arrays["fake"]).max() <= 0.51
    assert values["parameters"]["d"] == sum(each.numel() for each in trainer.discriminator.parameters())
