"""The nearest training image: against a plain search in whole numbers, for every kind of image set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gan.data import image_sets
from gan.data.image_sets import DataError
from gan.quality import nearest as module
from gan.quality.nearest import CHUNK, SAMPLE, nearest
from gan.settings import Settings, parse

SEVENS = parse({"digits": [7]})
BOTH = parse({"digits": [0, 7], "split": "all"})


def squares(settings: Settings, query: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Squared distances from 784 pixels to every image of a set, in whole numbers."""
    images = image_sets.load(settings.dataset, settings.split, settings.digits).images.flatten(1).numpy()
    differences = images.astype(np.int16) - query.astype(np.int16)
    return np.asarray(np.einsum("ij,ij->i", differences, differences, dtype=np.int32))


def queries() -> Iterator[NDArray[np.uint8]]:
    """Noise, faint noise, black, white, half a digit, and two digits laid over each other."""
    rng = np.random.default_rng(1)
    sevens = image_sets.load("mnist", "train", [7]).images.flatten(1).numpy()
    yield rng.integers(0, 256, 784, dtype=np.uint8)
    yield rng.integers(0, 5, 784, dtype=np.uint8)
    yield np.zeros(784, np.uint8)
    yield np.full(784, 255, np.uint8)
    yield np.where(np.arange(784) < 392, sevens[3], 0).astype(np.uint8)
    yield np.maximum(sevens[100], sevens[200])


@pytest.mark.parametrize("settings", [Settings(), SEVENS, BOTH], ids=["all", "sevens", "both"])
def test_it_is_the_nearest_of_all(settings: Settings) -> None:
    images = image_sets.load(settings.dataset, settings.split, settings.digits)
    for query in queries():
        found = nearest(query.tobytes(), settings)
        every = squares(settings, query)
        assert found.index == every.argmin()
        assert found.distance == pytest.approx(every.min() ** 0.5 / 255, rel=1e-12, abs=0)
        assert found.digit == images.labels[found.index]
        assert found.pixels == images.images[found.index].numpy().tobytes()
        assert found.count == len(images)
        assert found.set == images.name


@pytest.mark.parametrize("index", [0, CHUNK - 1, CHUNK, 6264])
def test_a_copy_is_found_out(index: int) -> None:
    images = image_sets.load("mnist", "train", [7])
    found = nearest(images.images[index].numpy().tobytes(), SEVENS)
    assert (found.index, found.distance, found.digit) == (index, 0.0, 7)


def test_typical_is_the_median_distance_to_the_nearest_other_image() -> None:
    images = image_sets.load("mnist", "train", [7]).images.flatten(1).numpy()
    chosen = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:SAMPLE].tolist()
    distances = []
    for index in chosen:
        every = squares(SEVENS, images[index])
        every[index] = every.max()
        distances.append(every.min() ** 0.5 / 255)
    typical = nearest(bytes(784), SEVENS).typical
    assert np.sort(distances)[(SAMPLE - 1) // 2] == pytest.approx(typical, rel=1e-12)
    assert nearest(bytes(784), BOTH).typical != typical


def test_of_equal_images_the_first_is_named() -> None:
    """Also across the parts that are compared one after the other."""
    images = torch.zeros(3 * CHUNK, 1, 28, 28, dtype=torch.uint8)
    images[5, 0, 0, 0] = images[CHUNK + 5, 0, 0, 0] = 200
    queries = torch.zeros(2, 784, dtype=torch.uint8)
    queries[0, 0] = 199
    distances, indices = module.nearest_of(images, module.squared_norms(images), queries)
    assert indices.tolist() == [5, 0]
    assert distances.tolist() == [1, 0]


def test_a_data_set_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    load = image_sets.load
    monkeypatch.setattr(image_sets, "load", lambda *which: load(*which, root=tmp_path))
    with pytest.raises(DataError, match=r"^FashionMNIST .*\.$"):
        nearest(bytes(784), parse({"dataset": "fashion"}))


def test_it_draws_no_random_number_of_others() -> None:
    state = torch.get_rng_state()
    module._all_known.clear()
    nearest(bytes(784), SEVENS)
    assert torch.equal(torch.get_rng_state(), state)
