"""Trains a run again from its record alone, and compares all metrics and weights with what was kept.

Settings, seed and the commands with their batch numbers determine a run. The same versions on the same machine give the
same bits: the metrics of every batch, the weights of every kept epoch, the last full state. Another version of the
training step, another torch, processor or device adds in another order, so the last bits differ from the first batches
on, and training makes such differences grow. There only the first batches are compared (see `LOOSE`). `run.json` names
what trained the run, and that is compared before anything is trained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from gan.recording import checkpoint, commands_file, epochs, networks_file, series_file, step_version, weights_file
from gan.recording.commands import RecordedCommand, SetKnobs, settings_after
from gan.recording.metric_history import METRICS, Rows
from gan.recording.record import Record
from gan.recording.run_file import RunFile, read_run_file
from gan.recording.step_version import STEP_VERSION
from gan.training import device
from gan.training.device_choice import choose_device
from gan.training.trainer import Diverged, Trainer
from gan.training.trainer_state import capture_state

LOOSE_BATCHES, LOOSE = 100, 1e-3  # on other machines or versions the losses of the first 100 batches agree within this


@dataclass(frozen=True)
class Replay:
    """The outcome of a replay.

    Attributes:
        batches: how many batches were trained again.
        first_difference: the first batch (from 1) whose metrics differ, or None.
        weights_equal: whether all compared weights are equal; None if none were compared.
        exact: True if all bits were compared, False if losses were compared within `LOOSE`.
        compared: what was compared, for the user.
        reason: why not all bits were compared, in one sentence, or "".
    """

    batches: int
    first_difference: int | None
    weights_equal: bool | None
    exact: bool
    compared: str
    reason: str = ""

    @property
    def passed(self) -> bool:
        return self.first_difference is None and self.weights_equal is not False


def replay_run(folder: Path, progress: Callable[[int], object] = lambda batch: None) -> Replay:
    """Train the run in `folder` again up to its last checkpoint, or up to the first batch that differs.

    Args:
        progress: called with the number of batches trained so far.

    Raises:
        DamagedRun, DataError, DeviceError, NetworksError: the text is for the user.
    """
    run_file = read_run_file(folder)
    commands = commands_file.read(folder, run_file)[: run_file.commands]
    rows = series_file.read(folder, run_file).rows(0, run_file.batch)
    device.use_one_thread()
    reason = _recorded_elsewhere(run_file)
    if reason:
        return _replay_beginning(folder, run_file, commands, rows, progress, reason)
    outcome = _replay_exactly(folder, run_file, commands, rows, progress)
    unknown = step_version.unknown_versions(run_file)
    if outcome.passed or not unknown:
        return outcome
    differs = outcome.first_difference
    where = f"batch {differs}" if differs else "the weights"
    reason = f"It was trained by {unknown}, and its last bits differ from {where} on"
    return _replay_beginning(folder, run_file, commands, rows, progress, f"{reason}; this is version {STEP_VERSION}.")


def _recorded_elsewhere(run_file: RunFile) -> str:
    """Why this process cannot repeat the bits of this run, in one sentence, or ""; `run.json` tells."""
    others = step_version.other_versions(run_file)
    if others:
        return f"It was trained by {others}, and this is version {STEP_VERSION}."
    own = run_file.networks is not None
    kind = choose_device(run_file.initial_settings, own=own, trained_on=run_file.processor).kind
    for what, recorded, here in (
        ("with torch", run_file.torch_version, torch.__version__),
        ("on", run_file.processor or "another processor", device.processor(kind)),
    ):
        if recorded != here:
            return f"It was trained {what} {recorded}, and this is {here}."
    return ""


def _replay_exactly(
    folder: Path, run_file: RunFile, commands: list[RecordedCommand], rows: Rows, progress: Callable[[int], object]
) -> Replay:
    trainer, record = _beginning(folder, run_file), Record(commands)
    found: list[bool] = []  # for each epoch whose weights are kept, whether they are equal
    for row in rows:
        if not np.array_equal(_step(trainer, record), row):
            compared = _compared(trainer.batch, len(found), state=False)
            return Replay(trainer.batch, trainer.batch, all(found) if found else None, exact=True, compared=compared)
        if trainer.batch % trainer.batches_per_epoch == 0 and trainer.epoch in epochs.numbers(folder):
            found.append(_same_weights(trainer, folder))
        progress(trainer.batch)
    _obey(trainer, record)
    compared = _compared(trainer.batch, len(found), state=run_file.newest is not None)
    if run_file.newest is not None:
        found.append(_same_state(trainer, folder, run_file))
    return Replay(trainer.batch, None, all(found) if found else None, exact=True, compared=compared)


def _compared(batches: int, kept: int, *, state: bool) -> str:
    weights = [f"the weights of {kept} epoch{'s' if kept > 1 else ''}"] if kept else []
    parts = [f"the figures of {batches:,} batch{'es' if batches > 1 else ''}", *weights]
    parts += ["the last full state"] if state else []
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return f"{listed}, bit by bit{'' if kept or state else '; no weights are kept'}"


def _replay_beginning(
    folder: Path, run_file: RunFile, commands: list[RecordedCommand], rows: Rows, progress: Callable[[int], object],
    reason: str,
) -> Replay:  # fmt: skip
    trainer, record = _beginning(folder, run_file), Record(commands)
    different = None
    for row in rows[:LOOSE_BATCHES]:
        if not np.allclose(_step(trainer, record)[:2], row[:2], rtol=0, atol=LOOSE):
            different = trainer.batch
            break
        progress(trainer.batch)
    compared = f"the losses of the first {trainer.batch} batches, within {LOOSE}; no weights"
    return Replay(trainer.batch, different, None, exact=False, compared=compared, reason=reason)


def _beginning(folder: Path, run_file: RunFile) -> Trainer:
    return Trainer(run_file.initial_settings, networks_file.read(folder, run_file), run_file.processor)


def _step(trainer: Trainer, record: Record) -> Rows:
    """The metrics of the next batch; NaN if it diverges, which the run did not."""
    _obey(trainer, record)
    try:
        return np.array(trainer.step(record.only(trainer.batch)), np.float32)
    except Diverged:
        trainer.batch += 1
        return np.full(len(METRICS), np.nan, np.float32)


def _obey(trainer: Trainer, record: Record) -> None:
    """Turn the knobs that were turned after the batches trained so far."""
    for command in record.due(trainer.batch):
        if isinstance(command.command, SetKnobs):
            trainer.change(settings_after(trainer.settings, [command]))


def _same_weights(trainer: Trainer, folder: Path) -> bool:
    """Whether the weights equal those that were kept of the epoch that has just ended."""
    kept, _, _ = epochs.read(folder, trainer.epoch)
    weights = weights_file.weights_of_state(capture_state(trainer), trainer.own)
    made = epochs.rounded_as_kept(folder, trainer.epoch, weights)
    return all(torch.equal(value, made[name]) for name, value in kept.items())


def _same_state(trainer: Trainer, folder: Path, run_file: RunFile) -> bool:
    """Whether weights, moments and random streams equal those of the last checkpoint, to the last bit."""
    state, kept = capture_state(trainer), checkpoint.read_state(folder, run_file.newest)
    return state.keys() == kept.keys() and all(torch.equal(value, kept[name]) for name, value in state.items())
