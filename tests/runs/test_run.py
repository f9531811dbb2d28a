"""A run: from its start to its end, and commands that act between two batches."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import (
    BATCHES,
    ENDLESS,
    PATIENCE,
    SMALL,
    assert_as_if_in_one_go,
    assert_same_bits,
    figures,
    finish,
    in_one_go,
    reopened,
    saved_state,
    step,
    stop,
    wait_for,
    wait_for_batch,
    wait_until,
)
from running import MakeRun

from gan.errors import LiveGANError
from gan.recording import epochs, recovery
from gan.recording.commands import Pause, Resume, SetKnobs, Step, Stop
from gan.recording.run_file import read_run_file
from gan.runs.loop import Loop
from gan.runs.run import Run
from gan.settings import LIVE_KNOBS, SettingsError

# --- start to finish ---------------------------------------------------------------------------------------------


def test_a_run_trains_to_its_end_and_is_on_disk(new_run: MakeRun) -> None:
    run = new_run()
    wait_for(run, "finished")
    snapshot = run.snapshot()
    assert (snapshot.batch, snapshot.epoch, snapshot.batches_per_epoch) == (2 * BATCHES, 2, BATCHES)
    assert snapshot.grids == 2
    assert snapshot.saved is None
    assert snapshot.seconds > 0
    assert_as_if_in_one_go(run)
    assert epochs.numbers(run.folder) == [1, 2]
    for epoch in (1, 2):
        assert run.grid(epoch) == epochs.read_grid(run.folder, epoch) is not None
    assert run.grid(None) == run.grid(2)
    again = reopened(run)
    assert again.snapshot() == dataclasses.replace(snapshot, revision=0, rate=0.0, updated=again.snapshot().updated)
    np.testing.assert_array_equal(figures(again), figures(run))


def test_the_first_batch_is_as_good_as_the_seed_says_whatever_came_before(new_run: MakeRun) -> None:
    runs = [new_run(name=f"run-{number}") for number in range(3)]
    for run in runs:
        wait_for(run, "finished")
    for run in runs[1:]:
        np.testing.assert_array_equal(figures(run), figures(runs[0]))
        assert_same_bits(saved_state(run), saved_state(runs[0]))


def test_a_finished_run_goes_on_when_its_epochs_are_raised(new_run: MakeRun) -> None:
    run = new_run(SMALL.changed(epochs=1))
    wait_for(run, "finished")
    run.join()  # a command that comes before its thread has ended is taken, and changes nothing
    with pytest.raises(LiveGANError, match=r"^It has trained its 1 epoch; raise Epochs to go on\.$"):
        run.command(Resume())
    assert (run.snapshot().state, run.snapshot().batch) == ("finished", BATCHES)
    finish(run, 2)
    assert run.snapshot().batch == 2 * BATCHES
    assert_as_if_in_one_go(run)


def test_a_finished_run_says_why_there_is_nothing_left_to_train(new_run: MakeRun) -> None:
    done, timed = new_run(SMALL.changed(epochs=1), name="done"), new_run(ENDLESS.changed(seconds=1), name="timed")
    for run, sentence in (
        (done, "It has trained its 1 epoch; raise Epochs to go on."),
        (timed, "It has trained for its 1 second; raise Time limit to go on."),
    ):
        wait_for(run, "finished")
        assert run.snapshot().over == reopened(run).snapshot().over == sentence
        run.command(SetKnobs({"lr_g": 0.01}))  # it is woken, and still has nothing to train
        wait_until(functools.partial(rests_with, run, 0.01))
        assert (run.snapshot().state, run.snapshot().over) == ("finished", sentence)
        assert reopened(run).snapshot().settings.lr_g == 0.01
    done.command(SetKnobs({"epochs": 2}))
    wait_until(lambda: done.snapshot().over is None)


def rests_with(run: Run, lr_g: float) -> bool:
    return run.snapshot().settings.lr_g == lr_g and not run.active


def test_a_knob_that_comes_while_a_run_ends_leaves_it_finished_and_a_longer_one_goes_on(
    new_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run(SMALL.changed(epochs=1), paused=True)
    moves = [SetKnobs({"lr_g": 0.01}), SetKnobs({"epochs": 2})]
    finish_run = Loop._finish

    def asked_meanwhile(self: Loop, state: str, message: str = "") -> None:
        if moves:
            run.command(moves.pop(0), by="Blue 7")
        finish_run(self, state, message)

    monkeypatch.setattr(Loop, "_finish", asked_meanwhile)
    run.command(Resume())
    wait_until(lambda: run.snapshot().state in ("finished", "paused") and not moves)
    wait_until(lambda: run.snapshot().state == "finished" and run.snapshot().batch == 2 * BATCHES)
    moved = [(mark.batch, mark.knob, mark.by) for mark in run.snapshot().marks]
    assert moved == [(BATCHES, "lr_g", "Blue 7"), (BATCHES, "epochs", "Blue 7")]
    run.join()
    assert_as_if_in_one_go(run)


def test_a_run_that_is_stepped_to_its_end_has_finished(new_run: MakeRun) -> None:
    run = new_run(SMALL.changed(epochs=1), paused=True)
    for _ in range(BATCHES):
        run.command(Step())
    wait_for(run, "finished")
    assert run.snapshot().batch == BATCHES


# --- commands ----------------------------------------------------------------------------------------------------


def test_pause_stands_still_and_resume_goes_on(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    wait_for_batch(run, 5)
    run.command(Pause())
    wait_for(run, "paused")
    batch = run.snapshot().batch
    assert read_run_file(run.folder).batch == batch  # a pause is on disk
    assert read_run_file(run.folder).state == "paused"
    assert run.peek(lambda trainer: trainer.batch).result(timeout=PATIENCE) == batch
    assert run.snapshot().rate == 0
    run.command(Resume())
    wait_for_batch(run, batch + 5)
    assert run.snapshot().state == "running"


def test_a_stopped_run_is_woken_by_a_step_or_a_knob_and_stays_paused(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    wait_for_batch(run, 2)
    stop(run)
    batch = run.snapshot().batch
    run.command(Pause())  # it rests already
    run.command(Stop())
    assert not run.active or run.snapshot().state == "stopped"
    run.command(Step())
    wait_until(lambda: (run.snapshot().state, run.snapshot().batch) == ("paused", batch + 1))
    stop(run)
    run.command(SetKnobs({"lr_g": 0.01}))
    wait_until(lambda: run.snapshot().state == "paused" and run.snapshot().settings.lr_g == 0.01)
    assert run.snapshot().batch == batch + 1


def test_no_move_of_a_slider_ends_a_run_at_once(new_run: MakeRun) -> None:
    run = new_run(SMALL.changed(epochs=10_000))
    wait_until(lambda: run.snapshot().seconds >= 1 and run.snapshot().epoch >= 2)
    for values, sentence in (
        ({"seconds": 1}, r"^It has trained for \d+ seconds? already; choose a longer limit, or press Stop\.$"),
        ({"epochs": 2, "lr_g": 0.01}, r"^It has trained \d+ epochs already; choose more, or press Stop\.$"),
    ):
        with pytest.raises(LiveGANError, match=sentence):
            run.command(SetKnobs(values))
    run.command(SetKnobs({"seconds": 1000, "epochs": 9000}))
    run.command(SetKnobs({"seconds": 0}))  # no limit
    wait_until(lambda: run.snapshot().settings.epochs == 9000)
    stop(run)
    with pytest.raises(LiveGANError, match=r"^It has trained for \d+ seconds? already; choose a longer limit\.$"):
        run.command(SetKnobs({"seconds": 1}))
    assert run.snapshot().state == "stopped"
    moves = [command.values for command in run.record.commands if command.kind == "set"]
    assert not any(move.get("seconds") == 1 or move.get("epochs") == 2 for move in moves)


def has_reached(run: Run, batch: int) -> bool:
    return run.snapshot().batch >= batch


def test_a_command_on_the_heels_of_a_stop_is_not_lost(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    for _ in range(10):
        goal = run.snapshot().batch + 2
        run.command(Stop())
        run.command(Resume())
        wait_until(functools.partial(has_reached, run, goal))  # though it rests for a moment
    assert run.snapshot().state == "running"


def test_a_knob_leaves_its_mark_and_acts_from_the_next_batch_on(new_run: MakeRun) -> None:
    run = new_run(ENDLESS, paused=True)
    step(run, 3)
    run.command(SetKnobs({"lr_g": 0.003, "dropout": 0.1}))
    step(run, 2)
    run.command(SetKnobs({"latent_dim": 20}))
    step(run, 1)
    stop(run)
    marks = run.snapshot().marks
    assert [(mark.batch, mark.knob, mark.label, mark.before, mark.after) for mark in marks] == [
        (3, "lr_g", "Generator learning rate", 0.0002, 0.003),
        (3, "dropout", "Dropout", 0.5, 0.1),
        (5, "latent_dim", "Latent size", 8, 20),
    ]
    assert run.snapshot().settings == ENDLESS.changed(lr_g=0.003, dropout=0.1, latent_dim=20)
    assert reopened(run).snapshot().marks == marks
    assert_as_if_in_one_go(run)
    assert not np.array_equal(figures(run), in_one_go(ENDLESS, 6).rows)


def test_a_knob_set_to_what_it_is_leaves_no_mark(new_run: MakeRun) -> None:
    run = new_run(ENDLESS, paused=True)
    run.command(SetKnobs({"lr_g": ENDLESS.lr_g}))
    run.command(SetKnobs({"lr_g": ENDLESS.lr_g, "lr_d": 0.01}))
    stop(run)
    assert [mark.knob for mark in run.snapshot().marks] == ["lr_d"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"lr_g": 7}, r"Generator learning rate \(lr_g\) is 7; it must be a number from 1e-06 to 0.1\."),
        ({"lr_g": 0.01, "dropout": "much"}, r"Dropout \(dropout\) is 'much'; it must be a number from 0 to 0.95\."),
        ({"seed": 2}, r"Seed \(seed\) is fixed when a run starts; start a new run for it\."),
        ({"speed": 1}, r"There is no setting named 'speed'\."),
        ({"self": 1}, r"There is no setting named 'self'\."),
        ({}, r"No knob is named in this command\."),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence_and_nothing_changes(
    new_run: MakeRun, values: dict[str, object], sentence: str
) -> None:
    run = new_run(ENDLESS, paused=True)
    with pytest.raises(SettingsError, match=f"^{sentence}$"):
        run.command(SetKnobs(values))
    stop(run)
    assert run.snapshot().settings == ENDLESS
    assert run.snapshot().marks == ()


def test_every_knob_that_is_not_live_is_refused(new_run: MakeRun) -> None:
    run = new_run(ENDLESS, paused=True)
    for name, value in ENDLESS.model_dump().items():
        if name not in LIVE_KNOBS:
            with pytest.raises(SettingsError, match="is fixed when a run starts"):
                run.command(SetKnobs({name: value}))


def test_how_fast_it_goes_and_what_is_kept_is_recorded_but_leaves_no_mark_and_changes_no_bit(new_run: MakeRun) -> None:
    run = new_run(ENDLESS, paused=True)
    step(run, 2)
    values = {"pace": 900.0, "kept_epochs": 3, "full_every": 2}
    run.command(SetKnobs(values))
    step(run, 2)
    stop(run)
    assert run.snapshot().marks == reopened(run).snapshot().marks == ()
    assert run.snapshot().settings == reopened(run).snapshot().settings == ENDLESS.changed(**values)
    assert [command.values for command in run.record.commands if command.kind == "set"] == [values]
    np.testing.assert_array_equal(figures(run), in_one_go(ENDLESS, 4).rows)
    assert_same_bits(saved_state(run), in_one_go(ENDLESS, 4).state)


def test_a_new_run_is_on_disk_before_its_images_are_read(new_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill meanwhile leaves a run that can be resumed, not a damaged one."""
    written: list[bool] = []
    resume_point = recovery.resume_point

    def look(folder: Path, *rest: Any) -> recovery.ResumePoint:
        written.append((folder / "run.json").exists())
        return resume_point(folder, *rest)

    monkeypatch.setattr(recovery, "resume_point", look)
    wait_for(new_run(), "finished")
    assert written == [True]
