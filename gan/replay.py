"""Train a run again from its record alone, and hold every figure and weight against what was kept.

Settings, seed and the commands with their batch numbers decide a run; on the same machine and versions each bit comes
out again: the figures of every batch, the weights of every kept epoch, the last full state. Another torch, processor or
device adds up in another order: the last bits differ from the first batches on, and training makes such differences
grow, so that there only the beginning can be compared (see `LOOSE`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from gan import checkpoint, device, epochs
from gan.checkpoint import RunFile
from gan.history import SERIES, Rows
from gan.record import Record, settings_after
from gan.trainer import Diverged, Trainer

LOOSE_BATCHES, LOOSE = 100, 1e-3  # elsewhere: so many batches, whose losses agree within this


@dataclass(frozen=True)
class Replay:
    """`first_difference` is the batch (from 1) whose figures differ first, or None; `exact`: every bit was compared."""

    batches: int
    first_difference: int | None
    weights_equal: bool
    exact: bool

    @property
    def passed(self) -> bool:
        return self.first_difference is None and self.weights_equal


def replay(folder: Path, progress: Callable[[int], object] = lambda batch: None) -> Replay:
    """Train the run in `folder` again up to its last checkpoint; stops at the first batch that differs.

    Raises:
        DamagedRun, DataError, DeviceError: the text is for the user.
    """
    run_file = checkpoint.read(folder)
    commands = checkpoint.read_commands(folder, run_file)[: run_file.commands]
    rows = checkpoint.read_series(folder, run_file).rows(0, run_file.batch)
    device.one_thread_a_run()
    trainer = Trainer(run_file.initial_settings)
    here = (torch.__version__, device.processor(run_file.settings.device))
    exact = (run_file.torch_version, run_file.processor) == here
    rows = rows if exact else rows[:LOOSE_BATCHES]
    record, weights_equal = Record(commands), True
    for row in rows:
        if not _same(_step(trainer, record), row, exact):
            return Replay(trainer.batch, trainer.batch, weights_equal=False, exact=exact)
        weights_equal &= not exact or _same_weights(trainer, folder)
        progress(trainer.batch)
    _obey(trainer, record)
    return Replay(trainer.batch, None, weights_equal and (not exact or _same_state(trainer, folder, run_file)), exact)


def _step(trainer: Trainer, record: Record) -> Rows:
    """The figures of the next batch; a batch that diverges where the run did not has none."""
    _obey(trainer, record)
    try:
        return np.array(trainer.step(record.only(trainer.batch)), np.float32)
    except Diverged:
        trainer.batch += 1
        return np.full(len(SERIES), np.nan, np.float32)


def _same(figures: Rows, kept: Rows, exact: bool) -> bool:
    if exact:
        return np.array_equal(figures, kept)
    return np.allclose(figures[:2], kept[:2], rtol=0, atol=LOOSE)


def _obey(trainer: Trainer, record: Record) -> None:
    """Turn the knobs that were turned after as many batches as the trainer has trained."""
    for command in record.due(trainer.batch):
        if command.kind == "set":
            trainer.change(settings_after(trainer.settings, [command]))


def _same_weights(trainer: Trainer, folder: Path) -> bool:
    """Whether the weights are those that were kept of the epoch that has just ended, if they were."""
    if trainer.batch % trainer.batches_per_epoch or trainer.epoch not in epochs.numbers(folder):
        return True
    kept, _, _ = epochs.read(folder, trainer.epoch)
    made = epochs.rounded_as(folder, trainer.epoch, epochs.weights_of(trainer.state()))
    return all(torch.equal(value, made[name]) for name, value in kept.items())


def _same_state(trainer: Trainer, folder: Path, run_file: RunFile) -> bool:
    """Whether weights, moments and random generators are those of the last checkpoint, to the last bit."""
    if run_file.newest is None:  # it was not kept
        return True
    state, kept = trainer.state(), checkpoint.read_state(folder, run_file.newest)
    return state.keys() == kept.keys() and all(torch.equal(value, kept[name]) for name, value in state.items())
