"""The quality of generated images, by comparing a small digit classifier's features of them and of real images.

Compare these figures within LiveGAN only: FID usually uses features of the Inception network, and this one does not.

Figures of the same generator vary with the seed of its noise (mean +- standard deviation), for MNIST:

    images   generator              FID              density          coverage
    2,000    lecture, epoch 10      19.02 +- 0.21    0.484 +- 0.008   0.210 +- 0.009
    2,000    lecture, epoch 100      8.27 +- 0.21    0.609 +- 0.011   0.536 +- 0.011
    2,000    (real test images)      0.25 +- 0.02    0.978 +- 0.009   0.960 +- 0.006
    10,000   lecture, epoch 10      18.95 +- 0.12    0.484 +- 0.004   0.215 +- 0.002
    10,000   lecture, epoch 100      8.19 +- 0.08    0.612 +- 0.006   0.538 +- 0.008
    10,000   (all test images)       0.12            0.975            0.962

Fewer images raise FID a little: 2,000 instead of 10,000 add 0.1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import ConfigDict, Field
from torch import Tensor, nn

from gan.errors import LiveGANError
from gan.quality import classifier, memorization
from gan.quality.classifier import CLASSES, FEATURES
from gan.quality.feature_stats import Statistics
from gan.quality.reference import NEIGHBOURS, Reference
from gan.settings import Settings
from gan.training.sampling import generate_images, labels_in_proportion

Share = Annotated[float, Field(ge=0, le=1)]
CONFIDENT = 0.9  # the lowest probability of a confident reading
MISSING = 0.1  # a digit is missing if its share is below this fraction of its share among real images
COPIES = 128  # images searched for copies while a run trains


@dataclass(frozen=True)
class Quality:
    """The quality of `count` images made from the random numbers of `seed`.

    Attributes:
        fid: Frechet distance between the features of these images and of the real ones; 0 is best.
        density: how many neighbourhoods of real images an image lies in, relative to a real image; about 1 is best.
        coverage: the share of the real images with one of these in their neighbourhood; real test images reach 0.96.
        histogram: the shares of the images read as 0, 1, ..., 9.
        missing: digits that the run learns from but hardly ever makes.
        confident: the share of the images read with a probability of at least 0.9.
        copies: the share of the first `copies_of` images that are nearly copies of training images.
        as_asked: of a conditional run, for each digit the share of its images that are read as that digit; None for
            digits that were not asked for.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)  # when read from a file

    count: Annotated[int, Field(ge=2, le=10**9)]
    seed: Annotated[int, Field(ge=0, lt=2**64)]
    fid: Annotated[float, Field(ge=0)]
    density: Annotated[float, Field(ge=0, le=10**9)]
    coverage: Share
    histogram: Annotated[tuple[Share, ...], Field(min_length=CLASSES, max_length=CLASSES)]
    missing: Annotated[tuple[Annotated[int, Field(ge=0, lt=CLASSES)], ...], Field(max_length=CLASSES)]
    confident: Share
    copies: Share
    copies_of: Annotated[int, Field(ge=0, le=10**9)]
    as_asked: Annotated[tuple[Share | None, ...], Field(min_length=CLASSES, max_length=CLASSES)] | None = None


def measure(
    images: Tensor, reference: Reference, seed: int, copies_of: int | None = COPIES, labels: Tensor | None = None
) -> Quality:
    """Measure N x 784 or N x 1 x 28 x 28 images, float from 0 to 1; 2,000 take 55 ms on one core.

    Args:
        seed: the seed of the images, to be noted.
        copies_of: how many of them are searched for copies (None: all).
        labels: the digits that were asked for, if any.

    Raises:
        LiveGANError: there are fewer than two, or some hold NaN or are too far from real ones.
    """
    if len(images) < 2:
        raise LiveGANError("It takes at least two images to be measured.")
    features, logits = classifier.read(reference.classifier, images)
    if not features.isfinite().all():
        raise LiveGANError("The images are not numbers.")
    density, coverage = density_and_coverage(features, reference.real.features, reference.squared_radii)
    read = logits.argmax(dim=1)
    histogram = read.bincount(minlength=CLASSES).double() / len(images)
    probability = logits.softmax(dim=1).amax(dim=1)
    pixels = images[:copies_of].flatten(1).mul(255).round().byte()
    distance = fid(features, reference.real)
    if not math.isfinite(distance):
        raise LiveGANError("The images are too far from real ones to be measured.")
    return Quality(
        count=len(images),
        seed=seed,
        fid=distance,
        density=density,
        coverage=coverage,
        histogram=tuple(histogram.tolist()),
        missing=tuple(d for d in reference.digits if histogram[d] < MISSING * reference.real.shares[d]),
        confident=(probability >= CONFIDENT).double().mean().item(),
        copies=memorization.are_copies(pixels, reference.originals).double().mean().item(),
        copies_of=len(pixels),
        as_asked=None if labels is None else as_asked(read, labels),
    )


def as_asked(read: Tensor, labels: Tensor) -> tuple[float | None, ...]:
    """For each digit the share of the images asked to be it that are read as it; None if none was asked to be it."""
    asked, right = (each.bincount(minlength=CLASSES).tolist() for each in (labels, labels[read == labels]))
    return tuple(hits / count if count else None for hits, count in zip(right, asked, strict=True))


def labels_to_measure(settings: Settings, reference: Reference, count: int, seed: int) -> Tensor | None:
    """The digits to ask a conditional generator for, in the proportion of the run's images; None for any other."""
    if settings.conditional == "off":
        return None
    return labels_in_proportion(reference.real.shares.tolist(), count, seed)


def samples(generator: nn.Module, settings: Settings, count: int, seed: int, labels: Tensor | None = None) -> Tensor:
    """`count` images of a generator, N x 784 from 0 to 1 on the CPU, as input for `measure`."""
    images = generate_images(generator, settings, count, seed, labels).flatten(1)
    return images if settings.scaling == "0..1" else images.add_(1).mul_(0.5)


def fid(features: Tensor, real: Statistics) -> float:
    """The Frechet distance (Heusel et al. 2017) between N x 64 features and the real ones, by torchmetrics."""
    from torchmetrics.image.fid import FrechetInceptionDistance  # imported here: the import takes more than a second

    metric = FrechetInceptionDistance(_Features())
    metric.real_features_sum += real.sums
    metric.real_features_cov_sum += real.products
    metric.real_features_num_samples += real.count
    metric.update(features.double(), real=False)
    return max(float(metric.compute()), 0.0)  # rounding turns 0 into values such as -1e-9


class _Features(nn.Identity):
    """Tells torchmetrics that its input already consists of features."""

    num_features = FEATURES


def density_and_coverage(features: Tensor, real: Tensor, squared_radii: Tensor) -> tuple[float, float]:
    """Density and coverage (Naeem et al. 2020) of M x 64 features, of real ones (N x 64) with their radii (N).

    If M exceeds N, averages the figures of groups of N: this makes all counts from N on comparable, while fewer
    images cover less.
    """
    parts = features[: max(len(features) // len(real), 1) * len(real)].split(len(real))
    # |a - b|^2 < r^2, rewritten as |b|^2 - r^2 - 2 a.b < -|a|^2, takes one matrix product
    constant = real.square().sum(dim=1) - squared_radii
    counts = []
    for part in parts:
        differences = torch.addmm(constant, part, real.T, alpha=-2)
        counts.append((differences < -part.square().sum(dim=1)[:, None]).sum(dim=0))
    hits = torch.stack(counts)
    return hits.sum().item() / (NEIGHBOURS * sum(map(len, parts))), (hits > 0).double().mean().item()
