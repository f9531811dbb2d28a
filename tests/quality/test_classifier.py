"""The classifier that judges: how well it reads, that a seed makes it, and what is said of a file that is not whole."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from gan.data import image_sets
from gan.data.image_sets import ALL_DIGITS, ImageSet
from gan.quality import classifier, feature_stats, reference
from gan.quality.classifier import Classifier, accuracy, fit, moved, read
from gan.quality.feature_stats import ReferenceStats, ReferenceStatsError
from gan.settings import Settings, parse

everything = image_sets.load("mnist", "all")
TEST = ImageSet(everything.images[60_000:], everything.labels[60_000:], "MNIST, test images")
FEW = ImageSet(everything.images[:2000], everything.labels[:2000], "two thousand")
FASHION = parse({"dataset": "fashion"})


def silent(_share: float, _sentence: str) -> None:
    pass


@functools.cache
def shipped() -> ReferenceStats:
    return feature_stats.load(feature_stats.SHIPPED)


@functools.cache
def fitted() -> Classifier:
    return fit(FEW, seed=1, progress=silent, epochs=4)


# --- the one that ships ------------------------------------------------------------------------------------------


def test_it_reads_ninety_nine_test_images_in_a_hundred() -> None:
    assert accuracy(shipped().classifier, TEST) >= 0.99


def test_it_ships_in_two_megabytes() -> None:
    assert feature_stats.SHIPPED.stat().st_size < 2e6


def test_its_features_vary_by_one() -> None:
    known = shipped().training
    variance = known.products.diagonal() / known.count - (known.sums / known.count) ** 2
    assert variance.mean() == pytest.approx(1, rel=1e-3)


def test_bytes_and_numbers_read_the_same() -> None:
    images = TEST.images[:1200]  # more than it reads at once
    features, logits = read(shipped().classifier, images)
    assert (features.shape, logits.shape) == ((1200, 64), (1200, 10))
    for same in (images / 255, (images / 255).flatten(1)):
        assert torch.allclose(read(shipped().classifier, same)[0], features, atol=1e-4)
    one, _ = read(shipped().classifier, images[1111:1112])
    assert torch.allclose(one[0], features[1111], atol=1e-4)


# --- a new one ---------------------------------------------------------------------------------------------------


def test_it_learns() -> None:
    assert accuracy(fitted(), TEST) > 0.75  # from 2,000 images in four epochs


def test_a_seed_makes_it() -> None:
    state, before = fitted().state_dict(), torch.get_rng_state()
    again = fit(FEW, seed=1, progress=silent, epochs=4).state_dict()
    other = fit(FEW, seed=2, progress=silent, epochs=1).state_dict()
    assert all(torch.equal(state[name], again[name]) for name in state)
    assert not any(torch.equal(state[name], other[name]) for name in state)
    assert torch.equal(torch.get_rng_state(), before)


def test_it_tells_how_far_it_is_and_can_be_ended() -> None:
    told: list[float] = []

    def progress(share: float, sentence: str) -> None:
        assert sentence == "Learning to read two thousand."
        told.append(share)
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(FEW, seed=1, progress=progress, epochs=10)
    assert told == sorted(told)
    assert 0 < told[0] < 0.5 < told[-1] < 0.7


def test_images_are_moved_a_little() -> None:
    """By at most two pixels each way: more by turning and stretching, which leave the middle where it is."""
    dot = torch.zeros(200, 1, 29, 29)
    dot[:, :, 14, 14] = 1
    places = moved(dot, torch.Generator().manual_seed(1))[:, 0].flatten(1).argmax(dim=1)
    rows, columns = places // 29 - 14, places % 29 - 14
    assert rows.abs().max() == columns.abs().max() == 2
    assert len(places.unique()) > 20


def test_unmoved_images_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TURN", "SHIFT", "STRETCH"):
        monkeypatch.setattr(classifier, name, 0.0)
    images = TEST.images[:100] / 255
    assert torch.allclose(moved(images, torch.Generator()), images, atol=1e-4)


# --- files -------------------------------------------------------------------------------------------------------


def test_a_judge_is_written_and_read_back(tmp_path: Path) -> None:
    size = feature_stats.save(shipped(), tmp_path / "judge.safetensors")
    again = feature_stats.load(tmp_path / "judge.safetensors")
    assert size == (tmp_path / "judge.safetensors").stat().st_size
    assert again.training.count == 60_000
    assert torch.equal(again.limits, shipped().limits)
    assert torch.equal(again.training.products, shipped().training.products)
    assert torch.equal(read(again.classifier, TEST.images[:9])[1], read(shipped().classifier, TEST.images[:9])[1])


WHOLE = feature_stats.SHIPPED.read_bytes()


@pytest.mark.parametrize(
    ("content", "fault"),
    [(None, "is missing"), (b"", "is damaged"), (WHOLE[:-1], "is damaged"), (b"\xff" * 16 + WHOLE[16:], "is damaged"),
     (save({"classifier.conv1.weight": torch.zeros(1)}), "is damaged")],
    ids=["missing", "empty", "cut", "head", "other"],
)  # fmt: skip
def test_a_file_that_is_not_whole_is_one_sentence(
    content: bytes | None, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feature_stats, "SHIPPED", tmp_path / "mnist.safetensors")
    if content is not None:
        feature_stats.SHIPPED.write_bytes(content)
    with pytest.raises(ReferenceStatsError) as caught:
        feature_stats.of("mnist", silent)
    assert str(caught.value) == f"mnist.safetensors {fault}; restore it from the repository (git checkout gan/quality)."


# --- data sets that come without one -----------------------------------------------------------------------------


@pytest.fixture
def fashion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where FashionMNIST's judge will be, in an empty data folder; a few digits stand for its images."""

    def load(dataset: str, split: str, digits: Sequence[int] = ALL_DIGITS, root: Path = tmp_path) -> ImageSet:
        assert (dataset, split) == ("fashion", "train")  # never the test images
        return FEW

    monkeypatch.setattr(image_sets, "load", load)
    monkeypatch.setattr(image_sets, "ROOT", tmp_path)
    monkeypatch.setattr(classifier, "EPOCHS", 1)
    monkeypatch.setattr(reference, "_known", {})
    return tmp_path / "FashionMNIST" / "judge.safetensors"


