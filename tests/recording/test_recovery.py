"""Damage of any kind to a run's files: it is told, the run goes on from the last state that is whole, and comes to what
it would have come to without the damage, to the last bit."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers import (
    BATCHES,
    SMALL,
    Trained,
    assert_as_if_in_one_go,
    assert_same_bits,
    figures,
    go_on_to,
    in_one_go,
    saved_state,
    step,
    stop,
    wait_until,
)

from gan.errors import LiveGANError
from gan.recording import atomic_files, commands_file, epochs
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import Pause, RecordedCommand, Resume, SetKnobs, Step, Stop
from gan.recording.replay import replay_run
from gan.recording.run_file import FullState, Point, read_run_file, run_json, write_run_file
from gan.runs import set_aside
from gan.runs.queue import TrainingQueue
from gan.runs.run import Run

EPOCHS = 3
STOPPED = 2 * BATCHES + 6  # in the middle of the third epoch
Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two and a half epochs with a full state at the end of each, steered in all of them."""
    run = Run.new(
        tmp_path_factory.mktemp("runs") / "demo", SMALL.changed(epochs=EPOCHS, full_every=1), TrainingQueue(1)
    )
    run.launch(paused=True)
    step(run, 4)
    run.command(SetKnobs({"lr_g": 0.002, "latent_dim": 5}))
    step(run, 2, "d")
    go_on_to(run, BATCHES + 3)
    run.command(SetKnobs({"dropout": 0.2}))
    step(run, 1, "g")
    go_on_to(run, STOPPED - 2)
    run.command(SetKnobs({"latent_dim": 11}))
    go_on_to(run, STOPPED)
    stop(run)
    states = [state.batch for state in read_run_file(run.folder).states]
    assert states == [BATCHES, 2 * BATCHES, STOPPED - 2, STOPPED]
    return run.folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(original, tmp_path / "demo"))


@functools.cache
def undamaged(folder: Path) -> Trained:
    """What the run comes to when it goes on to the end of its last epoch."""
    run_file = read_run_file(folder)
    return in_one_go(run_file.initial_settings, EPOCHS * BATCHES, commands_file.read(folder, run_file))


def opened(folder: Path) -> Run:
    return Run.open(folder, TrainingQueue(1))


def finished(folder: Path) -> Run:
    """The run, resumed and trained to its end."""
    run = opened(folder)
    run.command(Resume())
    wait_until(lambda: not run.active)
    assert run.snapshot().state == "finished", run.snapshot().message
    assert run.snapshot().batch == EPOCHS * BATCHES
    return run


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a run but its lock."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def assert_ends_as_undamaged(folder: Path, original: Path) -> None:
    run, expected = finished(folder), undamaged(original)
    np.testing.assert_array_equal(figures(run), expected.rows)
    assert_same_bits(saved_state(run), expected.state)
    for epoch in range(1, EPOCHS + 1):
        assert_same_bits(epochs.read(folder, epoch)[0], expected.epochs[epoch])
    assert len([mark for mark in run.snapshot().marks if mark.knob == "step_d"]) == 2
    assert (set_aside.numbers(folder), run.snapshot().aside) == ([], 0)  # all that was set aside was trained again


def states(folder: Path) -> list[FullState]:
    return list(read_run_file(folder).states)


