"""Steps, of both networks and of one alone, and slow motion: each acts on its batch, is recorded, and acts again."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

import pytest
import torch
from helpers import (
    BATCHES,
    ENDLESS,
    PATIENCE,
    SMALL,
    assert_as_if_in_one_go,
    finish,
    go_on_to,
    reopened,
    saved_state,
    step,
    stop,
    wait_for,
    wait_for_batch,
    wait_until,
)
from running import MakeRun
from torch import Tensor

from gan.errors import LiveGANError
from gan.recording.commands import Network, Pause, Resume, SetKnobs, Step, parse_command
from gan.recording.marks import Mark
from gan.recording.replay import replay_run
from gan.recording.run_file import read_run_file
from gan.runs.queue import TrainingQueue
from gan.runs.run import Run

# --- steps -------------------------------------------------------------------------------------------------------


def test_a_step_is_exactly_one_batch(new_run: MakeRun) -> None:
    run = new_run(ENDLESS, paused=True)
    wait_for(run, "paused")
    assert run.snapshot().batch == 0
    for _ in range(3):
        step(run, 1)
    step(run, 4)
    stop(run)
    assert run.snapshot().batch == 7
    assert_as_if_in_one_go(run)


@pytest.mark.parametrize("only", [None, "d", "g"])
def test_a_step_pauses_a_run_that_trains(new_run: MakeRun, only: Network | None) -> None:
    run = new_run(ENDLESS)
    wait_for_batch(run, 3)
    run.command(Step(only))
    wait_for(run, "paused")


def moved(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    """What has changed: a network's weights, or what its optimiser remembers."""
    return {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])} - {"rng"}


@pytest.mark.parametrize(
    ("only", "learns", "label"),
    [
        ("d", {"discriminator", "optimizer_d"}, "Discriminator only"),
        ("g", {"generator", "optimizer_g"}, "Generator only"),
        (None, {"discriminator", "optimizer_d", "generator", "optimizer_g"}, None),
    ],
)
def test_a_step_of_one_network_leaves_the_other_one_as_it_is(
    new_run: MakeRun, only: Network | None, learns: set[str], label: str | None
) -> None:
    run = new_run(ENDLESS, paused=True)
    step(run, 3)
    before = saved_state(run)
    step(run, 1, only)
    stop(run)
    assert moved(before, saved_state(run)) == learns
    marks = () if label is None else (Mark(3, f"step_{only}", label, None, None),)
    assert run.snapshot().marks == reopened(run).snapshot().marks == marks
    assert_as_if_in_one_go(run)


def test_steps_that_are_asked_for_all_at_once_come_one_after_the_other(new_run: MakeRun) -> None:
    run = new_run(ENDLESS.changed(d_steps=2, g_steps=3), paused=True)
    kinds = ["step_d", "step_d", "step_g", "step", "step_g", "step_d", "step", "step_g"] * 2  # into the second epoch
    for kind in kinds:
        run.command(parse_command(kind))
    wait_until(lambda: (run.snapshot().state, run.snapshot().batch) == ("paused", len(kinds)))
    stop(run)
    steps = [(command.batch, command.kind) for command in run.record.commands if command.kind.startswith("step")]
    assert steps == list(enumerate(kinds))
    alone = [(batch, kind) for batch, kind in steps if kind != "step"]
    assert [(mark.batch, mark.knob) for mark in run.snapshot().marks] == alone
    assert_as_if_in_one_go(run)
    assert replay_run(run.folder).passed


def test_a_step_of_a_run_at_its_end_does_nothing(new_run: MakeRun) -> None:
    run = new_run(SMALL.changed(epochs=1))
    wait_for(run, "finished")
    for command in (Step(), Step("d")):
        with contextlib.suppress(LiveGANError):  # once its thread has ended, it is told that there is nothing to do
            run.command(command)
    wait_until(lambda: not run.active)
    assert (run.snapshot().state, run.snapshot().batch, run.snapshot().marks) == ("finished", BATCHES, ())
    assert_as_if_in_one_go(run)


def test_a_run_with_steps_of_all_kinds_is_replayed_and_goes_on(new_run: MakeRun) -> None:
    run = new_run(SMALL, paused=True)
    step(run, 2, "d")
    run.command(SetKnobs({"lr_d": 0.001}))
    step(run, 3, "g")
    go_on_to(run, BATCHES)
    step(run, 1, "d")
    finish(run, 2)
    assert_as_if_in_one_go(run)
    assert replay_run(run.folder).passed


# --- after a kill ------------------------------------------------------------------------------------------------


def copied(run: Run, to: Path) -> Path:
    """A copy of the folder of a run that rests."""
    return Path(shutil.copytree(run.folder, to, ignore=shutil.ignore_patterns(".lock")))


def killed(run: Run, checkpointed: Path) -> Run:
    """The run as it would be found if it were killed now, with the checkpoint of which this is the copy."""
    shutil.copy(run.folder / "commands.jsonl", checkpointed)
    return Run.open(checkpointed, TrainingQueue(1))


def test_what_was_asked_before_a_kill_acts_again_before_anything_newer(new_run: MakeRun, tmp_path: Path) -> None:
    run = new_run(ENDLESS, paused=True)
    step(run, 5)
    checkpointed = copied(run, tmp_path / "again")
    run.command(SetKnobs({"lr_g": 0.003, "lr_d": 0.003}))
    wait_until(lambda: run.snapshot().settings.lr_g == 0.003)
    again = killed(run, checkpointed)
    assert (again.snapshot().batch, again.snapshot().settings.lr_g) == (5, ENDLESS.lr_g)
    again.command(SetKnobs({"lr_g": 0.004}))
    step(again, 3)
    stop(again)
    marks = [(mark.batch, mark.knob, mark.before, mark.after) for mark in again.snapshot().marks]
    assert marks == [(5, "lr_g", 0.0002, 0.003), (5, "lr_d", 0.0002, 0.003), (5, "lr_g", 0.003, 0.004)]
    assert reopened(again).snapshot().marks == again.snapshot().marks
    assert_as_if_in_one_go(again)


