"""The measure: 0 for a set against itself, little for real images, and more with each step away from them."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchvision.transforms.v2 import functional as transforms

from gan.data import image_sets
from gan.data.image_sets import ALL_DIGITS, ImageSet
from gan.errors import LiveGANError
from gan.quality import classifier, feature_stats, metrics
from gan.quality.feature_stats import statistics
from gan.quality.metrics import Quality, labels_to_measure, measure, samples
from gan.quality.reference import Reference, compared, reference
from gan.settings import Settings, parse
from gan.training.networks import Generator

COUNT = 2000
REAL = 0.35  # what the FID of 2,000 real test images stays below; that of the lecture's run ends at 8.3
SUBSET = parse({"digits": [3, 7]})
SMALL = parse({"latent_dim": 6, "g_hidden": [16]})


@functools.cache
def real_images(*digits: int) -> Tensor:
    """2,000 test images of these digits (of all), from 0 to 1, in random order: the first half is by neater writers."""
    everything = image_sets.load("mnist", "all")
    images = everything.images[60_000:][torch.isin(everything.labels[60_000:], torch.tensor(digits or ALL_DIGITS))]
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0)).repeat(COUNT // len(images) + 1)
    return images[order[:COUNT]] / 255


@functools.cache
def training_images() -> Reference:
    return reference(Settings())


def judged(images: Tensor, copies_of: int = 1) -> Quality:
    return measure(images, training_images(), 0, copies_of)


def noise() -> Tensor:
    return torch.rand(COUNT, 784, generator=torch.Generator().manual_seed(0))


# --- what is it for real images, and for none --------------------------------------------------------------------


def test_a_set_against_itself_is_perfect() -> None:
    everything = image_sets.load("mnist", "train")
    some = ImageSet(everything.images[:COUNT], everything.labels[:COUNT], "some")
    itself = compared(feature_stats.load(feature_stats.SHIPPED), some, ALL_DIGITS)
    found = measure(some.images / 255, itself, 0, None)
    assert found.fid == pytest.approx(0, abs=1e-6)
    assert (found.coverage, found.copies, found.missing) == (1, 1, ())
    assert found.density > 1  # each image is in its own neighbourhood, too


def test_real_images_are_near_perfect() -> None:
    found = judged(real_images(), copies_of=COUNT)
    assert 0 < found.fid < REAL
    assert found.density == pytest.approx(1, abs=0.05)
    assert found.coverage > 0.94
    assert found.confident > 0.97
    assert found.copies < 0.02
    assert found.missing == ()
    assert found.histogram == pytest.approx([0.1] * 10, abs=0.02)
    assert sum(found.histogram) == pytest.approx(1)


def noised(images: Tensor, amount: float) -> Tensor:
    rng = torch.Generator().manual_seed(0)
    return (images + amount * torch.randn(images.shape, generator=rng)).clamp(0, 1)


def blurred(images: Tensor, sigma: float) -> Tensor:
    result: Tensor = transforms.gaussian_blur(images, [15, 15], [sigma])
    return result


def shifted(images: Tensor, pixels: float) -> Tensor:
    result: Tensor = transforms.affine(images, angle=0, translate=[pixels, 0], scale=1, shear=[0, 0])
    return result


def one_repeated(images: Tensor, share: float) -> Tensor:
    """The first image in place of this share of them."""
    count = int(share * len(images))
    return torch.cat([images[:1].expand(count, -1, -1, -1), images[count:]])


def without(_images: Tensor, digits: float) -> Tensor:
    """As many images, without this many of the digits."""
    return real_images(*range(10 - int(digits)))


STEPS: dict[Callable[[Tensor, float], Tensor], tuple[float, ...]] = {
    noised: (0.1, 0.2, 0.3, 0.5, 1),
    blurred: (0.5, 0.75, 1, 1.5, 2, 3),
    shifted: (1, 2, 3, 4, 5),
    without: (1, 2, 3, 4, 5, 6, 7, 8, 9),
    one_repeated: (0.05, 0.1, 0.25, 0.5, 0.75, 1),
}


@pytest.mark.parametrize("worsen", STEPS)
def test_it_gets_worse_step_by_step(worsen: Callable[[Tensor, float], Tensor]) -> None:
    found = [judged(real_images())] + [judged(worsen(real_images(), step)) for step in STEPS[worsen]]
    assert all(before.fid * 1.2 < after.fid for before, after in itertools.pairwise(found))
    assert all(before.coverage > after.coverage for before, after in itertools.pairwise(found[1:]))


def test_noise_is_worst() -> None:
    """Worse than images of which a little can still be made out."""
    found = judged(noise())
    worst = [judged(worsen(real_images(), STEPS[worsen][-1])).fid for worsen in (noised, blurred, shifted)]
    assert found.fid > 1.3 * max(worst)
    assert max(found.density, found.coverage, found.confident) < 0.1


# --- digits ------------------------------------------------------------------------------------------------------


def test_missing_digits_are_named() -> None:
    found = judged(real_images(0, 1, 2, 3, 4, 5, 8))
    assert found.missing == (6, 7, 9)
    assert max(found.histogram[digit] for digit in found.missing) < 0.01


def test_a_digit_that_is_hardly_ever_made_is_missing() -> None:
    nines, others = real_images(9), real_images(*range(9))
    scarce, few = 12, 40  # of 2,000 images; a tenth of the real share of nines would be 20
    assert judged(torch.cat([nines[:scarce], others[scarce:]])).missing == (9,)
    assert judged(torch.cat([nines[:few], others[few:]])).missing == ()


def test_a_subset_of_the_digits_is_compared_with_the_same_subset() -> None:
    subset, images = reference(SUBSET), real_images(3, 7)
    found = measure(images, subset, 0, 1)
    assert found.fid < REAL < 10 < judged(images).fid
    assert found.missing == ()
    assert found.coverage > 0.9
    assert measure(real_images(3), subset, 0, 1).missing == (7,)


# --- is it computed right ----------------------------------------------------------------------------------------


def features_of(images: Tensor) -> Tensor:
    return classifier.read(training_images().classifier, images)[0]


def numbers(features: Tensor) -> NDArray[np.float64]:
    return features.double().numpy()


def plain_fid(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """|m_a - m_b|^2 + tr(A + B - 2 (A B)^(1/2)) as it is written, with the square root taken of A^(1/2) B A^(1/2)."""
    values, vectors = np.linalg.eigh(np.cov(a.T))
    root = vectors @ np.diag(np.sqrt(values.clip(0))) @ vectors.T
    roots = np.sqrt(np.linalg.eigvalsh(root @ np.cov(b.T) @ root).clip(0))
    difference = a.mean(axis=0) - b.mean(axis=0)
    return float(difference @ difference + np.trace(np.cov(a.T)) + np.trace(np.cov(b.T)) - 2 * roots.sum())


@pytest.mark.parametrize("images", [real_images, noise, lambda: blurred(real_images(), 2)])
def test_fid_is_the_formula_and_torchmetrics(images: Callable[[], Tensor]) -> None:
    everything = image_sets.load("mnist", "train")
    original = features_of(everything.images[:10_000])
    some = ImageSet(everything.images[:10_000], everything.labels[:10_000], "some")
    made = features_of(images())
    ours = metrics.fid(made, statistics(training_images().classifier, some))
    assert ours == pytest.approx(plain_fid(numbers(original), numbers(made)), rel=1e-6, abs=1e-6)

    network = nn.Identity()
    network.num_features = torch.tensor(64)
    metric = FrechetInceptionDistance(network)
    metric.update(original.double(), real=True)
    metric.update(made.double(), real=False)
    assert ours == pytest.approx(metric.compute().item(), rel=1e-6, abs=1e-6)


def test_density_and_coverage_are_those_of_the_paper() -> None:
    """Transcribed from the definitions of Naeem et al. 2020, equations 2 and 3."""
    original = training_images().real.features
    made = features_of(shifted(real_images(), 1))
    reals, fakes = numbers(original), numbers(made)
    distances = np.stack([np.linalg.norm(fakes - one, axis=1) for one in reals])
    radii = np.stack([np.sort(np.linalg.norm(reals - one, axis=1))[5] for one in reals])
    inside = distances < radii[:, None]
    density, coverage = metrics.density_and_coverage(made, original, training_images().squared_radii)
    assert density == pytest.approx(inside.sum(axis=0).mean() / 5, abs=1e-4)
    assert coverage == pytest.approx(inside.any(axis=1).mean(), abs=1e-3)


def test_density_and_coverage_of_more_images_compare() -> None:
    """They are averages over as many at a time as there are real ones; what is left over does not count."""
    original, radii = training_images().real.features, training_images().squared_radii
    first, second = features_of(real_images()), features_of(shifted(real_images(), 2))
    each = [metrics.density_and_coverage(some, original, radii) for some in (first, second)]
    together = metrics.density_and_coverage(torch.cat([first, second, first[:100]]), original, radii)
    assert together == pytest.approx(np.mean(each, axis=0))


def test_the_shipped_statistics_are_those_of_the_training_images() -> None:
    shipped, images = training_images().real, image_sets.load("mnist", "train")
    again = statistics(training_images().classifier, images)
    assert shipped.count == len(images)
    for name in ("sums", "products", "features", "shares"):
        assert torch.allclose(getattr(shipped, name), getattr(again, name), rtol=1e-4, atol=1e-3), name


@pytest.mark.parametrize("images", [torch.rand(1, 784), torch.full((200, 784), torch.nan)])
def test_what_cannot_be_measured_is_one_sentence(images: Tensor) -> None:
    with pytest.raises(LiveGANError, match=r"^[A-Z].*\.$"):
        judged(images)


def test_the_figures_are_plain_json() -> None:
    found = judged(real_images()[:200], copies_of=50)
    again = json.loads(json.dumps(dataclasses.asdict(found)))
    assert (again["count"], again["seed"], again["copies_of"]) == (200, 0, 50)
    assert Quality(**again | {"histogram": tuple(again["histogram"]), "missing": tuple(again["missing"])}) == found


# --- samples -----------------------------------------------------------------------------------------------------


def a_generator(settings: Settings) -> Generator:
    output = "tanh" if settings.scaling == "-1..1" else "sigmoid"
    rng = torch.Generator().manual_seed(3)
    return Generator(settings.latent_dim, hidden=settings.g_hidden, output=output, rng=rng)  # type: ignore[arg-type]


@pytest.mark.parametrize("scaling", ["-1..1", "0..1"])
def test_samples_are_images_from_0_to_1(scaling: str) -> None:
    settings = SMALL.changed(scaling=scaling)
    generator = a_generator(settings).eval()
    images = samples(generator, settings, 1500, seed=5)
    assert images.shape == (1500, 784)
    z = torch.randn(1000, 6, generator=torch.Generator().manual_seed(5))
    expected = generator(z).flatten(1) / (1 if scaling == "0..1" else 2) + (0 if scaling == "0..1" else 0.5)
    assert torch.allclose(images[:1000], expected, atol=1e-6)
    assert torch.equal(images, samples(generator, settings, 1500, seed=5))
    assert not torch.equal(images, samples(generator, settings, 1500, seed=6))


def test_taking_samples_changes_nothing_of_a_run() -> None:
    generator, state = a_generator(SMALL).train(), torch.get_rng_state()
    first, second = (samples(generator, SMALL, 100, seed=1) for _ in range(2))
    assert torch.equal(first, second)  # no dropout
    assert generator.training
    assert not first.requires_grad
    measure(first, training_images(), 1)
    assert torch.equal(torch.get_rng_state(), state)


# --- chosen digits -----------------------------------------------------------------------------------------------


def test_what_is_read_as_asked_is_counted_for_each_digit() -> None:
    everything = image_sets.load("mnist", "all")
    images, labels = everything.images[60_000:61_000] / 255, everything.labels[60_000:61_000].long()
    asked = labels.clone()
    asked[labels == 4] = 9  # fours that were to be nines
    found = measure(images, training_images(), 0, 1, asked).as_asked
    assert found is not None
    fours, nines = (labels == 4).sum().item(), (labels == 9).sum().item()
    assert found[4] is None  # no four was asked for
    assert found[9] == pytest.approx(nines / (nines + fours), abs=0.03)
    assert all(share is not None and share > 0.95 for digit, share in enumerate(found) if digit not in (4, 9))


def test_a_conditional_generator_is_asked_for_digits_in_the_proportion_of_its_images() -> None:
    real = reference(SUBSET)
    labels = labels_to_measure(SUBSET.changed(conditional="on"), real, 1000, 0)
    assert labels is not None
    sevens = 6265 / (6131 + 6265)
    assert labels.bincount(minlength=10).tolist() == pytest.approx(
        [1000 * {3: 1 - sevens, 7: sevens}.get(digit, 0) for digit in range(10)], abs=1
    )
    assert labels_to_measure(SUBSET, real, 1000, 0) is None
