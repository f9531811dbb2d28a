"""Train a run again from its record alone, and hold every figure and weight against what was kept.

Settings, seed and the commands with their batch numbers decide a run; on the same machine and versions each bit comes
out again. Another torch, processor or device adds up in another order: the last bits differ from the first batches on,
and training makes such differences grow, so that there only the beginning can be compared (see `LOOSE`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from gan import checkpoint, device
from gan.checkpoint import RunFile
from gan.history import Command, Rows
from gan.trainer import Diverged, Trainer

LOOSE_BATCHES, LOOSE = 100, 1e-3  # with other versions: so many batches, whose losses agree within this


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
    kept = checkpoint.read_series(folder, run_file).rows(0, run_file.batch)
    device.one_thread_a_run()
    trainer = Trainer(run_file.initial_settings)
    exact = run_file.torch_version == torch.__version__
    batches = run_file.batch if exact else min(run_file.batch, LOOSE_BATCHES)
    difference = _first_difference(trainer, commands, kept[:batches], exact, progress)
    if difference is not None:
        return Replay(trainer.batch, difference, weights_equal=False, exact=exact)
    _obey(trainer, commands)
    return Replay(trainer.batch, None, not exact or _same_state(trainer, folder, run_file), exact)


def _first_difference(
    trainer: Trainer, commands: list[Command], kept: Rows, exact: bool, progress: Callable[[int], object]
) -> int | None:
    for row in kept:
        _obey(trainer, commands)
        try:
            figures = np.array(trainer.step(), np.float32)
        except Diverged:
            return trainer.batch + 1
        same = np.array_equal(figures, row) if exact else np.allclose(figures[:2], row[:2], rtol=0, atol=LOOSE)
        if not same:
            return trainer.batch
        progress(trainer.batch)
    return None


def _obey(trainer: Trainer, commands: list[Command]) -> None:
    """Turn the knobs that were turned after as many batches as the trainer has trained."""
    for command in commands:
        if command.batch == trainer.batch and command.kind == "set":
            trainer.change(trainer.settings.changed(**command.values))


def _same_state(trainer: Trainer, folder: Path, run_file: RunFile) -> bool:
    """Whether weights, moments and random generators are those of the checkpoint, to the last bit."""
    if run_file.state_file is None:
        return True
    state, kept = trainer.state(), checkpoint.read_state(folder, run_file)
    return state.keys() == kept.keys() and all(torch.equal(value, kept[name]) for name, value in state.items())