def flip(path: Path, at: int = -1) -> None:
    """Change one bit."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def cut(path: Path, share: float = 0.5) -> None:
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])


# --- weights -----------------------------------------------------------------------------------------------------

ALTERED = "is not as it was written (its checksum differs)."
MISSING = "is missing."
ASIDE = "What it had reached is set aside until that has been trained again."


@pytest.mark.parametrize(("damage", "how"), [(flip, ALTERED), (cut, ALTERED), (Path.unlink, MISSING)])
def test_a_damaged_newest_state_is_told_and_the_one_before_it_used(
    folder: Path, original: Path, damage: Damage, how: str
) -> None:
    newest, before = states(folder)[-1], states(folder)[-2]
    damage(folder / newest.file)
    run = opened(folder)
    assert run.snapshot().message == f"{newest.file} {how}"
    assert (run.snapshot().state, run.snapshot().batch) == ("stopped", STOPPED)  # that much is known of it
    np.testing.assert_array_equal(figures(run), undamaged(original).rows[:STOPPED])
    run.command(Step())
    wait_until(lambda: (run.snapshot().state, run.snapshot().batch) == ("paused", before.batch + 1))
    expected = f"{newest.file} {how} It goes on from epoch 2. {ASIDE}"
    assert run.snapshot().message == expected
    stop(run)
    assert_ends_as_undamaged(folder, original)


def test_the_newest_state_that_is_whole_is_found_behind_several_damaged_ones(folder: Path, original: Path) -> None:
    for state in states(folder)[1:]:
        flip(folder / state.file)
    run = opened(folder)
    run.command(Step())
    wait_until(lambda: (run.snapshot().state, run.snapshot().batch) == ("paused", BATCHES + 1))
    assert f"It goes on from epoch 1. {ASIDE}" in run.snapshot().message
    stop(run)
    assert_ends_as_undamaged(folder, original)


def test_without_any_state_the_record_makes_the_run_again(folder: Path, original: Path) -> None:
    for state in states(folder):
        (folder / state.file).unlink()
    run = opened(folder)
    assert run.snapshot().message == f"{states(folder)[-1].file} is missing."
    run.command(Step())
    wait_until(lambda: (run.snapshot().state, run.snapshot().batch) == ("paused", 1))
    assert f"It goes on from the beginning. {ASIDE}" in run.snapshot().message
    stop(run)
    assert_ends_as_undamaged(folder, original)


def test_a_state_that_does_not_fit_the_settings_is_passed_over(folder: Path, original: Path) -> None:
    """Nobody writes one, but a hand may copy the wrong file and count its checksum."""
    run_file = read_run_file(folder)
    wrong = (folder / run_file.states[0].file).read_bytes()  # of another latent size
    newest = run_file.states[-1].model_copy(update={"sha256": atomic_files.sha256(wrong)})
    (folder / newest.file).write_bytes(wrong)
    write_run_file(folder, run_file.model_copy(update={"states": (*run_file.states[:-1], newest)}))
    run = opened(folder)
    run.command(Step())
    wait_until(lambda: run.snapshot().state == "paused")
    assert run.snapshot().message.startswith(f"{newest.file} does not fit the settings of the run. It goes on from")
    stop(run)
    assert_ends_as_undamaged(folder, original)


def test_a_run_whose_states_were_not_kept_is_not_gone_on_with(folder: Path) -> None:
    """A run that was trimmed to be given away: it would have to begin anew, and lose what is left of it."""
    write_run_file(folder, read_run_file(folder).model_copy(update={"states": ()}))
    run = opened(folder)
    assert (run.snapshot().message, run.snapshot().resumable) == ("", False)
    before = contents(folder)
    sentence = (
        r"^Its training state was not kept, so it cannot go on; branch from it, or train its recording again as a new "
        r"run\.$"
    )
    for command in (Resume(), Step(), Step("d"), SetKnobs({"epochs": 9}), SetKnobs({"lr_g": 0.1})):
        with pytest.raises(LiveGANError, match=sentence):
            run.command(command)
    for needless in (Pause(), Stop()):
        run.command(needless)
    assert contents(folder) == before


def test_damaged_figures_of_a_run_whose_states_were_not_kept_are_told(folder: Path) -> None:
    write_run_file(folder, read_run_file(folder).model_copy(update={"states": ()}))
    flip(folder / "series.npy")
    run = opened(folder)
    assert run.snapshot().message == f"series.npy {ALTERED} The run stands at its beginning."
    with pytest.raises(LiveGANError, match="training state was not kept"):
        run.command(Resume())


# --- figures -----------------------------------------------------------------------------------------------------


def row(batch: int) -> int:
    """Where in `series.npy` the figures of a batch are."""
    return 128 + 16 * (batch - 1)


@pytest.mark.parametrize(
    ("damage", "epoch", "how"),
    [
        (lambda path: flip(path, row(STOPPED)), 2, ALTERED),
        (lambda path: flip(path, row(2 * BATCHES)), 1, ALTERED),
        (lambda path: flip(path, row(1)), 0, ALTERED),
        (lambda path: flip(path, 0), 0, "is not a NumPy file."),
        (cut, 0, "is not a NumPy file."),
        (lambda path: np.save(path, np.load(path)[: 2 * BATCHES + 1]), 2, ALTERED),
        (Path.unlink, 0, MISSING),
    ],
)
def test_damaged_figures_are_told_and_those_before_them_used(
    folder: Path, original: Path, damage: Damage, epoch: int, how: str
) -> None:
    damage(folder / "series.npy")
    run = opened(folder)
    stands = f"epoch {epoch}" if epoch else "its beginning"
    assert run.snapshot().message == f"series.npy {how} The run stands at {stands} and can be resumed."
    assert run.snapshot().epoch == run.snapshot().grids == epoch
    np.testing.assert_array_equal(figures(run), undamaged(original).rows[: run.snapshot().batch])
    assert_ends_as_undamaged(folder, original)


# --- commands ----------------------------------------------------------------------------------------------------


def lines(folder: Path) -> list[bytes]:
    return (folder / "commands.jsonl").read_bytes().splitlines(keepends=True)


def line_that_sets(folder: Path, knob: str) -> int:
    return next(number for number, line in enumerate(lines(folder)) if b'"set"' in line and knob.encode() in line)


def altered(line: bytes) -> bytes:
    """A command that could be one, but never was."""
    command = json.loads(line)
    return commands_file.to_line(RecordedCommand.of_kind(**{**command, "values": {"dropout": 0.9}}))


@pytest.mark.parametrize(
    ("damage", "how"),
    [
        (lambda line: line[:20], "cannot be read (line "),
        (lambda line: b"\0" * len(line), "cannot be read (line "),
        (lambda line: b"", ALTERED),
        (altered, ALTERED),
        (lambda line: line.replace(b'"time": 1', b'"time": 2'), ALTERED),
    ],
)
def test_a_damaged_command_is_told_and_only_what_was_vouched_for_before_it_is_used(
    folder: Path, original: Path, damage: Callable[[bytes], bytes], how: str
) -> None:
    """It was the one that turned dropout in the second epoch; the full state at the end of the first knows those before
    it. What it did cannot be made again, but nothing is invented, and the run can be trusted as before."""
    before = lines(folder)
    number = line_that_sets(folder, "dropout")
    (folder / "commands.jsonl").write_bytes(b"".join([*before[:number], damage(before[number]), *before[number + 1 :]]))
    run = opened(folder)
    assert run.snapshot().message.startswith(f"commands.jsonl {how}")
    assert run.snapshot().message.endswith("The run stands at epoch 1 and can be resumed.")
    assert run.snapshot().batch == BATCHES
    assert [mark.knob for mark in run.snapshot().marks] == ["lr_g", "latent_dim", "step_d", "step_d"]

    run = finished(folder)
    expected = assert_as_if_in_one_go(run)
    np.testing.assert_array_equal(expected.rows[: BATCHES + 3], undamaged(original).rows[: BATCHES + 3])
    assert [mark.knob for mark in run.snapshot().marks] == ["lr_g", "latent_dim", "step_d", "step_d"]
    assert opened(folder).snapshot().message == ""
    assert replay_run(folder).passed


def test_a_lost_record_is_told_and_the_run_begins_anew(folder: Path) -> None:
    (folder / "commands.jsonl").unlink()
    run = opened(folder)
    assert run.snapshot().message.startswith("commands.jsonl is ")
    assert run.snapshot().message.endswith("The run stands at its beginning and can be resumed.")
    run = finished(folder)
    assert_as_if_in_one_go(run)
    assert run.snapshot().marks == ()


def test_half_a_line_at_the_end_is_no_damage_and_what_follows_is_not_spoilt_by_it(folder: Path, original: Path) -> None:
    """A process was killed while it wrote the line; the command has not acted."""
    with (folder / "commands.jsonl").open("ab") as file:
        file.write(b'{"batch": 45, "kind": "set", "val')
    run = opened(folder)
    assert run.snapshot().message == ""
    run.command(SetKnobs({"lr_d": 0.0009}))
    run.command(Step("d"))
    wait_until(lambda: (run.snapshot().state, run.snapshot().batch) == ("paused", STOPPED + 1))
    stop(run)
    again = opened(folder)
    assert again.snapshot().message == ""
    assert [mark.knob for mark in again.snapshot().marks][-2:] == ["lr_d", "step_d"]
    assert_as_if_in_one_go(finished(folder))


def test_a_damaged_command_after_the_last_checkpoint_is_told(folder: Path) -> None:
    """Those before it act again; it and those after it are lost."""
    for batch in (STOPPED, STOPPED + 1, STOPPED + 2):
        commands_file.append(folder, RecordedCommand(batch, SetKnobs({"lr_d": batch / 100_000}), 1.0))
    content = lines(folder)
    (folder / "commands.jsonl").write_bytes(b"".join([*content[:-2], b"?" + content[-2][1:], content[-1]]))
    run = opened(folder)
    reason = f"commands.jsonl cannot be read (line {len(content) - 1})."
    assert run.snapshot().message == f"{reason} What was asked from there on is lost."
    assert run.snapshot().batch == STOPPED
    run = finished(folder)
    assert_as_if_in_one_go(run)
    assert [(mark.batch, mark.after) for mark in run.snapshot().marks if mark.knob == "lr_d"] == [
        (STOPPED, STOPPED / 100_000)
    ]


# --- run.json ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [flip, cut, Path.unlink, lambda path: flip(path, 100)])
def test_a_damaged_run_json_is_told_and_the_one_before_it_used(folder: Path, original: Path, damage: Damage) -> None:
    damage(folder / "run.json")
    run = opened(folder)
    assert run.snapshot().message.startswith("run.json ")
    assert run.snapshot().message.endswith("The checkpoint before it is used.")
    assert run.snapshot().batch == STOPPED
    assert_ends_as_undamaged(folder, original)
    assert opened(folder).snapshot().message == ""


def test_a_run_json_that_is_one_checkpoint_old_is_caught_up_by_the_record(folder: Path, original: Path) -> None:
    """The newest state is not in it, those before it are; the commands since then act again."""
    run_file = read_run_file(folder)
    old = run_file.states[1]
    point = {name: getattr(old, name) for name in Point.model_fields}
    known = {**point, "epoch": 2, "states": run_file.states[:2], "settings": run_file.settings.changed(latent_dim=5)}
    (folder / "run.json").write_bytes(b"")
    (folder / "previous.json").write_bytes(run_json(run_file.model_copy(update=known).model_dump(mode="json")))
    run = opened(folder)
    assert (run.snapshot().batch, run.snapshot().settings.latent_dim) == (2 * BATCHES, 5)
    assert_ends_as_undamaged(folder, original)


def test_with_both_copies_damaged_the_run_is_refused_and_named(folder: Path) -> None:
    for name in ("run.json", "previous.json"):
        flip(folder / name)
    with pytest.raises(DamagedRun, match=r"^run\.json cannot be read \(its syntax\)\.$"):
        opened(folder)


# --- everything at once ------------------------------------------------------------------------------------------


def test_damage_in_many_files_is_survived_too(folder: Path, original: Path) -> None:
    flip(folder / "run.json")
    flip(folder / states(folder)[-1].file)
    flip(folder / "series.npy", row(2 * BATCHES + 2))
    flip(folder / "epochs" / "00002.safetensors")
    run = opened(folder)
    assert run.snapshot().batch == 2 * BATCHES
    assert run.snapshot().message.startswith("series.npy is not as it was written")
    flip(folder / "epochs" / "00002.safetensors")  # as it was: nobody needs it to go on, but a replay compares it
    assert_ends_as_undamaged(folder, original)
    assert replay_run(folder).passed
