"""A run in trouble: what diverges, fails or cannot be saved is told, and none of it changes a bit of what goes on."""

from __future__ import annotations

import shutil
import time
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch
from helpers import (
    BATCHES,
    ENDLESS,
    PATIENCE,
    SMALL,
    assert_as_if_in_one_go,
    assert_same_bits,
    finish,
    full_disk,
    go_on_to,
    in_one_go,
    read_only,
    reopened,
    saved_state,
    step,
    stop,
    wait_for,
    wait_for_batch,
    wait_until,
)
from running import MakeRun

from gan.recording import epochs, writer
from gan.recording.commands import Resume, SetKnobs, Step, Stop
from gan.recording.replay import replay_run
from gan.recording.run_file import read_run_file
from gan.runs import set_aside
from gan.runs.run import Run
from gan.training.trainer import Trainer

# --- trouble -----------------------------------------------------------------------------------------------------


def poison(trainer: Trainer) -> None:
    """Make the next loss NaN."""
    *_, bias = trainer.discriminator.parameters()
    bias.data.fill_(float("nan"))


def assert_diverges(run: Run, command: Resume | Stop | None = None) -> None:
    """Ask a run to resume, or for something else; its training then ends, and not as it was asked to."""
    run.command(command or Resume())
    wait_until(lambda: not run.active)
    assert run.snapshot().state == "diverged"


def test_a_diverged_run_says_so_and_keeps_its_last_good_checkpoint(new_run: MakeRun) -> None:
    run = new_run(ENDLESS, paused=True)
    step(run, 4)
    run.peek(poison).result(timeout=PATIENCE)
    assert_diverges(run)
    snapshot = run.snapshot()
    assert snapshot.message == "A loss was no longer a finite number at batch 5; the last good checkpoint is kept."
    again = reopened(run)
    assert (again.snapshot().state, again.snapshot().message) == ("diverged", snapshot.message)
    assert_same_bits(saved_state(run), in_one_go(ENDLESS, 4).state)


def test_weights_that_are_no_numbers_are_not_checkpointed(new_run: MakeRun) -> None:
    """The losses of the last batch were finite, but a pause, a stop or an epoch's end comes before the next ones."""
    run = new_run(ENDLESS, paused=True)
    step(run, 1)
    run.peek(poison).result(timeout=PATIENCE)
    assert_diverges(run, Stop())
    assert_same_bits(saved_state(run), in_one_go(ENDLESS, 1).state)


def test_a_diverged_run_goes_on_from_its_checkpoint_once_the_knob_is_lowered(new_run: MakeRun) -> None:
    start = ENDLESS.changed(loss="least-squares", optimizer_d="sgd", d_hidden=[256, 256], batch_size=128, dropout=0.0)
    run = new_run(start, paused=True)
    step(run, 3)
    run.command(SetKnobs({"lr_d": 0.1, "momentum_d": 0.99}))
    assert_diverges(run)

    again = reopened(run)  # as after a restart; what made it diverge is not played again
    again.command(SetKnobs({"lr_d": 0.001}))
    again.command(Resume())
    batch = read_run_file(run.folder).batch
    wait_for_batch(again, batch + 8)
    stop(again)
    assert [(mark.knob, mark.after) for mark in again.snapshot().marks if mark.batch >= batch][-1] == ("lr_d", 0.001)
    assert_as_if_in_one_go(again)


def test_what_a_diverged_run_came_to_after_its_checkpoint_is_gone_once_it_goes_another_way(
    new_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "CHECKPOINT_EVERY", 1e9)
    run = new_run(ENDLESS, paused=True)
    step(run, 3)
    run.command(Resume())
    wait_for_batch(run, 2 * BATCHES + 1)
    run.peek(poison).result(timeout=PATIENCE)
    wait_until(lambda: not run.active)
    folder = run.folder
    assert (run.snapshot().state, read_run_file(folder).batch) == ("diverged", 3)
    assert epochs.numbers(folder)[:2] == [1, 2]  # to be looked at
    assert run.grid(2) is not None
    run.command(SetKnobs({"lr_g": 0.00001}))
    go_on_to(run, BATCHES + 1)
    assert run.snapshot().grids == 1
    assert epochs.numbers(folder) == [1]
    assert run.grid(2) is None
    assert epochs.numbers(set_aside.path_of(folder, 1))[:2] == [1, 2]  # none of it is lost
    stop(run)
    assert_as_if_in_one_go(run)