def test_another_data_set_gets_its_own_on_first_use(fashion: Path) -> None:
    told: list[tuple[float, str]] = []
    assert not reference.ready(FASHION)
    first = reference.reference(FASHION, lambda *report: told.append(report))
    assert reference.ready(FASHION)
    assert fashion.is_file()
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert {sentence for _, sentence in told} == {
        "Learning to read two thousand.",
        "Comparing two thousand with one another.",
    }
    assert first.real.count == 2000
    told.clear()
    assert reference.reference(FASHION, lambda *report: told.append(report)) is first
    feature_stats.of("fashion", lambda *report: told.append(report))
    assert told == []


def test_a_damaged_one_of_its_own_is_made_again(fashion: Path) -> None:
    fashion.parent.mkdir()
    fashion.write_bytes(b"damaged")
    made = feature_stats.of("fashion", silent)
    assert torch.equal(feature_stats.load(fashion).training.sums, made.training.sums)


def test_one_that_cannot_be_kept_is_one_sentence(fashion: Path) -> None:
    fashion.parent.write_text("a file where the folder should be")
    with pytest.raises(ReferenceStatsError, match=r"^The statistics of FashionMNIST could not be written: .*\.$"):
        feature_stats.of("fashion", silent)


def test_only_the_newest_references_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "_known", {})
    monkeypatch.setattr(reference, "REMEMBERED", 1)
    settings = [Settings(), parse({"digits": [7]})]
    first = [reference.reference(one) for one in settings]
    assert reference.reference(settings[1]) is first[1]
    assert reference.reference(settings[0]) is not first[0]
