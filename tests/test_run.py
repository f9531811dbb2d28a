"""A run: commands act between two batches, its bits do not depend on who looks or waits, its trouble is its own."""

from __future__ import annotations

import functools
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import (
    BATCHES,
    ENDLESS,
    SMALL,
    assert_same_bits,
    figures,
    full_disk,
    replayed,
    wait_for,
    wait_for_batch,
    wait_until,
)
from torch import Tensor

from gan import checkpoint
from gan.run import Run, RunError
from gan.settings import LIVE_KNOBS, Settings, SettingsError
from gan.slots import Slots
from gan.trainer import Trainer

MakeRun = Callable[..., Run]


@pytest.fixture
def new_run(tmp_path: Path) -> Iterator[MakeRun]:
    """Makes and launches runs; all of them are ended after the test."""
    runs: list[Run] = []

    def make(
        settings: Settings = SMALL, name: str = "demo", *, paused: bool = False, slots: Slots | None = None
    ) -> Run:
        run = Run.new(tmp_path / name, settings, slots or Slots(4))
        runs.append(run)
        run.launch(paused=paused)
        return run

    yield make
    for run in runs:
        run.shut_down()
    for run in runs:
        run.join()


def reopened(run: Run) -> Run:
    return Run.open(run.keeper.folder, Slots(1))


def saved_state(run: Run) -> dict[str, Tensor]:
    return checkpoint.read_state(run.keeper.folder, checkpoint.read(run.keeper.folder))


def step(run: Run, batches: int) -> None:
    """Train so many batches one by one, and wait until it is paused again."""
    goal = run.snapshot().batch + batches
    for _ in range(batches):
        run.command("step")
    wait_until(lambda: (run.snapshot().state, run.snapshot().batch) == ("paused", goal))


def has_passed(run: Run, batch: int) -> bool:
    return run.snapshot().batch > batch


def has_moved(run: Run, batch: int) -> bool:
    """Whether it has come further than this batch, or does not train."""
    return has_passed(run, batch) or run.snapshot().state != "running"


def assert_as_if_in_one_go(run: Run) -> None:
    """Figures and weights of a run at rest are those of its settings and marks, trained without a pause."""
    snapshot = run.snapshot()
    rows, state = replayed(run.keeper.run_file.initial_settings, snapshot.marks, snapshot.batch)
    np.testing.assert_array_equal(figures(run), rows)
    assert_same_bits(saved_state(run), state)


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
    for epoch in (1, 2):
        assert run.grid(epoch) == checkpoint.read_grid(run.keeper.folder, epoch) is not None
    assert run.grid(None) == run.grid(2)
    again = reopened(run)
    assert again.snapshot().state == "finished"
    assert again.snapshot().batch == 2 * BATCHES
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
    run.command("resume")
    wait_until(lambda: not run.active)
    assert run.snapshot().state == "finished"
    run.command("set", {"epochs": 2})
    run.command("resume")
    wait_until(lambda: not run.active)
    assert run.snapshot().batch == 2 * BATCHES
    assert_as_if_in_one_go(run)


# --- commands ----------------------------------------------------------------------------------------------------


def test_a_step_is_exactly_one_batch(new_run: MakeRun) -> None:
    run = new_run(ENDLESS, paused=True)
    wait_for(run, "paused")
    assert run.snapshot().batch == 0
    for _ in range(3):
        step(run, 1)
    step(run, 4)
    run.command("stop")
    wait_for(run, "stopped")
    assert run.snapshot().batch == 7
    assert_as_if_in_one_go(run)


