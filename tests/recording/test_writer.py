"""The keeper: it writes what it is given, goes on when the disk refuses, and makes up for it afterwards."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers import BATCHES, SMALL, assert_same_bits, full_disk, full_disk_from, read_only
from stored import a_run_file

from gan.data.grid import grid_png
from gan.recording import checkpoint, commands_file, epochs, series_file, weights_file
from gan.recording.commands import RecordedCommand
from gan.recording.metric_history import MetricHistory
from gan.recording.record import Record
from gan.recording.run_file import read_run_file
from gan.recording.writer import RunWriter, is_held
from gan.training.build import IMAGE_SHAPE
from gan.training.sampling import GRID_IMAGES
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state

TURNED = RecordedCommand.of_kind(batch=2, kind="set", values={"lr_g": 0.001}, time=1.0)
PAUSED = RecordedCommand.of_kind(batch=2, kind="pause", values={}, time=2.0)


class Training:
    """A trainer with its series and record, and its checkpoints through a keeper."""

    def __init__(self, folder: Path, **knobs: Any) -> None:
        self.trainer = Trainer(SMALL.changed(**knobs))
        self.writer = RunWriter(folder, a_run_file(settings=self.trainer.settings))
        self.series = MetricHistory()
        self.record = Record()

    def go_on(self, batches: int, **changes: Any) -> None:
        """Train, keep what each epoch comes to, and write a checkpoint."""
        for _ in range(batches):
            self.series.append(self.trainer.step())
            if self.trainer.batch % BATCHES == 0:
                self.keep_epoch()
        here = {"batch": self.trainer.batch, "epoch": self.trainer.epoch, **changes}
        self.writer.write_checkpoint(capture_state(self.trainer), self.series, self.record, self.png(), **here)

    def keep_epoch(self) -> None:
        t = self.trainer
        weights = weights_file.pack(weights_file.weights_of_state(capture_state(t)), t.settings, t.batch, t.epoch)
        self.writer.write_epoch(t.epoch, self.png(), weights, t.settings.kept_epochs)

    def png(self) -> bytes:
        return grid_png(self.trainer.sample())

    def assert_saved(self) -> None:
        folder = self.writer.folder
        run_file = read_run_file(folder)
        assert run_file == self.writer.run_file == self.writer.on_disk
        assert run_file.batch == self.trainer.batch
        assert_same_bits(checkpoint.read_state(folder, run_file.newest), capture_state(self.trainer))
        series = series_file.read(folder, run_file)
        np.testing.assert_array_equal(series.rows(0, len(series)), self.series.rows(0, len(self.series)))
        assert commands_file.read(folder, run_file)[: run_file.commands] == self.record.so_far()
        assert epochs.read_grid(folder, None) == self.png()
        assert all((folder / state.file).exists() for state in run_file.states)

    def states(self) -> list[int]:
        """The batches of the full states on disk."""
        kept = [state.batch for state in read_run_file(self.writer.folder).states]
        assert len(list(self.writer.folder.glob("state-*"))) == len(kept)
        return kept


# --- checkpoints -------------------------------------------------------------------------------------------------


def test_a_checkpoint_is_on_disk_and_remembered_as_written(tmp_path: Path) -> None:
    training = Training(tmp_path / "demo")
    training.go_on(3, state="paused")
    training.assert_saved()
    assert training.writer.trouble is None
    assert read_run_file(tmp_path / "demo").state == "paused"


def test_a_note_of_the_state_leaves_the_checkpoint_as_it_is(tmp_path: Path) -> None:
    training = Training(tmp_path / "demo")
    training.go_on(3)
    training.writer.update_run_file(state="diverged", message="It ran away.")
    training.assert_saved()
    assert (read_run_file(tmp_path / "demo").state, training.states()) == ("diverged", [3])


def test_the_folder_belongs_to_one_keeper_at_a_time(tmp_path: Path) -> None:
    first, second = RunWriter(tmp_path, a_run_file()), RunWriter(tmp_path, a_run_file())
    assert first.lock()
    assert is_held(tmp_path)
    assert not second.lock()
    first.unlock()
    assert not is_held(tmp_path)
    assert second.lock()
    second.unlock()


def test_the_size_is_that_of_all_files_at_the_last_checkpoint(tmp_path: Path) -> None:
    training = Training(tmp_path / "demo", full_every=1)
    for batches in (0, 3, BATCHES, BATCHES, 2):
        training.go_on(batches)
        files = [path.stat().st_size for path in (tmp_path / "demo").rglob("*") if path.is_file()]
        assert training.writer.run_file.size == pytest.approx(sum(files), rel=0.05)


# --- which states and epochs are kept ----------------------------------------------------------------------------


def test_the_newest_state_and_the_one_before_it_are_kept(tmp_path: Path) -> None:
    training = Training(tmp_path / "demo")
    seen = []
    for _ in range(4):
        training.go_on(3)
        seen.append(training.states())
    assert seen == [[3], [3, 6], [6, 9], [9, 12]]


def test_another_checkpoint_of_the_same_batch_takes_the_place_of_the_first(tmp_path: Path) -> None:
    """A run is paused and then stopped: the one before is still there, should the newest be damaged."""
    training = Training(tmp_path / "demo")
    training.go_on(3)
    training.go_on(3, state="paused")
    training.go_on(0, state="stopped")
    assert training.states() == [3, 6]


def test_every_so_many_epochs_a_state_stays(tmp_path: Path) -> None:
    training = Training(tmp_path / "demo", full_every=2)
    for _ in range(7):
        training.go_on(BATCHES)
    assert [batch // BATCHES for batch in training.states()] == [2, 4, 6, 7]
    training.go_on(1)
    assert training.states() == [2 * BATCHES, 4 * BATCHES, 6 * BATCHES, 7 * BATCHES, 7 * BATCHES + 1]


def test_old_epochs_and_states_are_thinned_evenly(tmp_path: Path) -> None:
    training = Training(tmp_path / "demo", full_every=1, kept_epochs=4)
    seen = []
    for _ in range(10):
        training.go_on(BATCHES)
        seen.append((epochs.numbers(tmp_path / "demo"), [batch // BATCHES for batch in training.states()]))
    assert seen == [
        ([1], [1]),
        ([1, 2], [1, 2]),
        ([1, 2, 3], [1, 2, 3]),
        ([1, 2, 3, 4], [1, 2, 3, 4]),
        ([2, 4, 5], [2, 4, 5]),
        ([2, 4, 6], [2, 4, 5, 6]),  # 5: the one before the newest
        ([2, 4, 6, 7], [2, 4, 6, 7]),
        ([2, 4, 6, 8], [2, 4, 6, 7, 8]),
        ([2, 4, 6, 8, 9], [2, 4, 6, 8, 9]),  # the newest stays until the next one is there
        ([4, 8, 10], [4, 8, 9, 10]),
    ]


# --- a disk that refuses -----------------------------------------------------------------------------------------


def test_a_full_disk_is_told_and_made_up_for(tmp_path: Path) -> None:
    training = Training(tmp_path / "demo")
    training.go_on(3)
    sentence = "This run is not being saved: File too large. It goes on, and saving is tried again."
    with full_disk():
        training.go_on(3)
        troubles = [training.writer.trouble]
        # small enough for the room that is left: not all is well yet
        training.writer.record_command(training.record, TURNED)
        troubles.append(training.writer.trouble)
    assert troubles == [sentence, sentence]
    assert read_run_file(tmp_path / "demo").batch == 3
    training.go_on(1)
    training.assert_saved()
    assert training.writer.trouble is None


def test_a_disk_that_is_full_at_any_file_of_a_checkpoint_is_made_up_for(tmp_path: Path) -> None:
    order = written_by_a_checkpoint(tmp_path / "example")
    parts = ["commands.jsonl", "00001.png", "latest.png", "state", "series.npy", "run.json"]
    assert [name.split("-")[0] for name in order] == parts
    for number, name in enumerate(order):
        training = about_to_keep(tmp_path / name / "demo")
        with full_disk_from(number):
            training.go_on(1)
        assert "File too large" in str(training.writer.trouble)
        assert read_run_file(training.writer.folder).batch == BATCHES - 1
        assert training.writer.read_grid(1) is not None
        training.go_on(0)
        assert training.writer.trouble is None
        training.assert_saved()
        assert epochs.read_grid(training.writer.folder, 1) == training.writer.read_grid(1)


def about_to_keep(folder: Path) -> Training:
    """The disk was full when a command came and an epoch ended; the next checkpoint has both to make up for."""
    training = Training(folder)
    training.go_on(BATCHES - 1)
    with full_disk(0):
        training.writer.record_command(training.record, TURNED)
        training.writer.write_epoch(1, training.png(), b"weights", 200)
    return training


def written_by_a_checkpoint(folder: Path) -> list[str]:
    training = about_to_keep(folder)
    with full_disk_from(99) as written:
        training.go_on(0)
    return written


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    """A run's folder that cannot be made, since the folder of the runs is a file; `repair` makes it one."""
    (tmp_path / "runs").write_text("not a folder")
    return tmp_path / "runs" / "demo"


