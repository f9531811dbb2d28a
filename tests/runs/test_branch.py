"""Branches: equal to their parent up to an epoch, bit for bit, then on their own way; and complete in themselves."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import (
    BATCHES,
    ENDLESS,
    SMALL,
    assert_as_if_in_one_go,
    assert_same_bits,
    figures,
    full_disk,
    go_on_to,
    in_one_go,
    saved_state,
    step,
    stop,
    wait_for,
    wait_for_batch,
    wait_until,
)
from running import OpenRegistry

from gan.errors import LiveGANError
from gan.names import NAME
from gan.recording import atomic_files, commands_file, epochs, writer
from gan.recording.commands import RecordedCommand, Resume, SetKnobs, Stop
from gan.recording.marks import Mark
from gan.recording.replay import replay_run
from gan.recording.run_file import RunFile, read_run_file, write_run_file
from gan.recording.weights import is_averaged
from gan.runs import branch
from gan.runs.branch import catching_up
from gan.runs.registry import RunRegistry
from gan.runs.run import Run

EPOCHS = 4


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one run of four epochs: turned in the second, resized at the third's end, stepped in the fourth."""
    registry = RunRegistry(tmp_path_factory.mktemp("runs"))
    run = registry.start(SMALL.changed(epochs=EPOCHS, full_every=1), "parent", paused=True)
    go_on_to(run, BATCHES + 3)
    run.command(SetKnobs({"lr_g": 0.002}))
    go_on_to(run, 3 * BATCHES)
    run.command(SetKnobs({"latent_dim": 5, "dropout": 0.2}))
    stop(run)  # the full state after the third epoch knows the new latent size
    go_on_to(run, 3 * BATCHES + 2)
    step(run, 2, "g")
    run.command(Resume())
    run.join()
    assert run.snapshot().state == "finished"
    assert [state.batch for state in run.run_file.states][:3] == [BATCHES, 2 * BATCHES, 3 * BATCHES]
    return registry.folder


@pytest.fixture
def registry(original: Path, tmp_path: Path, open_registry: OpenRegistry) -> RunRegistry:
    """A registry of its own with a copy of the run."""
    shutil.copytree(original, tmp_path / "runs")
    return open_registry()


def trained_to(run: Run, batch: int) -> Run:
    """The run, stopped after it has come so far."""
    wait_for_batch(run, batch)
    if run.active:
        run.command(Stop())
    wait_until(lambda: not run.active)
    return run


def rested_at(run: Run, batch: int) -> Run:
    """The run, stopped where it was to pause."""
    wait_until(lambda: (run.snapshot().state, run.snapshot().batch) == ("paused", batch))
    stop(run)
    return run


def marks_before(run: Run, batch: int) -> tuple[Mark, ...]:
    return tuple(mark for mark in run.snapshot().marks if mark.batch < batch)


def assert_leaves(child: Run, parent: Run, epoch: int, marks: tuple[Mark, ...] = ()) -> None:
    """It is the parent up to the end of the epoch, with its images and weights, and itself from there on."""
    at = epoch * BATCHES
    np.testing.assert_array_equal(figures(child)[:at], figures(parent)[:at])
    assert child.snapshot().marks == (*marks_before(parent, at), *marks)
    expected = assert_as_if_in_one_go(child)
    for kept in range(1, child.snapshot().epoch + 1):
        assert_same_bits(epochs.read(child.folder, kept)[0], expected.epochs[kept])
        assert (child.grid(kept) == parent.grid(kept)) == (kept <= epoch)


