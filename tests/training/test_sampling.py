"""Noise: its two distributions."""

from __future__ import annotations

import pytest
import torch

from gan.training.sampling import draw_noise


def test_normal_noise_has_mean_0_and_deviation_1() -> None:
    z = draw_noise(2000, 10, "normal", torch.Generator().manual_seed(1))
    assert z.shape == (2000, 10)
    assert z.mean().item() == pytest.approx(0, abs=0.03)
    assert z.std().item() == pytest.approx(1, abs=0.03)


def test_uniform_noise_fills_minus_1_to_1() -> None:
    z = draw_noise(2000, 10, "uniform", torch.Generator().manual_seed(1))
    assert -1 <= z.min() < -0.99
    assert 0.99 < z.max() <= 1