def repair(folder: Path) -> None:
    folder.parent.unlink()
    folder.parent.mkdir()


def test_a_disk_that_refuses_everything_is_told_and_what_it_missed_is_written_later(refused: Path) -> None:
    training = Training(refused)
    writer = training.writer
    assert writer.lock()  # nobody else trains it: the run may go on
    assert "not being saved: Not a directory" in str(writer.trouble)
    writer.record_command(training.record, TURNED)
    picture = grid_png(torch.zeros(GRID_IMAGES, *IMAGE_SHAPE))
    writer.write_epoch(1, picture, b"weights", 200)
    training.go_on(2)
    assert writer.read_grid(1) == picture  # from memory
    assert writer.read_grid(2) is None

    repair(refused)
    training.go_on(2)
    assert writer.trouble is None
    training.assert_saved()
    assert commands_file.read(refused, writer.run_file) == [TURNED]
    assert writer.unsaved_grids == {}
    assert writer.read_grid(1) == epochs.read_grid(refused, 1) == picture
    assert not RunWriter(refused, a_run_file()).lock()  # and the folder is now this keeper's
    writer.unlock()


def test_the_log_tells_the_trouble_once(refused: Path, caplog: pytest.LogCaptureFixture) -> None:
    training = Training(refused)
    for _ in range(3):
        training.go_on(1)
    assert [record.getMessage() for record in caplog.records] == ["Run demo is not being saved: Not a directory"]


def test_a_folder_that_may_not_be_written_is_told_and_made_up_for(public_path: Path) -> None:
    training = Training(public_path / "demo")
    training.go_on(3)
    with read_only(public_path / "demo"):
        training.go_on(3)
        training.writer.record_command(training.record, TURNED)
        trouble = training.writer.trouble
    assert trouble == "This run is not being saved: Permission denied. It goes on, and saving is tried again."
    assert read_run_file(public_path / "demo").batch == 3
    training.go_on(1)
    training.assert_saved()
    assert training.writer.trouble is None


def test_a_folder_that_was_removed_is_made_again_with_the_whole_record(tmp_path: Path) -> None:
    training = Training(tmp_path / "demo")
    writer = training.writer
    assert writer.lock()
    writer.record_command(training.record, TURNED)
    training.go_on(BATCHES)
    shutil.rmtree(tmp_path / "demo")
    writer.record_command(training.record, PAUSED)
    assert commands_file.read_valid(tmp_path / "demo") == ([TURNED, PAUSED], None)
    shutil.rmtree(tmp_path / "demo")
    training.go_on(2)
    training.assert_saved()
    assert training.states() == [BATCHES + 2]
    assert is_held(tmp_path / "demo")
    writer.unlock()