def test_a_step_pauses_a_run_that_trains(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    wait_for_batch(run, 3)
    run.command("step")
    wait_for(run, "paused")


def test_pause_stands_still_and_resume_goes_on(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    wait_for_batch(run, 5)
    run.command("pause")
    wait_for(run, "paused")
    batch = run.snapshot().batch
    assert checkpoint.read(run.keeper.folder).batch == batch  # a pause is on disk
    assert checkpoint.read(run.keeper.folder).state == "paused"
    assert run.peek(lambda trainer: trainer.batch).result(timeout=30) == batch
    assert run.snapshot().rate == 0
    run.command("resume")
    wait_for_batch(run, batch + 5)
    assert run.snapshot().state == "running"


def test_a_stopped_run_is_woken_by_a_step_or_a_knob_and_stays_paused(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    wait_for_batch(run, 2)
    run.command("stop")
    wait_for(run, "stopped")
    batch = run.snapshot().batch
    run.command("pause")  # it rests already
    run.command("stop")
    assert not run.active or run.snapshot().state == "stopped"
    run.command("step")
    wait_until(lambda: (run.snapshot().state, run.snapshot().batch) == ("paused", batch + 1))
    run.command("stop")
    wait_for(run, "stopped")
    run.command("set", {"lr_g": 0.01})
    wait_until(lambda: run.snapshot().state == "paused" and run.snapshot().settings.lr_g == 0.01)
    assert run.snapshot().batch == batch + 1


def test_a_command_on_the_heels_of_a_stop_is_not_lost(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    for _ in range(10):
        batch = run.snapshot().batch
        run.command("stop")
        run.command("resume")
        wait_until(functools.partial(has_passed, run, batch + 1))  # though it rests for a moment
    assert run.snapshot().state == "running"


def test_a_knob_leaves_its_mark_and_acts_from_the_next_batch_on(new_run: MakeRun) -> None:
    run = new_run(ENDLESS, paused=True)
    step(run, 3)
    run.command("set", {"lr_g": 0.003, "dropout": 0.1})
    step(run, 2)
    run.command("set", {"latent_dim": 20})
    step(run, 1)
    run.command("stop")
    wait_for(run, "stopped")
    marks = run.snapshot().marks
    assert [(mark.batch, mark.knob, mark.label, mark.before, mark.after) for mark in marks] == [
        (3, "lr_g", "Generator learning rate", 0.0002, 0.003),
        (3, "dropout", "Dropout", 0.5, 0.1),
        (5, "latent_dim", "Latent size", 8, 20),
    ]
    assert run.snapshot().settings == ENDLESS.changed(lr_g=0.003, dropout=0.1, latent_dim=20)
    assert reopened(run).snapshot().marks == marks
    assert_as_if_in_one_go(run)
    assert not np.array_equal(figures(run), replayed(ENDLESS, [], 6)[0])


def test_a_knob_set_to_what_it_is_leaves_no_mark(new_run: MakeRun) -> None:
    run = new_run(ENDLESS, paused=True)
    run.command("set", {"lr_g": ENDLESS.lr_g})
    run.command("set", {"lr_g": ENDLESS.lr_g, "lr_d": 0.01})
    run.command("stop")
    wait_for(run, "stopped")
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
        run.command("set", values)
    run.command("stop")
    wait_for(run, "stopped")
    assert run.snapshot().settings == ENDLESS
    assert run.snapshot().marks == ()


def test_every_knob_that_is_not_live_is_refused(new_run: MakeRun) -> None:
    run = new_run(ENDLESS, paused=True)
    for name, value in ENDLESS.model_dump().items():
        if name not in LIVE_KNOBS:
            with pytest.raises(SettingsError, match="is fixed when a run starts"):
                run.command("set", {name: value})


def test_an_unknown_command_is_refused(new_run: MakeRun) -> None:
    with pytest.raises(
        RunError, match=r"^There is no command 'explode'; it must be one of pause, resume, step, stop, set"
    ):
        new_run(ENDLESS, paused=True).command("explode")


# --- looking changes nothing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_paused_stepped_peeked_at_and_stopped_at_random_equals_one_that_ran_through(
    new_run: MakeRun, seed: int
) -> None:
    dice = random.Random(seed)
    run = new_run(SMALL.changed(epochs=6))
    for _ in range(40):
        kind = dice.choice(["pause", "resume", "step", "stop", "resume", "peek", "preview", "grid", "batch"])
        match kind:
            case "peek":
                run.peek(lambda trainer: trainer.sample() is None or trainer.state())
            case "preview":
                run.preview_wanted = True
            case "grid":
                run.grid(None)
            case "batch":
                wait_until(functools.partial(has_moved, run, run.snapshot().batch))
            case _:
                run.command(kind)
    run.command("resume")
    wait_until(lambda: run.snapshot().batch == 6 * BATCHES and run.snapshot().state == "finished")
    run.join()
    assert_as_if_in_one_go(run)


def test_readers_see_consistent_snapshots_while_it_trains(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    wrong: list[str] = []
    done = threading.Event()

    def read() -> None:
        before = run.snapshot()
        while not done.is_set():
            now = run.snapshot()
            rows = run.series.rows(0, now.batch)
            if len(rows) != now.batch or not np.isfinite(rows).all():
                wrong.append(f"batch {now.batch} has {len(rows)} rows")
            if now.batches_per_epoch > 1 and now.epoch != now.batch // now.batches_per_epoch:
                wrong.append(f"epoch {now.epoch} at batch {now.batch}")
            if now.batch < before.batch or now.revision < before.revision:
                wrong.append("it went back")
            before = now

    reader = threading.Thread(target=read)
    reader.start()
    wait_for_batch(run, 3 * BATCHES)
    run.command("set", {"latent_dim": 3})
    wait_for_batch(run, 5 * BATCHES)
    done.set()
    reader.join()
    assert wrong == []


def test_the_preview_is_of_the_weights_at_its_batch(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    wait_for_batch(run, 3)
    run.preview_wanted = True
    wait_until(lambda: run.preview is not None)
    preview = run.preview
    assert preview is not None
    trainer = Trainer(ENDLESS)
    for _ in range(preview.batch):
        trainer.step()
    np.testing.assert_array_equal(preview.images.numpy(), trainer.sample().numpy())


def test_a_look_that_fails_is_the_problem_of_who_looks(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    answer = run.peek(lambda trainer: 1 // (trainer.batch - trainer.batch))
    with pytest.raises(ZeroDivisionError):
        answer.result(timeout=30)
    batch = run.snapshot().batch
    wait_for_batch(run, batch + 3)


def test_a_look_that_nobody_waits_for_any_more_does_no_harm(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    for _ in range(50):
        run.peek(lambda trainer: trainer.batch).cancel()
    assert run.peek(lambda trainer: trainer.batch).result(timeout=30) >= 0


def test_a_look_at_a_run_that_rests_is_cancelled(new_run: MakeRun) -> None:
    run = new_run(ENDLESS, paused=True)
    run.command("stop")
    late = [run.peek(lambda trainer: trainer.batch) for _ in range(20)]
    wait_until(lambda: not run.active)
    assert all(answer.done() for answer in late)
    with pytest.raises(CancelledError):
        run.peek(lambda trainer: trainer.batch).result(timeout=0)


# --- the queue ---------------------------------------------------------------------------------------------------


def test_one_at_a_time_the_second_waits_visibly_until_the_first_pauses(new_run: MakeRun) -> None:
    slots = Slots(1)
    first = new_run(ENDLESS, "first", slots=slots)
    wait_for_batch(first, 1)
    second, third = new_run(ENDLESS, "second", slots=slots), new_run(ENDLESS, "third", slots=slots)
    wait_until(lambda: second.snapshot().message == "Number 1 in the queue.")
    wait_until(lambda: third.snapshot().message == "Number 2 in the queue.")
    assert second.snapshot().state == third.snapshot().state == "queued"
    assert second.snapshot().batch == 0

    first.command("pause")
    wait_for_batch(second, 3)
    wait_until(lambda: third.snapshot().message == "Number 1 in the queue.")
    first.command("resume")  # it stands behind the third now
    wait_until(lambda: first.snapshot().message == "Number 2 in the queue.")
    second.command("stop")
    wait_for_batch(third, 3)
    batch = first.snapshot().batch
    third.command("stop")
    wait_for_batch(first, batch + 3)


def test_who_waits_can_be_stopped_paused_and_steered(new_run: MakeRun) -> None:
    slots = Slots(1)
    first = new_run(ENDLESS, "first", slots=slots)
    wait_for_batch(first, 1)
    stopped, steered = new_run(SMALL, "stopped", slots=slots), new_run(SMALL, "steered", slots=slots)
    stopped.command("stop")
    steered.command("set", {"lr_g": 0.01})
    wait_for(stopped, "stopped")
    wait_until(lambda: steered.snapshot().settings.lr_g == 0.01)
    assert steered.snapshot().state == "queued"
    first.command("stop")
    wait_for(steered, "finished")
    assert steered.snapshot().marks[0].batch == 0
    assert_as_if_in_one_go(steered)


# --- trouble -----------------------------------------------------------------------------------------------------


def poison(trainer: Trainer) -> None:
    """Make the next loss NaN."""
    trainer.discriminator.linears[-1].bias.data.fill_(float("nan"))  # type: ignore[operator]


def test_a_diverged_run_says_so_and_keeps_its_last_good_checkpoint(new_run: MakeRun) -> None:
    run = new_run(ENDLESS, paused=True)
    step(run, 4)
    run.peek(poison).result(timeout=30)
    run.command("resume")
    wait_until(lambda: not run.active)
    snapshot = run.snapshot()
    assert snapshot.state == "diverged"
    assert snapshot.message == "A loss was no longer a finite number at batch 5; the last good checkpoint is kept."
    again = reopened(run)
    assert (again.snapshot().state, again.snapshot().message) == ("diverged", snapshot.message)
    assert_same_bits(saved_state(run), replayed(ENDLESS, [], 4)[1])


def test_weights_that_are_no_numbers_are_not_checkpointed(new_run: MakeRun) -> None:
    """The losses of the last batch were finite, but a pause, a stop or an epoch's end comes before the next ones."""
    run = new_run(ENDLESS, paused=True)
    step(run, 1)
    run.peek(poison).result(timeout=30)
    run.command("stop")
    wait_until(lambda: not run.active)
    assert run.snapshot().state == "diverged"
    assert_same_bits(saved_state(run), replayed(ENDLESS, [], 1)[1])


def test_a_diverged_run_goes_on_from_its_checkpoint_once_the_knob_is_lowered(new_run: MakeRun) -> None:
    start = ENDLESS.changed(loss="least-squares", optimizer_d="sgd", d_hidden=[256, 256], batch_size=128, dropout=0.0)
    run = new_run(start, paused=True)
    step(run, 3)
    run.command("set", {"lr_d": 0.1, "momentum_d": 0.99})
    run.command("resume")
    wait_until(lambda: not run.active)
    assert run.snapshot().state == "diverged"

    again = reopened(run)  # as after a restart; what made it diverge is not played again
    again.command("set", {"lr_d": 0.001})
    again.command("resume")
    batch = checkpoint.read(run.keeper.folder).batch
    wait_for_batch(again, batch + 8)
    again.command("stop")
    wait_until(lambda: not again.active)
    assert again.snapshot().state == "stopped"
    assert [(mark.knob, mark.after) for mark in again.snapshot().marks if mark.batch >= batch][-1] == ("lr_d", 0.001)
    assert_as_if_in_one_go(again)


def test_an_error_in_the_thread_ends_this_run_with_one_sentence_and_others_go_on(
    new_run: MakeRun, caplog: pytest.LogCaptureFixture
) -> None:
    other, run = new_run(ENDLESS, "other"), new_run(ENDLESS, "broken", paused=True)
    wait_for(run, "paused")
    run.peek(lambda trainer: delattr(trainer, "optimizer_g")).result(timeout=30)
    run.command("resume")
    wait_until(lambda: not run.active)
    assert run.snapshot().state == "failed"
    assert run.snapshot().message == "Training ended by an error (AttributeError); the log has the details."
    assert "Traceback" in caplog.text
    batch = other.snapshot().batch
    wait_for_batch(other, batch + 3)
    run.command("resume")  # from its checkpoint, with what it lost
    wait_for_batch(run, 3)


def test_a_failed_start_tells_the_reason(new_run: MakeRun) -> None:
    missing = "cuda" if torch.backends.mps.is_available() else "mps"  # no machine has both
    run = new_run(ENDLESS.changed(device=missing))
    wait_for(run, "failed")
    assert run.snapshot().message == f"This machine has no {missing} device; choose auto or cpu."
    assert reopened(run).snapshot().state == "failed"


# --- a disk that refuses -----------------------------------------------------------------------------------------


def test_on_a_full_disk_it_goes_on_and_says_so_and_recovers(new_run: MakeRun) -> None:
    run = new_run(ENDLESS)
    wait_for_batch(run, BATCHES)
    with full_disk():
        wait_until(lambda: run.snapshot().saved is not None)
        assert (
            run.snapshot().saved
            == "This run is not being saved: File too large. It goes on, and saving is tried again."
        )
        batch = run.snapshot().batch
        wait_for_batch(run, batch + 2 * BATCHES)
        assert run.snapshot().state == "running"
        assert run.grid(run.snapshot().grids) is not None  # from memory
    wait_until(lambda: run.snapshot().saved is None)
    run.command("stop")
    wait_for(run, "stopped")
    assert_as_if_in_one_go(run)
    assert all(checkpoint.read_grid(run.keeper.folder, epoch + 1) for epoch in range(run.snapshot().epoch))


def test_a_folder_that_cannot_be_made_is_told_before_the_first_checkpoint(new_run: MakeRun, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    run = new_run(ENDLESS.changed(batch_size=1), "file/demo")  # 6,265 batches to the end of the epoch
    wait_for_batch(run, 1)
    assert "Not a directory" in str(run.snapshot().saved)


def test_stopped_while_the_disk_refuses_it_goes_on_from_memory(new_run: MakeRun, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    run = new_run(ENDLESS, "file/demo")
    wait_for_batch(run, BATCHES + 3)
    run.command("set", {"lr_g": 0.001})
    run.command("stop")
    wait_for(run, "stopped")
    wait_until(lambda: not run.active)
    batch = run.snapshot().batch
    run.command("resume")
    wait_for_batch(run, batch + 3)
    (tmp_path / "file").unlink()
    wait_until(lambda: run.snapshot().saved is None)  # at the next epoch's end
    run.command("stop")
    wait_for(run, "stopped")
    wait_until(lambda: not run.active)
    assert [mark.knob for mark in run.snapshot().marks] == ["lr_g"]
    assert_as_if_in_one_go(run)
    assert reopened(run).snapshot().marks == run.snapshot().marks
