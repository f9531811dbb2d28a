"""A run's folder without a run: some batches trained, kept with `gan.recording` alone, read back strictly."""

from __future__ import annotations

import functools
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from helpers import BATCHES, SMALL, Trained, assert_same_bits, in_one_go
from torch import Tensor

from gan.recording import checkpoint, commands_file, series_file
from gan.recording.commands import RecordedCommand
from gan.recording.metric_history import MetricHistory
from gan.recording.run_file import RunFile, read_run_file


def at(batch: int, kind: str = "pause", **values: Any) -> RecordedCommand:
    """A command after so many batches; with values, one that turns knobs."""
    return RecordedCommand.of_kind(batch, "set" if values else kind, values, 0.0)


COMMANDS = [
    RecordedCommand.of_kind(batch=1, kind="pause", values={}, time=5.0),
    RecordedCommand.of_kind(batch=1, kind="set", values={"lr_g": 0.001, "dropout": 0.25}, time=6.5),
    RecordedCommand.of_kind(batch=1, kind="step_d", values={}, time=6.75),
    RecordedCommand.of_kind(batch=2, kind="resume", values={}, time=7.0),
]
# in the order in which they acted, for tests of the record
STEERING = [
    at(3, lr_g=0.001),
    at(3, "step_d"),
    at(5, "pause"),
    at(5, dropout=0.1, epochs=9),
    at(8, pace=2.0),
]
STEERED = SMALL.changed(lr_g=0.001, dropout=0.25)


def a_run_file(**changes: Any) -> RunFile:
    now = time.time()
    return RunFile(
        name="demo", state="running", created=now, updated=now, app_version="0", torch_version=torch.__version__,
        initial_settings=SMALL, settings=SMALL, batches_per_epoch=BATCHES,
    ).model_copy(update=changes)  # fmt: skip


@functools.cache
def after(batches: int) -> Trained:
    return in_one_go(SMALL, batches, COMMANDS)


def write(folder: Path, batches: int, **changes: Any) -> RunFile:
    """A whole checkpoint after so many batches, beside the states that are in `changes`."""
    run_file = a_run_file(settings=STEERED, batch=batches, epoch=batches // BATCHES, **changes)
    commands_file.write(folder, COMMANDS)
    return checkpoint.write(folder, run_file, after(batches).state, MetricHistory(after(batches).rows.copy()), COMMANDS)


def read_all(folder: Path) -> tuple[RunFile, list[RecordedCommand], dict[str, Tensor], MetricHistory]:
    """All that a resume reads."""
    run_file = read_run_file(folder)
    commands = commands_file.read(folder, run_file)
    return run_file, commands, checkpoint.read_state(folder, run_file.newest), series_file.read(folder, run_file)


def assert_stands(folder: Path, batches: int) -> None:
    """The checkpoint after so many batches is whole."""
    run_file, commands, state, series = read_all(folder)
    assert run_file.batch == len(series) == batches
    assert commands == COMMANDS
    assert_same_bits(state, after(batches).state)
    np.testing.assert_array_equal(series.rows(0, batches), after(batches).rows)


# --- one checkpoint alone, to be damaged -----------------------------------------------------------------------------


@functools.cache
def image_of_a_run() -> dict[str, bytes]:
    """The files of a run with one checkpoint; nothing is there to fall back on."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), 5, state="stopped")
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def whole_name(short: str) -> str:
    return next(name for name in image_of_a_run() if name.startswith(short))


def stored(folder: Path) -> Path:
    for name, content in image_of_a_run().items():
        (folder / name).write_bytes(content)
    return folder


@functools.cache
def as_written() -> RunFile:
    with tempfile.TemporaryDirectory() as temporary:
        return read_run_file(stored(Path(temporary)))


def as_pattern(short: str) -> str:
    return whole_name(short).replace(".", r"\.")
