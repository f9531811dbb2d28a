"""The keeper: it writes what it is given, goes on when the disk refuses, and makes up for it afterwards."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers import SMALL, assert_same_bits, full_disk

from gan import checkpoint
from gan.checkpoint import RunFile
from gan.history import Command, Series
from gan.images import grid_png
from gan.keeper import Keeper
from gan.trainer import Trainer

COMMAND = Command(batch=2, kind="set", values={"lr_g": 0.001}, time=1.0)


def a_keeper(folder: Path) -> Keeper:
    now = time.time()
    run_file = RunFile(
        name=folder.name, state="running", created=now, updated=now, app_version="0", torch_version=torch.__version__,
        initial_settings=SMALL, settings=SMALL, batches_per_epoch=13,
    )  # fmt: skip
    return Keeper(folder, run_file)


class Training:
    """A trainer with its series, and its checkpoints through a keeper."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper = keeper
        self.trainer = Trainer(SMALL)
        self.series = Series()

    def go_on(self, batches: int, **changes: Any) -> None:
        for _ in range(batches):
            self.series.append(self.trainer.step())
        png = grid_png(self.trainer.sample())
        self.keeper.checkpoint(self.trainer.state(), self.series, png, batch=self.trainer.batch, **changes)

    def assert_saved(self) -> None:
        folder = self.keeper.folder
        run_file = checkpoint.read(folder)
        assert run_file == self.keeper.run_file
        assert run_file.batch == self.trainer.batch
        assert_same_bits(checkpoint.read_state(folder, run_file), self.trainer.state())
        series = checkpoint.read_series(folder, run_file)
        np.testing.assert_array_equal(series.rows(0, len(series)), self.series.rows(0, len(self.series)))


def test_a_checkpoint_is_on_disk_and_remembered_as_written(tmp_path: Path) -> None:
    training = Training(a_keeper(tmp_path / "demo"))
    training.go_on(3, state="paused")
    training.assert_saved()
    assert training.keeper.trouble is None
    assert checkpoint.read(tmp_path / "demo").state == "paused"


def test_a_note_of_the_state_leaves_the_checkpoint_as_it_is(tmp_path: Path) -> None:
    training = Training(a_keeper(tmp_path))
    training.go_on(3)
    training.keeper.note_state(state="diverged", message="It ran away.")
    training.assert_saved()
    assert (checkpoint.read(tmp_path).state, checkpoint.read(tmp_path).message) == ("diverged", "It ran away.")


def test_the_folder_belongs_to_one_keeper_at_a_time(tmp_path: Path) -> None:
    first, second = a_keeper(tmp_path), a_keeper(tmp_path)
    assert first.lock()
    assert not second.lock()
    first.unlock()
    assert second.lock()
    second.unlock()


def test_a_full_disk_is_told_and_made_up_for(tmp_path: Path) -> None:
    training = Training(a_keeper(tmp_path))
    training.go_on(3)
    sentence = "This run is not being saved: File too large. It goes on, and saving is tried again."
    with full_disk():
        training.go_on(3)
        troubles = [training.keeper.trouble]
        training.keeper.record([COMMAND])  # small enough for the room that is left: no sign that all is well
        troubles.append(training.keeper.trouble)
    assert troubles == [sentence, sentence]
    assert checkpoint.read(tmp_path).batch == 3
    training.go_on(1)
    training.assert_saved()
    assert training.keeper.trouble is None


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    """A run's folder that cannot be made, since the folder of the runs is a file; `repair` makes it one."""
    (tmp_path / "runs").write_text("not a folder")
    return tmp_path / "runs" / "demo"


def repair(folder: Path) -> None:
    folder.parent.unlink()
    folder.parent.mkdir()


def test_a_disk_that_refuses_everything_is_told_and_what_it_missed_is_written_later(refused: Path) -> None:
    keeper = a_keeper(refused)
    training = Training(keeper)
    assert keeper.lock()  # nobody else trains it: the run may go on
    assert "not being saved: Not a directory" in str(keeper.trouble)
    keeper.record([COMMAND])
    keeper.unsaved_grids[1] = b"a picture"
    training.go_on(2)
    assert keeper.grid(1) == b"a picture"  # from memory
    assert keeper.grid(2) is None

    repair(refused)
    training.go_on(2, commands=1)
    assert keeper.trouble is None
    training.assert_saved()
    assert checkpoint.read_commands(refused, keeper.run_file) == [COMMAND]
    assert keeper.unsaved_grids == {}
    assert keeper.grid(1) == b"a picture"
    assert checkpoint.read_grid(refused, 1) == b"a picture"
    assert not a_keeper(refused).lock()  # and the folder is now this keeper's
    keeper.unlock()


def test_the_log_tells_the_trouble_once(refused: Path, caplog: pytest.LogCaptureFixture) -> None:
    training = Training(a_keeper(refused))
    for _ in range(3):
        training.go_on(1)
    assert [record.getMessage() for record in caplog.records] == ["Run demo is not being saved: Not a directory"]
