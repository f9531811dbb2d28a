"""The real side of a comparison: reference statistics, and those of the images that a run learns from."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import torch
from torch import Tensor

from gan.data import image_sets
from gan.data.idx import TITLES
from gan.data.image_sets import ALL_DIGITS, ImageSet
from gan.quality import feature_stats, memorization
from gan.quality.classifier import Classifier, Progress
from gan.quality.feature_stats import ReferenceStats, Statistics
from gan.quality.memorization import Originals
from gan.settings import Settings

NEIGHBOURS = 5  # the k of density and coverage
REMEMBERED = 4  # references kept in memory; each takes 13 MB besides its images


@dataclass(frozen=True)
class Reference:
    """The data that generated images are compared with.

    Attributes:
        digits: the digits that the run learns from.
        real: statistics of the images that the run learns from.
        squared_radii: squared distance of each of `real.features` to its fifth nearest neighbour; float32, SAMPLE.
        originals: the images that a generator may have copied.
    """

    classifier: Classifier
    digits: tuple[int, ...]
    real: Statistics
    squared_radii: Tensor
    originals: Originals


def reference(settings: Settings, progress: Progress | None = None) -> Reference:
    """The reference of a run with these settings: the images that it learns from.

    Takes a second, and no time when called again. The first one of FashionMNIST and of KMNIST takes two minutes.

    Args:
        progress: called with the share done (0 to 1) and a sentence; an exception from it ends the work.

    Raises:
        DataError: the data set is not on disk.
        ReferenceStatsError: its statistics cannot be read or written.
    """
    key = settings.dataset, settings.split, settings.digits
    with _locks[settings.dataset]:
        known = _known.get(key)
        if known is None:
            one = feature_stats.of(settings.dataset, progress or (lambda share, sentence: None))
            known = _known[key] = compared(one, image_sets.load(*key), settings.digits)
            for old in list(_known)[:-REMEMBERED]:
                _known.pop(old, None)
        return known


def ready(settings: Settings) -> bool:
    """Whether `reference` takes a second rather than minutes."""
    return feature_stats.path_of(settings.dataset).is_file()


def compared(one: ReferenceStats, images: ImageSet, digits: tuple[int, ...]) -> Reference:
    """The reference of a set of real images."""
    whole = digits == ALL_DIGITS and len(images) == one.training.count
    real = one.training if whole else feature_stats.statistics(one.classifier, images)
    return Reference(
        one.classifier, digits, real, _squared_radii(real.features), memorization.prepare(images, one.limits)
    )


# For the whole process: they follow from the verified files of a data set alone, whatever runs or serves here.
_known: dict[tuple[str, str, tuple[int, ...]], Reference] = {}
_locks = {dataset: threading.Lock() for dataset in TITLES}


def _squared_radii(features: Tensor) -> Tensor:
    distances = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist").square()
    distances.fill_diagonal_(torch.inf)
    return distances.kthvalue(min(NEIGHBOURS, len(features) - 1), dim=1).values
