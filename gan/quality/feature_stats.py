"""The reference statistics of a data set, computed once and compared with generated images.

They are a classifier, the statistics of its features over the training images, and the distances within which an image
counts as a copy, in one file of safetensors. MNIST's ships in `shipped/`. Those of other data sets are computed from
their training images on first use (two minutes on one core) and kept in the folder of the data set. No test image is
used.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load as unpacked
from safetensors.torch import save as packed
from torch import Tensor

from gan.data import image_sets
from gan.data.idx import TITLES
from gan.data.image_sets import ImageSet
from gan.errors import LiveGANError
from gan.limits import MAX_REFERENCE_STATS
from gan.quality import classifier, memorization
from gan.quality.classifier import CLASSES, FEATURES, Classifier, Progress
from gan.recording import atomic_files, tensor_files
from gan.recording.atomic_files import DamagedRun

SHIPPED = Path(__file__).resolve().parent / "shipped" / "mnist.safetensors"
SEED = 1  # of classifiers fitted on first use
SAMPLE = 2000  # real images that represent all of them in pairwise comparisons


class ReferenceStatsError(LiveGANError):
    """The statistics of a data set cannot be read or written."""


@dataclass(frozen=True)
class Statistics:
    """Statistics of a classifier's features over a set of real images.

    Attributes:
        count: images in the set.
        sums: of their features; float64, 64.
        products: sum of the outer products of their features; float64, 64 x 64.
        features: those of SAMPLE of them, or of all if there are fewer; float32, SAMPLE x 64.
        shares: of the ten digits, by their labels; float32, 10.
    """

    count: int
    sums: Tensor
    products: Tensor
    features: Tensor
    shares: Tensor


@dataclass(frozen=True)
class ReferenceStats:
    """A classifier, its statistics over the training images, and the distances within which an image is a copy."""

    classifier: Classifier
    training: Statistics
    limits: Tensor


def statistics(network: Classifier, images: ImageSet) -> Statistics:
    """The statistics of the classifier's features over real images; half a second for 60,000."""
    features, _ = classifier.read(network, images.images)
    chosen = torch.randperm(len(features), generator=torch.Generator().manual_seed(0))[:SAMPLE]
    wide = features.double()
    shares = images.labels.bincount(minlength=CLASSES) / len(images)
    return Statistics(len(images), wide.sum(dim=0), wide.T @ wide, features[chosen], shares)


def make(images: ImageSet, progress: Progress, seed: int = SEED) -> ReferenceStats:
    """Fit a classifier to training images and compute the statistics; takes two minutes."""
    fitting = 0.9  # of the time
    network = classifier.fit(images, seed, lambda share, text: progress(fitting * share, text), classifier.EPOCHS)
    progress(fitting, f"Comparing {images.name} with one another.")
    return ReferenceStats(network, statistics(network, images), memorization.limits(images))


def path_of(dataset: str) -> Path:
    """The path of a data set's statistics, present or not."""
    return SHIPPED if dataset == "mnist" else image_sets.ROOT / TITLES[dataset] / "judge.safetensors"


def of(dataset: str, progress: Progress) -> ReferenceStats:
    """The statistics of a data set. Missing or damaged ones are computed and kept, except MNIST's.

    Raises:
        DataError: the data set is not on disk.
        ReferenceStatsError: MNIST's are missing or damaged, or new ones cannot be written.
    """
    path = path_of(dataset)
    try:
        return load(path)
    except ReferenceStatsError as error:
        if dataset == "mnist":
            raise ReferenceStatsError(
                f"{str(error)[:-1]}; restore it from the repository (git checkout gan/quality)."
            ) from None
    stats = make(image_sets.load(dataset, "train"), progress)
    try:
        save(stats, path)
    except OSError as error:
        raise ReferenceStatsError(
            f"The statistics of {TITLES[dataset]} could not be written: {error.strerror}."
        ) from None
    return stats


def save(stats: ReferenceStats, path: Path) -> int:
    """Write statistics to a file; returns its size in bytes. Raises OSError."""
    tensors = {f"classifier.{name}": value for name, value in stats.classifier.state_dict().items()}
    known = stats.training
    tensors |= {"count": torch.tensor(known.count), "sums": known.sums, "products": known.products}
    tensors |= {"features": known.features, "shares": known.shares, "limits": stats.limits}
    content = packed(tensors)
    atomic_files.write(path, content)
    return len(content)


def load(path: Path) -> ReferenceStats:
    """Read statistics from a file; raises `ReferenceStatsError`."""
    network = Classifier().eval().requires_grad_(False)
    try:
        content = atomic_files.read(path, MAX_REFERENCE_STATS)
        tensor_files.parse_header(content)
        tensors = unpacked(content)
        tensor_files.check_tensors(tensors)
        network.load_state_dict({name: tensors.pop(f"classifier.{name}") for name in network.state_dict()})
        training = Statistics(
            count=int(tensors["count"]),
            sums=tensors["sums"].view(FEATURES),
            products=tensors["products"].view(FEATURES, FEATURES),
            features=tensors["features"].view(-1, FEATURES),
            shares=tensors["shares"].view(CLASSES),
        )
        return ReferenceStats(network, training, tensors["limits"].view(CLASSES))
    except DamagedRun as error:
        raise ReferenceStatsError(str(error)) from None
    except Exception:  # safetensors and torch raise many kinds of errors for damaged bytes
        raise ReferenceStatsError(f"{path.name} is damaged.") from None
