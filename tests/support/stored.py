"""A run's folder without a run: some batches trained, kept with `recording.checkpoint` alone, read back strictly."""

from __future__ import annotations

import functools
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from helpers import BATCHES, SMALL, Trained, assert_same_bits, in_one_go
from torch import Tensor

from gan.recording import checkpoint
from gan.recording.checkpoint import RunFile
from gan.recording.series import Command, MetricHistory

COMMANDS = [
    Command(batch=1, kind="pause", values={}, time=5.0),
    Command(batch=1, kind="set", values={"lr_g": 0.001, "dropout": 0.25}, time=6.5),
    Command(batch=1, kind="step_d", values={}, time=6.75),
    Command(batch=2, kind="resume", values={}, time=7.0),
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
    checkpoint.write_commands(folder, COMMANDS)
    return checkpoint.write(folder, run_file, after(batches).state, MetricHistory(after(batches).rows.copy()), COMMANDS)


def read_all(folder: Path) -> tuple[RunFile, list[Command], dict[str, Tensor], MetricHistory]:
    """All that a resume reads."""
    run_file = checkpoint.read(folder)
    commands = checkpoint.read_commands(folder, run_file)
    return run_file, commands, checkpoint.read_state(folder, run_file.newest), checkpoint.read_series(folder, run_file)


def assert_stands(folder: Path, batches: int) -> None:
    """The checkpoint after so many batches is whole."""
    run_file, commands, state, series = read_all(folder)
    assert run_file.batch == len(series) == batches
    assert commands == COMMANDS
    assert_same_bits(state, after(batches).state)
    np.testing.assert_array_equal(series.rows(0, batches), after(batches).rows)
