"""The modules of a few lines: grids of images, throughput, bench."""

from __future__ import annotations

import io

import pytest
import torch
from PIL import Image
from torchvision.utils import make_grid

from gan.data.grid import grid_png
from gan.runs.throughput import Throughput


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