def test_a_run_that_diverges_again_and_again_sets_the_same_aside_once(
    new_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "CHECKPOINT_EVERY", 1e9)
    run = new_run(ENDLESS, paused=True)
    step(run, 3)
    for _ in range(3):
        run.pause_at(2 * BATCHES)
        run.command(Resume())
        wait_until(lambda: run.snapshot().batch == 2 * BATCHES)
        run.peek(poison).result(timeout=PATIENCE)
        assert_diverges(run)
    assert len(set_aside.numbers(run.folder)) <= 1


def test_an_error_in_the_thread_ends_this_run_with_one_sentence_and_others_go_on(
    new_run: MakeRun, caplog: pytest.LogCaptureFixture
) -> None:
    other, run = new_run(ENDLESS, "other"), new_run(ENDLESS, "broken", paused=True)
    wait_for(run, "paused")
    run.peek(lambda trainer: delattr(trainer, "optimizer_g")).result(timeout=PATIENCE)
    run.command(Resume())
    wait_until(lambda: not run.active)
    assert run.snapshot().state == "failed"
    assert run.snapshot().message == "Training ended by an error (AttributeError); the log has the details."
    assert "Traceback" in caplog.text
    batch = other.snapshot().batch
    wait_for_batch(other, batch + 3)
    run.command(Resume())  # from its checkpoint, with what it lost
    wait_for_batch(run, 3)


def test_a_failed_start_tells_the_reason(new_run: MakeRun) -> None:
    missing = "cuda" if torch.backends.mps.is_available() else "mps"  # no machine has both
    run = new_run(ENDLESS.changed(device=missing))
    wait_for(run, "failed")
    assert run.snapshot().message == f"This machine has no {missing} device; choose auto or cpu."
    assert reopened(run).snapshot().state == "failed"


# --- a disk that refuses -----------------------------------------------------------------------------------------

OFTEN_SAVED = ENDLESS.changed(full_every=1)  # a checkpoint at the end of each epoch


def assert_survives(run: Run) -> None:
    """Told, and gone on: two more epochs, a command, and the last epoch's images from memory."""
    epoch = run.snapshot().epoch
    run.command(SetKnobs({"lr_g": 0.001 + epoch / 1e6}))
    wait_for_batch(run, (epoch + 2) * BATCHES + 1)
    assert run.snapshot().state == "running"
    assert run.grid(run.snapshot().epoch) is not None


def assert_made_up_for(run: Run, since: int) -> None:
    """All that was not saved is on disk, but for the weights of epochs since this one."""
    wait_until(lambda: run.snapshot().saved is None)
    stop(run)
    assert_as_if_in_one_go(run)
    folder = run.folder
    assert all(epochs.read_grid(folder, epoch) for epoch in range(1, run.snapshot().epoch + 1))
    assert {*range(1, since)} <= {*epochs.numbers(folder)}
    again = reopened(run)
    assert again.snapshot().message == ""
    assert again.snapshot().marks == run.snapshot().marks
    assert replay_run(run.folder).passed


def assert_survives_and_recovers(run: Run, refusing: AbstractContextManager[None], reason: str) -> None:
    """The run says why it is not being saved, goes on, and saves all that it can once the disk no longer refuses."""
    with refusing:
        wait_until(lambda: run.snapshot().saved is not None)
        saved, since = run.snapshot().saved, run.snapshot().epoch
        assert_survives(run)
    assert saved == f"This run is not being saved: {reason}. It goes on, and saving is tried again."
    assert_made_up_for(run, since)


