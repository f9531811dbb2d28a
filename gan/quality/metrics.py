"""How good generated images are, by what a small classifier of digits sees in them and in real ones.

The figures compare runs within LiveGAN, and with nothing else: FID is usually measured on the features of the Inception
network, and this one is not.

How far the figures of the same generator lie apart (standard deviation over seeds), for MNIST:

    images   generator              FID              density          coverage
    2,000    lecture, epoch 10      19.02 +- 0.21    0.484 +- 0.008   0.210 +- 0.009
    2,000    lecture, epoch 100      8.27 +- 0.21    0.609 +- 0.011   0.536 +- 0.011
    2,000    (real test images)      0.25 +- 0.02    0.978 +- 0.009   0.960 +- 0.006
    10,000   lecture, epoch 10      18.95 +- 0.12    0.484 +- 0.004   0.215 +- 0.002
    10,000   lecture, epoch 100      8.19 +- 0.08    0.612 +- 0.006   0.538 +- 0.008
    10,000   (all test images)       0.12            0.975            0.962

Fewer images make FID a little larger: by 0.1 for 2,000 in place of 10,000.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import ConfigDict, Field
from torch import Tensor, nn

from gan.quality import classifier, memorization
from gan.quality.classifier import CLASSES, FEATURES
from gan.quality.feature_stats import Statistics
from gan.quality.reference import NEIGHBOURS, Reference
from gan.settings import Settings
from gan.training.networks import Generator
from gan.training.sampling import generate_images

Share = Annotated[float, Field(ge=0, le=1)]
CONFIDENT = 0.9  # the probability from which on a digit is read with confidence
MISSING = 0.1  # a digit is missing if its share is less than this much of what it is among the real images
COPIES = 128  # images in which copies are looked for while a run trains


class UnfitImages(ValueError):
    """Images that cannot be measured; the text is one sentence for the user."""


@dataclass(frozen=True)
class Quality:
    """How good `count` images are that were made from the random numbers of `seed`.

    Attributes:
        fid: Frechet distance between the features of these images and of the real ones; 0 is best.
        density: how many of the places where real images lie an image hits, against a real one; about 1 is best.
        coverage: the share of the real images with one of these in their neighbourhood; real test images reach 0.96.
        histogram: the share of the images that are read as 0, 1, ..., 9.
        missing: the digits that the run is shown and hardly ever makes.
        confident: the share of the images that are read with a probability of at least 0.9.
        copies: the share of the first `copies_of` images that are nearly copies of training images.
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


def measure(images: Tensor, reference: Reference, seed: int, copies_of: int | None = COPIES) -> Quality:
    """Measure N x 784 or N x 1 x 28 x 28 images, float from 0 to 1; 2,000 take 55 ms on one core.

    Args:
        seed: what the images were made from, to be noted.
        copies_of: how many of them are looked at for copies (None: all).

    Raises:
        UnfitImages: there are fewer than two, or some are not numbers or too far from real ones.
    """
    if len(images) < 2:
        raise UnfitImages("It takes at least two images to be measured.")
    features, logits = classifier.read(reference.classifier, images)
    if not features.isfinite().all():
        raise UnfitImages("The images are not numbers.")
    density, coverage = density_and_coverage(features, reference.real.features, reference.squared_radii)
    histogram = logits.argmax(dim=1).bincount(minlength=CLASSES).double() / len(images)
    probability = logits.softmax(dim=1).amax(dim=1)
    pixels = images[:copies_of].flatten(1).mul(255).round().byte()
    distance = fid(features, reference.real)
    if not math.isfinite(distance):
        raise UnfitImages("The images are too far from real ones to be measured.")
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
    )


def samples(generator: Generator, settings: Settings, count: int, seed: int) -> Tensor:
    """`count` images of a generator, N x 784 from 0 to 1 on the CPU: what `measure` takes."""
    images = generate_images(generator, settings, count, seed).flatten(1)
    return images if settings.scaling == "0..1" else images.add_(1).mul_(0.5)


def fid(features: Tensor, real: Statistics) -> float:
    """The Frechet distance (Heusel et al. 2017) between N x 64 features and the real ones, by torchmetrics."""
    from torchmetrics.image.fid import FrechetInceptionDistance  # imported here: it takes more than a second

    metric = FrechetInceptionDistance(_Features())
    metric.real_features_sum += real.sums
    metric.real_features_cov_sum += real.products
    metric.real_features_num_samples += real.count
    metric.update(features.double(), real=False)
    return max(float(metric.compute()), 0.0)  # rounding makes something like -1e-9 of 0


class _Features(nn.Identity):
    """Tells torchmetrics that what it is given are features already."""

    num_features = FEATURES


def density_and_coverage(features: Tensor, real: Tensor, squared_radii: Tensor) -> tuple[float, float]:
    """Density and coverage (Naeem et al. 2020) of M x 64 features, of real ones (N x 64) with their radii (N).

    More features than real ones are taken N at a time, and the figures averaged: all counts from N on compare,
    and fewer images cover less.
    """
    parts = features[: max(len(features) // len(real), 1) * len(real)].split(len(real))
    # |a - b|^2 < r^2 is written as |b|^2 - r^2 - 2 a.b < -|a|^2, so that one product of matrices tells
    constant = real.square().sum(dim=1) - squared_radii
    counts = []
    for part in parts:
        differences = torch.addmm(constant, part, real.T, alpha=-2)
        counts.append((differences < -part.square().sum(dim=1)[:, None]).sum(dim=0))
    hits = torch.stack(counts)
    return hits.sum().item() / (NEIGHBOURS * sum(map(len, parts))), (hits > 0).double().mean().item()