# --- where it leaves ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epoch", range(EPOCHS + 1))
def test_a_branch_is_its_parent_up_to_the_end_of_an_epoch_and_differs_after(registry: RunRegistry, epoch: int) -> None:
    parent = registry.get("parent")
    at, before = epoch * BATCHES, 0.0002 if epoch < 2 else 0.002
    child = trained_to(registry.branch("parent", epoch, {"lr_g": 0.01, "epochs": 6}), at + BATCHES + 3)
    turned = Mark(at, "lr_g", "Generator learning rate", before, 0.01)
    assert_leaves(child, parent, epoch, (turned, Mark(at, "epochs", "Epochs", EPOCHS, 6)))
    assert (child.snapshot().parent, child.snapshot().branched_at) == ("parent", epoch)
    own, parents = figures(child)[at:][:BATCHES], figures(parent)[at:][:BATCHES]
    assert not np.array_equal(own, parents)
    assert replay_run(child.folder).passed


def begun(registry: RunRegistry, epoch: int, **changes: Any) -> RunFile:
    """A branch as it is written, before it trains."""
    parent = registry.get("parent")
    run_file = parent.run_file.model_copy(update=changes)
    into = registry.folder / "begun"
    branch.begin(parent.folder, run_file, figures(parent), parent.record.so_far(), epoch, {"lr_d": 0.01}, into)
    return read_run_file(into)


def test_a_branch_begins_as_a_run_that_was_killed_at_the_nearest_state(registry: RunRegistry) -> None:
    written = begun(registry, 2)
    parent, folder = registry.get("parent"), registry.folder / "begun"
    assert (written.state, written.batch, written.epoch) == ("interrupted", 2 * BATCHES, 2)
    assert (written.parent, written.branched_at) == ("parent", 2)
    assert written.states == parent.run_file.states[1:2]
    (state,) = folder.glob("state-*")
    assert state.stat().st_ino == (parent.folder / state.name).stat().st_ino  # no room for what they share
    assert epochs.numbers(folder) == [1, 2]
    assert sorted(path.name for path in folder.glob("grids/*")) == ["00001.png", "00002.png"]
    assert written.size == pytest.approx(atomic_files.size(folder), rel=0.05)
    commands = commands_file.read(folder, written)
    assert [(command.batch, command.values) for command in commands if command.kind == "set"] == [
        (BATCHES + 3, {"lr_g": 0.002}),
        (2 * BATCHES, {"lr_d": 0.01}),
    ]
    assert written.settings == SMALL.changed(epochs=EPOCHS, full_every=1, lr_g=0.002)  # the last one has not acted yet


def test_a_state_that_knows_a_knob_turned_at_the_very_end_of_the_epoch_is_not_on_the_way(registry: RunRegistry) -> None:
    assert [begun(registry, 3).batch, len(read_run_file(registry.folder / "begun").states)] == [2 * BATCHES, 1]


def test_a_state_in_the_middle_of_an_epoch_is_on_the_way_too(registry: RunRegistry) -> None:
    assert begun(registry, 4).batch == registry.get("parent").run_file.states[-1].batch == 4 * BATCHES
    shutil.rmtree(registry.folder / "begun")
    without_the_last = registry.get("parent").run_file.states[:-1]
    assert without_the_last[-1].batch == 3 * BATCHES + 4
    assert begun(registry, 4, states=without_the_last).batch == 3 * BATCHES + 4


@pytest.mark.parametrize("how", ["altered", "missing"])
def test_a_state_that_is_damaged_or_gone_is_passed_over(registry: RunRegistry, how: str) -> None:
    parent = registry.get("parent")
    path = parent.folder / parent.run_file.states[1].file
    if how == "altered":
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    else:
        path.unlink()
    assert begun(registry, 2).batch == BATCHES
    assert [path.name for path in (registry.folder / "begun").glob("state-*")] == [parent.run_file.states[0].file]


def test_without_any_state_a_branch_is_made_from_the_record_alone(registry: RunRegistry) -> None:
    parent = registry.get("parent")
    for path in parent.folder.glob("state-*"):
        path.unlink()
    child = rested_at(registry.branch("parent", 3, {"lr_g": 0.01}, paused=True), 3 * BATCHES)
    assert_leaves(child, parent, 3, (Mark(3 * BATCHES, "lr_g", "Generator learning rate", 0.002, 0.01),))