def test_what_is_asked_before_it_has_caught_up_is_recorded_before_what_is_to_act_again(
    new_run: MakeRun, tmp_path: Path
) -> None:
    run = new_run(ENDLESS, paused=True)
    wait_for(run, "paused")
    checkpointed = copied(run, tmp_path / "again")
    go_on_to(run, 20)
    run.command(SetKnobs({"dropout": 0.1}))
    wait_until(lambda: run.snapshot().settings.dropout == 0.1)
    again = killed(run, checkpointed)
    step(again, 2, "g")
    again.command(SetKnobs({"lr_g": 0.004}))
    stop(again)  # and once more, before it comes to the dropout
    again = reopened(again)
    go_on_to(again, 22)
    stop(again)
    assert [(command.batch, command.kind) for command in again.record.commands if command.kind != "resume"] == [
        (0, "step_g"), (1, "step_g"), (2, "set"), (2, "stop"), (20, "set"), (22, "stop"),
    ]  # fmt: skip
    assert_as_if_in_one_go(again)


@pytest.mark.parametrize("only", ["d", "g"])
def test_a_step_acts_again_though_the_run_is_ended_right_before_its_batch(
    new_run: MakeRun, tmp_path: Path, only: Network
) -> None:
    run = new_run(ENDLESS, paused=True)
    step(run, 3)
    checkpointed = copied(run, tmp_path / "again")
    go_on_to(run, 6)
    step(run, 1, only)
    again = killed(run, checkpointed)
    assert again.snapshot().batch == 3
    go_on_to(again, 6)
    stop(again)
    again = reopened(again)
    assert [mark.knob for mark in again.snapshot().marks] == [f"step_{only}"]
    go_on_to(again, 9)
    stop(again)
    assert_as_if_in_one_go(again)
    assert replay_run(checkpointed).passed


# --- slow motion -------------------------------------------------------------------------------------------------


def test_slow_motion_is_no_faster_than_its_pace(new_run: MakeRun) -> None:
    run = new_run(ENDLESS.changed(pace=100.0), paused=True)
    wait_for(run, "paused")
    began = time.monotonic()
    run.command(Resume())
    wait_for_batch(run, 11)
    assert time.monotonic() - began >= 10 / 100
    stop(run)
    assert_as_if_in_one_go(run)


def test_a_pace_that_is_faster_than_the_machine_limits_nothing(new_run: MakeRun) -> None:
    run = new_run(SMALL.changed(pace=1000.0))
    wait_for(run, "finished")
    assert_as_if_in_one_go(run)


AN_AGE = 0.001  # batches a second: longer for one batch than any test waits


def test_slow_motion_lets_commands_act_at_once(new_run: MakeRun) -> None:
    """All of this happens between two batches."""
    run = new_run(ENDLESS.changed(pace=AN_AGE))
    wait_for_batch(run, 1)
    run.command(SetKnobs({"lr_g": 0.003}))
    wait_until(lambda: run.snapshot().settings.lr_g == 0.003)
    assert run.peek(lambda trainer: trainer.batch).result(timeout=PATIENCE) == 1
    run.command(Pause())
    wait_for(run, "paused")
    run.command(Resume())
    run.command(SetKnobs({"latent_dim": 3}))
    wait_until(lambda: run.snapshot().settings.latent_dim == 3)
    stop(run)
    assert run.snapshot().batch == 1
    assert [mark.batch for mark in run.snapshot().marks] == [1, 1]


def test_slow_motion_ends_at_once_and_begins_at_once(new_run: MakeRun) -> None:
    run = new_run(ENDLESS.changed(pace=AN_AGE))
    wait_for_batch(run, 1)
    run.command(SetKnobs({"pace": 0}))
    wait_for_batch(run, 5)
    run.command(SetKnobs({"pace": AN_AGE}))
    wait_until(lambda: run.snapshot().settings.pace == AN_AGE)
    batch = run.snapshot().batch
    assert run.peek(lambda trainer: trainer.batch).result(timeout=PATIENCE) == batch
    stop(run)
    assert run.snapshot().batch == batch
    assert [command.values for command in run.record.commands if command.kind == "set"] == [
        {"pace": 0.0}, {"pace": AN_AGE},
    ]  # fmt: skip
    assert run.snapshot().marks == ()
    assert_as_if_in_one_go(run)
    assert replay_run(run.folder).passed  # at full speed


def test_steps_that_wait_in_slow_motion_are_called_off_by_a_pause(new_run: MakeRun) -> None:
    run = new_run(ENDLESS.changed(pace=AN_AGE), paused=True)
    for only in ("d", "g", "g"):
        run.command(Step(only))
    wait_for_batch(run, 1)
    run.command(Pause())
    wait_for(run, "paused")
    run.command(SetKnobs({"pace": 0}))
    step(run, 1)
    stop(run)
    recorded = [(command.batch, command.kind) for command in run.record.commands if command.kind.startswith("step")]
    assert recorded == [(0, "step_d"), (1, "step")]
    assert read_run_file(run.folder).batch == 2
    assert_as_if_in_one_go(run)
