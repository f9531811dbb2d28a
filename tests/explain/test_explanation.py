"""The detectors on recorded runs: each finds its fault, and none finds one in the runs that come with LiveGAN."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gan.bench.detectors import FAULTS, Recording, raised, shipped_recording
from gan.explain.evidence import Evidence, settings_at
from gan.explain.explanation import DETECTORS, EVERY, HOLD, NAMES, Explainer, found, standing
from gan.explain.finding import Finding
from gan.explain.in_the_game import turning_points
from gan.explain.line import line
from gan.explain.repeats import repeats
from gan.quality import scores
from gan.recording.marks import Mark
from gan.recording.metric_history import MetricHistory
from gan.runs.registry import ROOT
from gan.settings import KNOBS, Settings, parse
from gan.training.own_networks import OwnNetworks
from gan.training.trainer import Trainer

RECORDED = Path(__file__).parents[1] / "fixtures" / "explained"


def recorded(name: str) -> Recording:
    """A run that `python -m gan bench --detectors` recorded."""
    fault, stem = FAULTS[name], name.replace(" ", "-")
    rows = np.load(RECORDED / f"{stem}.npy")
    kept = RECORDED / f"{stem}.json"
    measured = list(scores.unpacked(kept.read_bytes())) if kept.exists() else []
    per_epoch = -(-(fault.images or 60_000) // parse(fault.values).batch_size)
    return Recording(parse(fault.values), per_epoch, MetricHistory(rows), measured, repeats=fault.own is None)


def explained(recording: Recording, batch: int) -> dict[str, Any]:
    return Explainer().explain(
        recording.settings, batch, recording.batches_per_epoch, recording.series.rows(0, batch), recording.scores, (),
        recording.repeats,
    )  # fmt: skip


def test_every_detector_has_a_run_that_shows_its_fault() -> None:
    assert set(NAMES) == set(FAULTS)
    assert len(DETECTORS) == 12


@pytest.mark.parametrize("name", NAMES)
def test_a_detector_fires_on_the_run_that_shows_its_fault(name: str) -> None:
    recording = recorded(name)
    assert raised(recording)["raised"][name] <= FAULTS[name].within


@pytest.mark.parametrize("name", NAMES)
def test_a_warning_says_what_it_saw_and_its_remedy_is_a_change_of_knobs(name: str) -> None:
    recording = recorded(name)
    at = raised(recording)["raised"][name]
    e = Evidence(recording.settings, at, recording.batches_per_epoch, recording.series.rows(0, at),
                 tuple(one for one in recording.scores if one.batch <= at), recording.repeats)  # fmt: skip
    finding = found(e)[name]
    for text in (finding.saw, finding.why, finding.advice):
        assert text.endswith(".")
        assert "nan" not in text.split()
    now = recording.settings.model_dump()
    for knob, value in finding.remedy.items():
        assert KNOBS[knob].live
        assert KNOBS[knob].allows(value)
        assert now[knob] != value
    recording.settings.changed(**finding.remedy)
    assert bool(finding.remedy) == bool(finding.label) == (name != "dropout while sampling")


@pytest.mark.parametrize("name", ["lecture", "sharp", "chosen"])
def test_nothing_is_raised_on_the_runs_that_come_with_livegan(name: str) -> None:
    recording = shipped_recording(ROOT / "checkpoints" / name)
    assert raised(recording)["raised"] == {}


def test_the_sentence_says_who_is_ahead_and_how_the_images_are() -> None:
    recording = shipped_recording(ROOT / "checkpoints" / "lecture")
    told = explained(recording, 4690)
    text = "".join(part["text"] for part in told["line"])
    assert text.startswith("The discriminator spots 8")
    assert "the generator is behind, and the images get better: FID fell by" in text
    assert text.endswith("in the last 5 epochs.")
    assert told["figures"]["epoch"] == 10
    assert {part["figure"] for part in told["line"]} == {None, "accuracy", "fid"}


@pytest.mark.parametrize("loss", ["non-saturating", "minimax", "least-squares", "wasserstein", "relativistic"])
@pytest.mark.parametrize("batch", [0, 1, 30])
def test_there_is_a_sentence_for_every_loss_from_the_first_batch_on(loss: str, batch: int) -> None:
    rows = np.full((batch, 4), 0.5, np.float32)
    parts = line(Evidence(Settings(loss=loss), batch, 469, rows, ()))
    assert "".join(part.text for part in parts).endswith(".")


# --- warnings stay ---------------------------------------------------------------------------------------------------


def one(name: str) -> dict[str, Finding]:
    return {name: Finding(name, name, "", "", "", "fid", "fid")}


def names(fired: dict[int, dict[str, Finding]]) -> list[str]:
    return [finding.name for finding in standing(fired)]


def test_a_warning_is_raised_when_its_cause_shows_at_two_checks_in_a_row() -> None:
    assert names({0: {}, 1: one("swinging"), 2: {}}) == []
    assert names({0: {}, 1: one("swinging"), 2: one("swinging")}) == ["swinging"]


def test_a_raised_warning_stays_while_its_cause_comes_and_goes() -> None:
    assert names({0: one("swinging"), 1: one("swinging"), 2: {}, 3: {}}) == ["swinging"]
    assert names({0: one("swinging"), 1: one("swinging"), 2: one("diverging"), 3: one("diverging")}) == [
        "diverging", "swinging",
    ]  # fmt: skip


def test_a_warning_goes_when_its_cause_is_gone_for_a_while_and_an_old_batch_says_what_it_said() -> None:
    bad = recorded("generator ahead")
    raised_at = raised(bad)["raised"]["generator ahead"]
    good = shipped_recording(ROOT / "checkpoints" / "lecture").series.rows(4000, 6000)
    rows = np.concatenate([bad.series.rows(0, raised_at), good])
    mixed = Recording(bad.settings, 469, MetricHistory(rows))
    live = Explainer()
    told = {}
    for batch in range(0, len(rows), 25):
        told[batch] = live.explain(mixed.settings, batch, 469, rows[:batch], (), ())["standing"]
    assert "generator ahead" in told[raised_at // 50 * 50 + (HOLD - 1) * EVERY]
    assert told[max(told)] == []
    for batch in (raised_at // 25 * 25, raised_at // 25 * 25 + 500, max(told)):
        assert explained(mixed, batch)["standing"] == told[batch]


def test_the_settings_of_a_batch_are_those_before_the_later_changes() -> None:
    marks = (Mark(10, "lr_g", "", 0.1, 0.05), Mark(20, "lr_g", "", 0.05, 0.01), Mark(20, "step_d", "", None, None))
    now = Settings(lr_g=0.01)
    assert [settings_at(now, marks, batch).lr_g for batch in (1, 10, 11, 20, 21)] == [0.1, 0.1, 0.05, 0.05, 0.01]


@pytest.mark.parametrize(
    ("course", "turns"), [([], 0), ([0, 40, 10, 60], 3), ([0, 20, 5, 25], 0), ([0, 40, 30, 80], 1)]
)
def test_turning_points(course: list[float], turns: int) -> None:
    assert max(0, len(turning_points(course, 30)) - 1) == turns


# --- random numbers while sampling -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("own", "same"), [(None, True), (FAULTS["dropout while sampling"].own, False)])
def test_a_generator_whose_dropout_stays_on_is_found_out(own: OwnNetworks | None, same: bool) -> None:
    trainer = Trainer(Settings(digits=(1,)), own)
    state = torch.get_rng_state()
    assert repeats(trainer.sample, trainer.fixed_noise) is same
    assert torch.equal(torch.get_rng_state(), state)
