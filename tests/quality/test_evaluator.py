"""Measuring runs while they train and afterwards: every epoch has its score, and no bit of a run changes by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import SMALL, assert_same_bits, saved_state, wait_until

from gan.quality import evaluator
from gan.quality.classifier import Progress
from gan.quality.evaluator import EvaluationRequest, Evaluator
from gan.quality.feature_stats import ReferenceStatsError
from gan.quality.metrics import measure, samples
from gan.quality.reference import reference
from gan.quality.scores import Scores
from gan.recording import epochs
from gan.recording.weights import generator_of
from gan.runs.queue import TrainingQueue
from gan.runs.registry import RunRegistry
from gan.runs.run import Run
from gan.settings import Settings

NORMED = SMALL.changed(g_norm="batch", ema_decay=0.9, epochs=3)


@pytest.fixture
def one() -> Iterator[Evaluator]:
    evaluator = Evaluator()
    yield evaluator
    evaluator.close()


def train(folder: Path, evaluator: Evaluator | None) -> Run:
    run = Run.new(folder, NORMED, TrainingQueue(1), evaluator)
    run.launch()
    run.join()
    return run


@pytest.fixture
def measured(tmp_path: Path, one: Evaluator, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr("gan.quality.evaluator.SHARE", 1e9)  # no epoch is passed over for its cost
    run = train(tmp_path / "measured", one)
    one.measure_all(run.scores, run.folder)  # those that the run was ahead of
    wait_until(lambda: len(run.scores.all) == 3)
    return run


def test_each_epoch_has_the_score_of_its_kept_weights(measured: Run) -> None:
    assert [(score.epoch, score.batch) for score in measured.scores.all] == [(1, 13), (2, 26), (3, 39)]
    for score in measured.scores.all:
        weights, settings, _ = epochs.read(measured.folder, score.epoch)
        images = samples(generator_of(weights, settings), settings, evaluator.LIVE_COUNT, evaluator.SEED)
        assert score.quality == measure(images, reference(settings), evaluator.SEED)
        assert score.averaged
    assert Scores(measured.folder).all == measured.scores.all


def test_no_bit_of_a_run_changes_by_being_measured(measured: Run, tmp_path: Path) -> None:
    left_alone = train(tmp_path / "left-alone", None)
    assert left_alone.scores.all == ()
    assert_same_bits(saved_state(measured), saved_state(left_alone))
    assert (measured.series.rows(0, 39) == left_alone.series.rows(0, 39)).all()


def test_a_run_that_is_ahead_is_measured_at_its_newest(tmp_path: Path, one: Evaluator) -> None:
    """Epochs of 20 ms would cost more to measure than to train; when the run rests its last one is measured."""
    run = train(tmp_path / "fast", one)
    wait_until(lambda: run.scores.all and run.scores.all[-1].epoch == 3)


def test_a_run_whose_time_is_up_within_an_epoch_is_measured_there(tmp_path: Path, one: Evaluator) -> None:
    settings = SMALL.changed(epochs=10_000, batch_size=16, seconds=1)  # 392 batches an epoch
    run = Run.new(tmp_path / "timed", settings, TrainingQueue(1), one)
    run.launch()
    run.join()
    now = run.snapshot()
    assert now.state == "finished"
    assert 1.0 <= now.seconds < 1.5
    wait_until(lambda: run.scores.all and run.scores.all[-1].batch == now.batch)


def test_what_is_in_the_way_is_said(tmp_path: Path, one: Evaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    run = train(tmp_path / "damaged", None)
    epochs.path_of(run.folder, 1).write_bytes(b"")
    one.measure_all(run.scores, run.folder)
    wait_until(lambda: run.scores.progress.note)
    assert run.scores.progress.note.startswith("Epoch 1 cannot be measured: 00001.safetensors")

    def fail(*_: object) -> None:
        raise ReferenceStatsError("Nothing can be measured.")

    monkeypatch.setattr("gan.quality.evaluator.reference", fail)
    other = train(tmp_path / "other", one)
    wait_until(lambda: other.scores.progress.note == "Nothing can be measured.")


def test_it_can_be_closed_while_a_classifier_is_fitted(
    tmp_path: Path, one: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fits_for_ever(_: Settings, progress: Progress) -> None:
        while True:
            progress(0.5, "Fitting a classifier:")

    monkeypatch.setattr("gan.quality.evaluator.reference", fits_for_ever)
    run = train(tmp_path / "run", one)
    wait_until(lambda: run.scores.progress.note == "Fitting a classifier: 50%")
    one.close()
    assert run.scores.all == ()


def test_weights_of_a_future_that_is_void_get_no_score(tmp_path: Path, one: Evaluator) -> None:
    run = train(tmp_path / "run", None)
    weights, settings, batch = epochs.read(run.folder, 3)
    request = EvaluationRequest(run.scores, weights, settings, batch, 3, run.scores.line, lambda: True)
    run.scores.go_back(26)
    one.submit(request)
    one.submit(replace(request, batch=26, epoch=2, line=run.scores.line))
    one.close(finish=True)
    assert [score.batch for score in run.scores.all] == [26]


def test_a_lab_measures_its_runs_and_branches_keep_what_they_share(tmp_path: Path) -> None:
    registry = RunRegistry(tmp_path)
    run = registry.start(NORMED.changed(epochs=2, full_every=1), "parent")
    run.join()
    registry.measure("parent")
    wait_until(lambda: len(run.scores.all) == 2)
    branch = registry.branch("parent", 1, {"lr_g": 0.001}, "branch")
    branch.join()
    assert branch.scores.all[0] == run.scores.all[0]
    registry.close(measure=True)
    assert branch.scores.all[-1].batch == 26
    assert branch.scores.all[-1].quality != run.scores.all[-1].quality
