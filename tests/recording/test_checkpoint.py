"""A run on disk: it is read back exactly, and a write that fails changes nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers import assert_same_bits, full_disk, full_disk_from
from stored import (
    COMMANDS,
    a_run_file,
    after,
    assert_stands,
    write,
)

from gan.recording import checkpoint, commands_file, series_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import RecordedCommand
from gan.recording.metric_history import MetricHistory
from gan.recording.run_file import read_run_file, write_run_file

# --- there and back ----------------------------------------------------------------------------------------------


def test_a_checkpoint_is_read_back_exactly(tmp_path: Path) -> None:
    written = write(tmp_path / "demo", 15)
    assert read_run_file(tmp_path / "demo") == written
    assert_stands(tmp_path / "demo", 15)


def test_its_state_joins_those_before_it_and_takes_the_place_of_one_of_the_same_batch(tmp_path: Path) -> None:
    first = write(tmp_path, 3).states
    both = write(tmp_path, 15, states=first).states
    assert [state.batch for state in both] == [3, 15]
    again = write(tmp_path, 15, states=both).states
    assert again == both
    assert_same_bits(checkpoint.read_state(tmp_path, again[0]), after(3).state)
    assert_stands(tmp_path, 15)


def test_states_that_are_not_named_and_half_written_files_are_removed(tmp_path: Path) -> None:
    write(tmp_path, 3)
    written = write(tmp_path, 15)
    (tmp_path / ".run.json.99.tmp").write_bytes(b"what a killed process left")
    checkpoint.remove_other_states(tmp_path, written)
    assert written.newest is not None
    expected = {"run.json", "previous.json", "commands.jsonl", "series.npy", written.newest.file}
    assert {path.name for path in tmp_path.iterdir()} == expected
    assert_stands(tmp_path, 15)


def test_a_run_before_its_first_checkpoint_has_no_figures_and_no_state(tmp_path: Path) -> None:
    write_run_file(tmp_path, a_run_file())
    run_file = read_run_file(tmp_path)
    assert len(series_file.read(tmp_path, run_file)) == 0
    assert commands_file.read(tmp_path, run_file) == []
    with pytest.raises(DamagedRun, match="its training state was not kept"):
        checkpoint.read_state(tmp_path, run_file.newest)


def test_the_newest_state_is_the_one_of_the_last_batch(tmp_path: Path) -> None:
    """A run that is trimmed to be given away, or thrown back, may have older ones alone."""
    written = write(tmp_path, 15, states=write(tmp_path, 3).states)
    assert written.newest == written.states[1]
    assert written.model_copy(update={"states": written.states[:1]}).newest is None


def test_rows_and_commands_beyond_the_checkpoint_are_not_its_own(tmp_path: Path) -> None:
    """A longer `series.npy` is what a kill between two files leaves; later commands are what the run asked since."""
    written = write(tmp_path, 3)
    series_file.write(tmp_path, after(15).rows)
    later = RecordedCommand.of_kind(batch=9, kind="set", values={"lr_d": 0.01}, time=9.0)
    commands_file.append(tmp_path, later)
    np.testing.assert_array_equal(series_file.read(tmp_path, written).rows(0, 99), after(3).rows)
    assert commands_file.read(tmp_path, written) == [*COMMANDS, later]


# --- a write that fails ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [0, 500, 100_000])
def test_a_full_disk_leaves_the_checkpoint_before_it(tmp_path: Path, room: int) -> None:
    """With room for nothing, for some of the commands, and for a part of the weights."""
    first = write(tmp_path, 3)
    before = sorted(path.name for path in tmp_path.iterdir())
    with full_disk(room), pytest.raises(OSError, match="File too large"):
        write(tmp_path, 15, states=first.states)
    assert_stands(tmp_path, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == before  # no half-written file either
    write(tmp_path, 15, states=first.states)
    assert_stands(tmp_path, 15)


def names(folder: Path) -> list[str]:
    """The files that a checkpoint writes, in their order."""
    with full_disk_from(99) as written:
        write(folder, 15)
    return written


def test_a_disk_that_becomes_full_at_any_of_its_files_leaves_the_checkpoint_before_it(tmp_path: Path) -> None:
    order = names(tmp_path / "example")
    assert [name.split("-")[0] for name in order] == ["commands.jsonl", "state", "series.npy", "run.json"]
    for number, name in enumerate(order):
        first = write(tmp_path / name, 3)
        with full_disk_from(number), pytest.raises(OSError, match="File too large"):
            write(tmp_path / name, 15, states=first.states)
        assert_stands(tmp_path / name, 3)
        write(tmp_path / name, 15, states=first.states)
        assert_stands(tmp_path / name, 15)


@pytest.mark.parametrize("stuck", ["series.npy", "previous.json", "run.json"])
def test_a_failure_between_two_files_leaves_the_checkpoint_before_it(tmp_path: Path, stuck: str) -> None:
    """The files before the one that cannot be replaced (a folder stands in its way) are new already."""
    first = write(tmp_path, 3, states=write(tmp_path, 2).states)
    (tmp_path / stuck).rename(tmp_path / "kept")
    (tmp_path / stuck).mkdir()
    with pytest.raises(OSError, match="directory"):
        write(tmp_path, 15, states=first.states)
    (tmp_path / stuck).rmdir()
    (tmp_path / "kept").rename(tmp_path / stuck)
    assert_stands(tmp_path, 3)


def test_a_failure_leaves_the_checkpoint_of_the_same_batch_too(tmp_path: Path) -> None:
    """A paused run whose latent size is changed has another state after as many batches."""
    first = write(tmp_path, 3)
    changed = {**after(3).state, "fixed_noise": after(3).state["fixed_noise"] + 1}
    (tmp_path / "series.npy").rename(tmp_path / "kept")
    (tmp_path / "series.npy").mkdir()
    with pytest.raises(OSError, match="directory"):
        checkpoint.write(tmp_path, first, changed, MetricHistory(after(3).rows.copy()), COMMANDS)
    (tmp_path / "series.npy").rmdir()
    (tmp_path / "kept").rename(tmp_path / "series.npy")
    assert_stands(tmp_path, 3)
