"""The modules of a few lines: grids of images, throughput, bench."""

from __future__ import annotations

import io

import pytest
import torch
from PIL import Image
from torchvision.utils import make_grid

from gan.data.grid import grid_png, is_grid_png, repacked
from gan.runs.throughput import Throughput


@pytest.mark.parametrize("count", [1, 3, 64, 70])
def test_a_grid_is_the_one_of_torchvision(count: int) -> None:
    images = torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(1)) * 2 - 1
    picture = Image.open(io.BytesIO(grid_png(images)))
    expected = make_grid(images, nrow=8, padding=2, normalize=True)[0].mul(255).round()
    assert picture.mode == "L"
    assert picture.size == tuple(reversed(expected.shape))
    assert torch.equal(torch.tensor(list(picture.tobytes())).view(expected.shape).float(), expected)


def test_the_grid_of_a_run_is_what_browsers_are_sent() -> None:
    images = torch.rand(64, 1, 28, 28, generator=torch.Generator().manual_seed(1)) * 2 - 1
    png = grid_png(images)
    assert is_grid_png(png)
    assert is_grid_png(repacked(png))
    with Image.open(io.BytesIO(repacked(png))) as again, Image.open(io.BytesIO(png)) as picture:
        assert again.tobytes() == picture.tobytes()
    plain = torch.full((64, 1, 28, 28), 0.5)  # of one shade
    assert is_grid_png(grid_png(plain))


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
