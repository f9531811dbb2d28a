"""`python -m gan evaluate` and `classifier`, run as a user runs them, in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from gan.__main__ import main
from gan.data import image_sets
from gan.data.image_sets import ImageSet
from gan.quality import classifier, feature_stats
from gan.recording import epochs, weights_file
from gan.runs.registry import ROOT
from gan.settings import Settings

LECTURE = ROOT / "checkpoints" / "lecture"


def result(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What a command prints: one JSON object on one line."""
    assert main(arguments) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1
    return dict(json.loads(printed[0]))


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is printed when a command is refused: one line, status 2."""
    assert main(arguments) == 2
    printed = capsys.readouterr().err.strip().splitlines()
    assert len(printed) == 1
    return printed[0]


def test_the_newest_weights_are_judged(capsys: pytest.CaptureFixture[str]) -> None:
    found = result(capsys, "evaluate", "lecture", "--count", "2000")
    expected = {"name": "lecture", "epoch": 100, "batch": 46_900, "weights": "raw", "count": 2000, "seed": 0}
    assert expected.items() <= found.items()
    assert found["fid"] == pytest.approx(8.6, abs=0.3)
    assert found["copies_of"] == 2000
    assert len(found["histogram"]) == 10
    assert {"density", "coverage", "missing", "confident", "copies", "seconds"} <= found.keys()


def test_the_lectures_run_gets_better(capsys: pytest.CaptureFixture[str]) -> None:
    found = [
        result(capsys, "evaluate", "lecture", "--count", "500", "--epoch", epoch) for epoch in ("1", "5", "20", "100")
    ]
    assert [one["epoch"] for one in found] == [1, 5, 20, 100]
    assert [one["fid"] for one in found] == sorted((one["fid"] for one in found), reverse=True)
    assert [one["coverage"] for one in found] == sorted(one["coverage"] for one in found)
    assert found[0]["missing"]
    assert not found[-1]["missing"]


def test_a_seed_gives_the_same_figures(capsys: pytest.CaptureFixture[str]) -> None:
    first, again, other = (
        result(capsys, "evaluate", "lecture", "--count", "100", "--seed", seed) | {"seconds": 0} for seed in "334"
    )
    assert first == again
    assert first["fid"] != other["fid"]


def test_averaged_weights_are_preferred(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path))
    early, settings, batch = epochs.read(LECTURE, 1)
    late, _, _ = epochs.read(LECTURE, 100)
    better = {name.replace("generator.", "averaged."): value for name, value in late.items() if "generator." in name}
    epochs.write(tmp_path / "both", 1, weights_file.pack(early | better, settings, batch, 1))
    averaged = result(capsys, "evaluate", "both", "--count", "500", "--epoch", "1")
    raw = result(capsys, "evaluate", "both", "--count", "500", "--epoch", "1", "--raw")
    assert (averaged["weights"], raw["weights"]) == ("averaged", "raw")
    assert averaged["fid"] < 15 < 60 < raw["fid"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody"], "There is no run named 'nobody'; `python -m gan runs` lists them."),
        (["../data"], "There is no run named '../data'"),
        (["lecture", "--epoch", "6"], "Run lecture cannot be evaluated: the weights of epoch 6 are not kept."),
        (["lecture", "--epoch", "-1"], "Run lecture cannot be evaluated: the weights of epoch -1 are not kept."),
        (["lecture", "--count", "99"], "--count is 99; it must be a whole number from 100 to 60000."),
        (["lecture", "--count", "60001"], "--count is 60001; it must be a whole number from 100 to 60000."),
        (["lecture", "--seed", "-1"], "--seed is -1; it must be a whole number from 0 to 2147483647."),
    ],
)
def test_bad_input_is_one_sentence(capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str) -> None:
    assert sentence in refusal(capsys, "evaluate", *arguments)


def test_weights_that_are_not_numbers_are_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path))
    weights, settings, batch = epochs.read(LECTURE, 1)
    lost = {name: torch.full_like(value, torch.nan) for name, value in weights.items()}
    epochs.write(tmp_path / "lost", 1, weights_file.pack(lost, settings, batch, 1))
    assert refusal(capsys, "evaluate", "lost", "--epoch", "1") == (
        "livegan: Run lost cannot be evaluated: 00001.safetensors does not hold the weights of an epoch: "
        "discriminator.linears.0.bias holds numbers that are not finite."
    )


def test_a_run_without_its_data_set_is_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path))
    load = image_sets.load
    monkeypatch.setattr(image_sets, "load", lambda *which, root=tmp_path: load(*which, root=tmp_path))
    weights, _, batch = epochs.read(LECTURE, 1)
    epochs.write(tmp_path / "clothes", 1, weights_file.pack(weights, Settings(dataset="fashion"), batch, 1))
    assert "FashionMNIST is not on this computer yet" in refusal(capsys, "evaluate", "clothes", "--epoch", "1")


def test_the_classifier_is_made_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = image_sets.load("mnist", "all")
    ends = {"train": 2000, "all": 3000}
    few = {split: ImageSet(everything.images[:end], everything.labels[:end], split) for split, end in ends.items()}
    monkeypatch.setattr(image_sets, "load", lambda _, split: few[split])
    monkeypatch.setattr(classifier, "EPOCHS", 3)
    monkeypatch.setattr(feature_stats, "SHIPPED", tmp_path / "mnist.safetensors")
    found = result(capsys, "classifier", "--seed", "3")
    made = feature_stats.load(feature_stats.SHIPPED)
    test = ImageSet(everything.images[2000:3000], everything.labels[2000:3000], "test")
    assert found["test_accuracy"] == pytest.approx(classifier.accuracy(made.classifier, test), abs=1e-6)
    assert found["bytes"] == feature_stats.SHIPPED.stat().st_size
    assert found["seconds"] > 0
