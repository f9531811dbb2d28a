"""Images as views need them: generated from fixed noise, as pixels, and real ones of a fixed choice."""

from __future__ import annotations

import functools
from typing import Literal

import torch
from torch import Tensor

from gan.data import image_sets
from gan.data.idx import COUNTS
from gan.data.image_sets import ImageSet
from gan.settings import Settings
from gan.training.networks import Generator, apply
from gan.training.sampling import draw_noise, labels_in_turn

DOTS = 500  # generated images that a view follows
LARGEST_LATENT = 512
NOISE_SEED = 14


def noise(settings: Settings) -> Tensor:
    """DOTS fixed noise vectors, DOTS x latent; a larger latent size keeps the numbers that the smaller one had.

    Do not write them: they are drawn once for all.
    """
    return _noise(settings.noise)[:, : settings.latent_dim]


@functools.cache
def _noise(kind: Literal["normal", "uniform"]) -> Tensor:
    return draw_noise(DOTS, LARGEST_LATENT, kind, torch.Generator().manual_seed(NOISE_SEED))


@torch.no_grad()
def generated(generator: Generator, settings: Settings) -> Tensor:
    """The images of that noise, DOTS x 1 x 28 x 28 in the range in which the generator was trained.

    A conditional run draws its digits in turn.
    """
    return apply(generator, noise(settings), labels_in_turn(settings, DOTS))


def as_ink(images: Tensor, settings: Settings) -> Tensor:
    """Pixels from 0 to 1, whatever the range in which the networks work."""
    return ((images + 1) / 2 if settings.scaling == "-1..1" else images).nan_to_num().clamp(0, 1)


def from_ink(ink: Tensor, settings: Settings) -> Tensor:
    """The reverse of `as_ink`."""
    return 2 * ink - 1 if settings.scaling == "-1..1" else ink


def as_bytes(images: Tensor, settings: Settings) -> Tensor:
    """Pixels as the page shows them: uint8, N x 784."""
    return (as_ink(images, settings) * 255).round().byte().flatten(1)


def real(settings: Settings, count: int, seed: int) -> tuple[ImageSet, Tensor]:
    """The images that the run learns from, and the indices of a fixed choice of them, ascending; raises `DataError`."""
    images = image_sets.load(settings.dataset, settings.split, settings.digits)
    return images, _choice(len(images), count, seed)


@functools.lru_cache(64)
def _choice(total: int, count: int, seed: int) -> Tensor:
    return torch.randperm(total, generator=torch.Generator().manual_seed(seed))[:count].sort().values


def held_out(settings: Settings, count: int, seed: int) -> ImageSet | None:
    """At most `count` test images of the run's digits, or None if the run learns from them too.

    Raises `DataError`.
    """
    return None if settings.split == "all" else _held_out(settings.dataset, settings.digits, count, seed)


@functools.lru_cache(16)
def _held_out(dataset: str, digits: tuple[int, ...], count: int, seed: int) -> ImageSet:
    every = image_sets.load(dataset, "all")
    test, labels = every.images[COUNTS["train"] :], every.labels[COUNTS["train"] :]
    fitting = torch.isin(labels, torch.tensor(digits, dtype=labels.dtype)).nonzero().flatten()
    chosen = fitting[torch.randperm(len(fitting), generator=torch.Generator().manual_seed(seed))[:count]]
    return ImageSet(test[chosen], labels[chosen], f"{every.name}, held out")