def test_a_time_limit_does_not_end_a_branch_before_the_epoch_at_which_it_leaves(registry: RunRegistry) -> None:
    """It has no state to begin at, and trains what it shares with its parent once more."""
    parent = registry.get("parent")
    for path in parent.folder.glob("state-*"):
        path.unlink()
    run_file = parent.run_file
    knobs = {"seconds": 1, "pace": 30.0}  # the 39 batches that they share take longer than the limit
    changed = run_file.model_copy(
        update={
            "initial_settings": run_file.initial_settings.changed(**knobs),
            "settings": run_file.settings.changed(**knobs),
        }
    )
    write_run_file(parent.folder, changed)
    child = registry.branch("parent", 3, {"lr_g": 0.01})
    child.join()
    assert (child.snapshot().state, child.snapshot().batch) == ("finished", 3 * BATCHES)
    assert child.snapshot().seconds >= 1


# --- of a normalised generator with an average -------------------------------------------------------------------


@pytest.fixture(scope="module")
def averaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one run of three epochs, without its average from the second on, with a new one in the third."""
    registry = RunRegistry(tmp_path_factory.mktemp("runs"))
    settings = SMALL.changed(g_norm="batch", ema_decay=0.99, dropout_in="discriminator", epochs=3, full_every=1)
    run = registry.start(settings, "parent", paused=True)
    for batch, values in ((BATCHES + 3, {"ema_decay": 0.0}), (2 * BATCHES + 4, {"ema_decay": 0.9, "latent_dim": 5})):
        go_on_to(run, batch)
        run.command(SetKnobs(values))
    run.command(Resume())
    run.join()
    assert run.snapshot().state == "finished"
    return registry.folder


@pytest.mark.parametrize("states", ["all states", "no state"])
@pytest.mark.parametrize("epoch", range(4))
def test_a_branch_takes_the_average_along(averaged: Path, epoch: int, states: str, open_registry: OpenRegistry) -> None:
    """Also where the parent has none, and where it has to be made again from the record."""
    registry = open_registry()
    shutil.copytree(averaged, registry.folder, dirs_exist_ok=True)
    parent = registry.get("parent")
    for path in parent.folder.glob("state-*") if states == "no state" else ():
        path.unlink()
    at = epoch * BATCHES
    turned = {"ema_decay": 0.5, "dropout": 0.2, "epochs": 5}
    child = trained_to(registry.branch("parent", epoch, turned), at + BATCHES + 3)
    np.testing.assert_array_equal(figures(child)[:at], figures(parent)[:at])
    for kept in range(1, epoch + 1):
        weights = epochs.read(child.folder, kept)[0]
        assert is_averaged(weights) == (kept != 2)
        assert_same_bits(weights, epochs.read(parent.folder, kept)[0])
    expected = in_one_go(parent.run_file.initial_settings, child.snapshot().batch, child.record.commands)
    np.testing.assert_array_equal(figures(child), expected.rows)
    assert_same_bits(saved_state(child), expected.state)
    assert "averaged_batches" in expected.state
    assert replay_run(child.folder).passed


# --- how it begins -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epoch", [0, 3])
def test_a_paused_branch_rests_where_it_leaves(registry: RunRegistry, epoch: int) -> None:
    child = registry.branch("parent", epoch, {"dropout": 0.7}, "rests", paused=True)
    rested_at(child, epoch * BATCHES)
    assert child.name == "rests"
    assert child.snapshot().settings.dropout == 0.7
    assert_leaves(child, registry.get("parent"), epoch, (Mark(epoch * BATCHES, "dropout", "Dropout", 0.5, 0.7),))


def test_a_branch_with_no_knob_turned_goes_the_parents_way(registry: RunRegistry) -> None:
    """But for what was turned later: at the end of the third epoch the parent got another latent size."""
    parent = registry.get("parent")
    child = registry.branch("parent", 1, {"lr_g": 0.0002})  # as it is
    child.join()
    assert child.snapshot().marks == ()
    np.testing.assert_array_equal(figures(child)[: BATCHES + 3], figures(parent)[: BATCHES + 3])
    assert_same_bits(assert_as_if_in_one_go(child).state, in_one_go(SMALL, EPOCHS * BATCHES).state)


def test_a_branch_says_while_it_catches_up_which_knobs_change_then(registry: RunRegistry) -> None:
    now = dataclasses.replace(registry.get("parent").snapshot(), branched_at=3, batch=2 * BATCHES)
    turned = RecordedCommand(3 * BATCHES, SetKnobs({"dropout": 0.2, "lr_g": 0.01}), 0.0)
    then = "Dropout becomes 0.2 and Generator learning rate becomes 0.01"
    assert catching_up(now, [turned]) == f"It trains up to epoch 3 once more; then {then}."
    assert catching_up(now, []) == "It trains up to epoch 3 once more."
    assert catching_up(dataclasses.replace(now, batch=3 * BATCHES), [turned]) == ""


def test_a_branch_that_is_interrupted_on_its_way_goes_on_as_a_branch(
    registry: RunRegistry, open_registry: OpenRegistry
) -> None:
    registry.branch("parent", 3, {"lr_g": 0.01}, "child")
    registry.close()
    again = open_registry()
    child = again.get("child")
    assert child.snapshot().state == "interrupted"
    again.resume("child")
    child.join()
    turned = Mark(3 * BATCHES, "lr_g", "Generator learning rate", 0.002, 0.01)
    assert_leaves(child, again.get("parent"), 3, (turned,))
    assert (child.snapshot().parent, child.snapshot().branched_at) == ("parent", 3)


def test_branches_of_a_parent_that_trains_leave_it_alone(open_registry: OpenRegistry) -> None:
    registry = open_registry()
    parent = registry.start(ENDLESS.changed(full_every=1), "parent")
    children = {}
    for number in range(1, 5):
        wait_for_batch(parent, number * BATCHES)
        registry.command("parent", SetKnobs({"lr_d": number / 1000}))
        epoch = parent.snapshot().epoch - number % 2  # the newest, or the one before it
        children[registry.branch("parent", epoch, {"lr_g": 0.01}, paused=True)] = epoch
    stop(parent)
    assert_as_if_in_one_go(parent)
    for child, epoch in children.items():
        rested_at(child, epoch * BATCHES)
    for child, epoch in children.items():
        np.testing.assert_array_equal(figures(child), figures(parent)[: epoch * BATCHES])
        assert marks_before(child, epoch * BATCHES) == marks_before(parent, epoch * BATCHES)
        assert_as_if_in_one_go(child)


def test_a_parent_that_has_written_no_checkpoint_yet_can_be_branched(
    open_registry: OpenRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "CHECKPOINT_EVERY", 1e9)
    registry = open_registry()
    parent = registry.start(ENDLESS.changed(full_every=1000), "parent")
    wait_for_batch(parent, 2 * BATCHES)
    assert parent.run_file.batch == 0
    child = registry.branch("parent", 2, {}, paused=True)
    stop(parent)
    rested_at(child, 2 * BATCHES)
    np.testing.assert_array_equal(figures(child), figures(parent)[: 2 * BATCHES])
    assert_as_if_in_one_go(child)


def test_a_branch_of_a_branch_outlives_both_of_its_forebears(registry: RunRegistry) -> None:
    parent = registry.get("parent")
    child = trained_to(registry.branch("parent", 2, {"lr_g": 0.01}, "child"), 3 * BATCHES + 1)
    grandchild = registry.branch("child", 3, {"dropout": 0.7}, "grandchild")
    registry.delete("parent")
    registry.delete("child")
    grandchild.join()
    assert grandchild.snapshot().state == "finished"
    assert (grandchild.snapshot().parent, grandchild.snapshot().branched_at) == ("child", 3)
    np.testing.assert_array_equal(figures(grandchild)[: 2 * BATCHES], figures(parent)[: 2 * BATCHES])
    np.testing.assert_array_equal(figures(grandchild)[: 3 * BATCHES], figures(child)[: 3 * BATCHES])
    assert [mark.knob for mark in grandchild.snapshot().marks] == ["lr_g", "lr_g", "dropout"]
    assert_as_if_in_one_go(grandchild)
    assert replay_run(grandchild.folder).passed
    assert {summary.name: summary.parent for summary in registry.summaries()} == {"grandchild": "child"}


def test_branches_get_names_of_their_own(open_registry: OpenRegistry) -> None:
    registry = open_registry()
    for name in ("demo", "x" * 64):
        wait_for(registry.start(ENDLESS, name, paused=True), "paused")
        names = {registry.branch(name, 0, {}, paused=True).name for _ in range(3)}
        assert len(names) == 3
        assert all(NAME.fullmatch(one) and one.startswith(name[:53] + "-branch") for one in names)
    assert len(registry.summaries()) == 8
    assert {summary.branched_at for summary in registry.summaries()} == {None, 0}


def test_a_branch_that_nobody_named_is_called_after_its_parent(open_registry: OpenRegistry) -> None:
    registry = open_registry()
    wait_for(registry.start(ENDLESS, "Größe 7", paused=True), "paused")
    branches = [registry.branch("Grosse-7", 0, {}, paused=True) for _ in range(2)]
    assert [run.snapshot().title for run in branches] == ["Größe 7 branch", "Größe 7 branch 2"]
    assert [run.name for run in branches] == ["Grosse-7-branch", "Grosse-7-branch-2"]


# --- refusals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("parent", 5, {}), r"Epoch 5 of run parent is not over; branch from an epoch from 0 to 4\."),
        (("parent", -1, {}), r"Epoch -1 of run parent is not over; branch from an epoch from 0 to 4\."),
        (("nobody", 1, {}), r"There is no run named 'nobody'\."),
        (
            ("parent", 1, {"lr_g": 7}),
            r"Generator learning rate \(lr_g\) is 7; it must be a number from 1e-06 to 0\.1\.",
        ),
        (("parent", 1, {"seed": 2}), r"Seed \(seed\) is fixed when a run starts; start a new run for it\."),
        (("parent", 1, {"speed": 2}), r"There is no setting named 'speed'\."),
        (("parent", 1, {}, "parent"), r"There is already a run named 'parent'\."),
        (("parent", 1, {}, "x" * 65), r"A name has at most 64 characters; this one has 65\."),
    ],
)
def test_what_cannot_be_branched_is_refused_in_one_sentence(
    registry: RunRegistry, arguments: tuple[Any, ...], sentence: str
) -> None:
    with pytest.raises(LiveGANError, match=f"^{sentence}$"):
        registry.branch(*arguments)
    assert [path.name for path in registry.folder.iterdir() if path.is_dir()] == ["parent"]


def test_a_disk_without_room_for_a_branch_is_told_and_nothing_is_left_of_it(registry: RunRegistry) -> None:
    registry.get("parent")
    with full_disk(500), pytest.raises(LiveGANError, match=r"^The branch could not be written: File too large\.$"):
        registry.branch("parent", 2, {"lr_g": 0.01})
    assert [path.name for path in registry.folder.iterdir() if path.is_dir()] == ["parent"]
    rested_at(registry.branch("parent", 2, {"lr_g": 0.01}, paused=True), 2 * BATCHES)


def test_a_second_server_does_not_branch(registry: RunRegistry, open_registry: OpenRegistry) -> None:
    with pytest.raises(LiveGANError, match="Another LiveGAN server uses this folder"):
        open_registry(registry.folder).branch("parent", 1, {})
