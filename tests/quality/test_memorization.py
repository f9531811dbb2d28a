"""Copies of training images: all of them are found, and by the same limits as in a plain search of every pair."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import torch
from torch import Tensor

from gan.data import image_sets
from gan.data.image_sets import ImageSet
from gan.quality import memorization
from gan.quality.memorization import Originals
from gan.quality.reference import reference
from gan.settings import Settings


@functools.cache
def some() -> ImageSet:
    everything = image_sets.load("mnist", "train")
    return ImageSet(everything.images[:5000], everything.labels[:5000], "some")


@functools.cache
def originals() -> Originals:
    return memorization.prepare(some(), memorization.limits(some()))


def plainly(images: Tensor) -> list[bool]:
    """Whether each image is as near to some original as that one's limit says, pair by pair in whole numbers."""
    flat, limits = some().images.flatten(1).numpy().astype(np.int32), originals().limits.numpy()
    return [bool((((flat - one) ** 2).sum(axis=1) <= limits).any()) for one in images.numpy().astype(np.int32)]


def faint(images: Tensor, amount: int) -> Tensor:
    """With noise of up to plus or minus `amount` of 255 grey levels."""
    rng = torch.Generator().manual_seed(0)
    noise = torch.randint(-amount, amount + 1, images.shape, generator=rng)
    return (images + noise).clamp(0, 255).byte()


def test_the_limit_is_the_hundredth_part_of_the_distances_between_originals() -> None:
    limits = memorization.limits(some())
    flat = some().images.flatten(1).numpy().astype(np.int32)
    ones = np.flatnonzero((some().labels == 1).numpy())
    nearest = []
    for one in ones:
        squares = ((flat - flat[one]) ** 2).sum(axis=1)
        squares[one] = squares.max()
        nearest.append(squares.min())
    share = np.mean(np.array(nearest) <= limits[1].item())
    assert share == pytest.approx(0.01, abs=0.005)  # the limit is told by 500 of these 563
    assert limits[1] < limits.sort().values[1] / 2  # ones are all alike


@pytest.mark.parametrize("amount", [0, 5, 20, 30, 40])
def test_it_finds_what_a_plain_search_finds(amount: int) -> None:
    images = faint(some().images[1000:1060].flatten(1), amount)
    found = memorization.are_copies(images, originals())
    assert found.tolist() == plainly(images)
    assert found.all() or amount >= 20


def test_it_finds_what_a_plain_search_finds_among_other_images() -> None:
    others = image_sets.load("mnist", "train").images[5000:5100].flatten(1)
    strange = torch.stack([torch.zeros(784), torch.full((784,), 255), torch.arange(784) % 256]).byte()
    images = torch.cat([others, strange])
    assert memorization.are_copies(images, originals()).tolist() == plainly(images)


def test_the_bound_never_exceeds_the_distance() -> None:
    flat = some().images.flatten(1)
    a, b = flat[:2000], faint(flat[2000:4000], 60)
    coordinates = [memorization._coordinates(images, originals().basis) for images in (a, b)]
    bounds = (coordinates[0] - coordinates[1]).square().sum(dim=1)
    distances = ((a.double() - b.double()) / 255).square().sum(dim=1)
    assert (bounds <= distances + memorization.SLACK / 10).all()


def test_a_digit_that_is_not_there_has_no_copies_but_equal_images() -> None:
    zeros = some().labels == 0
    only = ImageSet(some().images[zeros], some().labels[zeros], "zeros")
    assert memorization.limits(only)[1:].tolist() == [0] * 9


@pytest.mark.parametrize("digit", [1, 7, 9])
def test_real_test_images_are_seldom_called_copies(digit: int) -> None:
    """By one distance for all digits, 99 of 100 real ones were, and a third of the sevens."""
    everything = image_sets.load("mnist", "all")
    own = everything.images[60_000:][everything.labels[60_000:] == digit][:40].flatten(1)
    known = reference(Settings()).originals
    told = [memorization.told_of(image.numpy().tobytes(), 0, known)["copy"] for image in own]
    assert told == memorization.are_copies(own, known).tolist()  # as the measured share counts them
    assert sum(map(bool, told)) <= 2


def test_an_image_is_told_with_the_limit_of_the_one_it_is_near_to() -> None:
    known = reference(Settings()).originals
    labels = image_sets.load("mnist", "train").labels
    limits = {
        int(labels[index]): memorization.told_of(known.images[index].numpy().tobytes(), index, known)
        for index in range(40)
    }
    assert all(told["copy"] for told in limits.values())
    assert limits[1]["limit"] == pytest.approx(1.0, abs=0.1)
    assert all(told["limit"] is not None and told["limit"] > 2 for digit, told in limits.items() if digit != 1)
    assert memorization.told_of(bytes(784), 0, None) == {"copy": None, "limit": None}
