"""The modules of a few lines: device, noise, images, meter, bench."""

from __future__ import annotations

import io

import pytest
import torch
from PIL import Image
from torchvision.utils import make_grid

from gan.data.grid import grid_png
from gan.runs.throughput import Throughput
from gan.training import device, noise


def test_auto_takes_the_best_device_there_is() -> None:
    kinds = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    assert device.pick("auto").type == next(kind for kind, there in kinds.items() if there)
    assert device.pick("cpu").type == "cpu"


def test_a_device_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(device.DeviceError, match=r"^This machine has no cuda device; choose auto or cpu\.$"):
        device.pick("cuda")


def test_normal_noise_has_mean_0_and_deviation_1() -> None:
    z = noise.draw(2000, 10, "normal", torch.Generator().manual_seed(1))
    assert z.shape == (2000, 10)
    assert z.mean().item() == pytest.approx(0, abs=0.03)
    assert z.std().item() == pytest.approx(1, abs=0.03)


def test_uniform_noise_fills_minus_1_to_1() -> None:
    z = noise.draw(2000, 10, "uniform", torch.Generator().manual_seed(1))
    assert -1 <= z.min() < -0.99
    assert 0.99 < z.max() <= 1


def test_a_grid_is_the_one_of_torchvision() -> None:
    images = torch.rand(64, 1, 28, 28, generator=torch.Generator().manual_seed(1)) * 2 - 1
    picture = Image.open(io.BytesIO(grid_png(images)))
    expected = make_grid(images, nrow=8, padding=2, normalize=True)[0].mul(255).round()
    assert picture.size == (242, 242)
    assert torch.equal(torch.tensor(list(picture.tobytes())).view(242, 242).float(), expected)


def test_the_meter_counts_only_time_in_training(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("gan.runs.throughput.time.monotonic", lambda: now)
    throughput = Throughput(batch=0, seconds=5.0)
    now += 1
    assert throughput.tick(200) == (200, 6)
    now += 60  # paused
    throughput.rest(200)
    now += 1
    rate, seconds = throughput.tick(300)
    assert seconds == 7
    assert 100 <= rate <= 200