def test_on_a_full_disk_it_goes_on_and_says_so_and_recovers(new_run: MakeRun) -> None:
    run = new_run(OFTEN_SAVED)
    wait_for_batch(run, BATCHES)
    assert_survives_and_recovers(run, full_disk(), "File too large")


def test_in_a_folder_that_may_not_be_written_it_goes_on_and_says_so_and_recovers(
    new_run: MakeRun, public_path: Path
) -> None:
    run = new_run(OFTEN_SAVED, public_path / "demo")
    wait_for_batch(run, BATCHES + 1)
    assert_survives_and_recovers(run, read_only(public_path / "demo"), "Permission denied")


def test_a_folder_that_cannot_be_made_is_told_before_the_first_checkpoint(new_run: MakeRun, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    run = new_run(ENDLESS.changed(batch_size=1), "file/demo")  # 6,265 batches to the end of the epoch
    wait_for_batch(run, 1)
    assert "Not a directory" in str(run.snapshot().saved)


def test_stopped_while_the_disk_refuses_it_goes_on_from_memory(new_run: MakeRun, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    run = new_run(OFTEN_SAVED, "file/demo")
    wait_for_batch(run, BATCHES + 3)
    run.command(SetKnobs({"lr_g": 0.001}))
    stop(run)
    batch = run.snapshot().batch
    run.command(Resume())
    wait_for_batch(run, batch + 3)
    (tmp_path / "file").unlink()
    assert_made_up_for(run, 0)
    assert [mark.knob for mark in run.snapshot().marks] == ["lr_g"]


def is_gone(folder: Path) -> bool:
    """Remove a folder; False if somebody has put a file there meanwhile."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def test_a_folder_that_is_removed_under_a_run_is_written_again(new_run: MakeRun) -> None:
    """All but the images and weights of the epochs so far: the record can make those again."""
    run = new_run(OFTEN_SAVED)
    run.command(SetKnobs({"lr_g": 0.002}))
    wait_for_batch(run, 2 * BATCHES)
    run.command(Step("d"))
    wait_for(run, "paused")
    run.command(Resume())
    wait_until(lambda: is_gone(run.folder))
    gone_at = run.snapshot().epoch
    run.command(SetKnobs({"dropout": 0.2}))
    wait_for_batch(run, (gone_at + 2) * BATCHES)
    stop(run)
    assert run.snapshot().saved is None
    assert_as_if_in_one_go(run)
    assert run.grid(run.snapshot().epoch) is not None
    assert [mark.knob for mark in run.snapshot().marks] == ["lr_g", "step_d", "dropout"]
    assert replay_run(run.folder).passed
    again = reopened(run)
    assert (again.snapshot().message, again.snapshot().marks) == ("", run.snapshot().marks)
    finish(again, run.snapshot().epoch + 1)
    assert_as_if_in_one_go(again)


# --- a clock that goes back --------------------------------------------------------------------------------------


def test_the_systems_clock_may_go_back(new_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is in the order of the batches; a time is only for people to read."""
    run = new_run(SMALL.changed(full_every=1), paused=True)
    began = time.monotonic()
    monkeypatch.setattr(time, "time", lambda: 1e9 - 3600 * (time.monotonic() - began))  # an hour a second, backwards
    step(run, 2)
    run.command(SetKnobs({"lr_g": 0.002}))
    step(run, 2, "g")
    stop(run)
    again = reopened(run)
    again.command(SetKnobs({"lr_g": 0.003}))
    finish(again, 2)
    times = [command.time for command in again.record.commands]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) > 1
    assert [(mark.batch, mark.after) for mark in again.snapshot().marks] == [
        (2, 0.002),
        (2, None),
        (3, None),
        (4, 0.003),
    ]
    assert_as_if_in_one_go(again)
    assert reopened(again).snapshot().marks == again.snapshot().marks
    assert replay_run(again.folder).passed
