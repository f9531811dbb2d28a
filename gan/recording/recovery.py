"""Finds the newest intact state a run can resume from.

`run.json` names the checksum of each full state, and of the metrics and commands up to it. If a file is damaged, the
run goes back to the newest state for which all three are intact, or else to its beginning. What came after is trained
again from the record, to the last bit.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gan.limits import MAX_STATE
from gan.recording import atomic_files, checkpoint, commands_file, networks_file, series_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import RecordedCommand, settings_after
from gan.recording.metric_history import NO_ROWS, MetricHistory, Rows
from gan.recording.record import Record
from gan.recording.run_file import UNFINISHED, FullState, Point, RunFile, read_run_file
from gan.training.trainer import Trainer
from gan.training.trainer_state import restore_state

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecoveredRun:
    """A run as read from its files.

    Attributes:
        run_file: where the run stands, after going back if it had to.
        on_disk: `run.json` as it was read.
        damage: what was wrong, in sentences for the user, or None.
    """

    run_file: RunFile
    on_disk: RunFile
    series: MetricHistory
    record: Record
    damage: str | None


def recover(folder: Path) -> RecoveredRun:
    """Read the run in a folder, and go back as far as damage to its metrics or commands requires.

    The files of the states are not read; `resume_point` does that.

    Raises:
        DamagedRun: both copies of `run.json` are damaged, so the run is lost.
    """
    run_file = read_run_file(folder)
    rows, complaint = _rows(folder)
    commands, other_complaint = commands_file.read_valid(folder)
    intact = _intact([*run_file.states, run_file], rows, commands)
    if run_file in intact:
        lost = other_complaint and f"{other_complaint} What was asked from there on is lost."
        record = Record(commands, run_file.commands)
        return RecoveredRun(run_file, run_file, _series(rows, run_file.batch), record, lost)
    damage = complaint or other_complaint or _altered(run_file, rows)
    good = [state for state in run_file.states if state in intact]
    back = _take_back(run_file, good, commands)
    if not commands_file.matches(commands, run_file):  # any of them may be altered, so none acts again
        commands = commands[: back.commands]
    told = f"{damage} {_where(back, run_file.resumable)}"
    return RecoveredRun(back, run_file, _series(rows, back.batch), Record(commands, back.commands), told)


@dataclass(frozen=True)
class ResumePoint:
    """A trainer at the state from which the run resumes.

    Attributes:
        obeyed: how many commands of the record the trainer has obeyed.
        run_file: `run.json` as it is at this state.
        damage: if it is not the run's last state, why not, in sentences for the user.
    """

    trainer: Trainer
    obeyed: int
    run_file: RunFile
    damage: str | None


def resume_point(folder: Path, run_file: RunFile, record: Record) -> ResumePoint:
    """Restore the newest intact state, or else begin anew: the record then makes the run again.

    Raises:
        DamagedRun: the file with the run's networks of its own is not the recorded one.
        DataError, DeviceError, NetworksError: see `Trainer`.
    """
    damage = None
    own = networks_file.read(folder, run_file)
    good = list(run_file.states)
    while good:
        state = good[-1]
        try:
            settings = settings_after(run_file.initial_settings, record.commands[: state.commands])
            trainer = Trainer(settings, own, run_file.processor)
            restore_state(trainer, state.batch, checkpoint.read_state(folder, state))
        except DamagedRun as error:
            damage = damage or str(error)
        except ValueError:
            damage = damage or f"{state.file} does not fit the settings of the run."
        else:
            back = run_file if state.batch == run_file.batch else _take_back(run_file, good, record.commands)
            return ResumePoint(trainer, state.commands, back, _explain(damage, trainer, run_file))
        good.pop()
    trainer = Trainer(run_file.initial_settings, own, run_file.processor)
    back = _take_back(run_file, [], record.commands) if run_file.batch else run_file
    return ResumePoint(trainer, 0, back, _explain(damage, trainer, run_file))


def newest_state_damage(folder: Path, run_file: RunFile) -> str | None:
    """What is wrong with the file of the newest state, in one sentence, or None."""
    try:
        if run_file.states:
            state = run_file.states[-1]
            atomic_files.check_file(folder / state.file, MAX_STATE, state.sha256)
    except DamagedRun as error:
        return str(error)
    return None


def _explain(damage: str | None, trainer: Trainer, run_file: RunFile) -> str | None:
    if damage is None and trainer.batch == run_file.batch:
        return None
    reason = damage or "The training state of the last batch was not kept."
    where = f"epoch {trainer.epoch}" if trainer.batch else "the beginning"
    return f"{reason} It goes on from {where}. What it had reached is set aside until that has been trained again."


def _where(run_file: RunFile, resumable: bool) -> str:
    where = f"epoch {run_file.epoch}" if run_file.batch else "its beginning"
    return f"The run stands at {where}{' and can be resumed' if resumable else ''}."


def _rows(folder: Path) -> tuple[Rows, str | None]:
    try:
        return series_file.read_rows(folder), None
    except DamagedRun as damage:
        return NO_ROWS, str(damage)


def _series(rows: Rows, count: int) -> MetricHistory:
    return MetricHistory(np.ascontiguousarray(rows[:count])) if count else MetricHistory()


def _intact(points: list[Point], rows: Rows, commands: list[RecordedCommand]) -> list[Point]:
    """The points up to which both the metrics and the commands are as they were written."""
    figures = series_file.prefix_checksums([rows], (point.batch for point in points))
    records = commands_file.prefix_checksums(commands, (point.commands for point in points))
    return [
        point
        for point in points
        if figures.get(point.batch) == point.series_sha256 and records.get(point.commands) == point.commands_sha256
    ]


def _altered(run_file: RunFile, rows: Rows) -> str:
    series_intact = series_file.checksum(rows[: run_file.batch]) == run_file.series_sha256
    return str(atomic_files.altered(commands_file.NAME if series_intact else series_file.NAME))


def _take_back(run_file: RunFile, states: list[FullState], commands: list[RecordedCommand]) -> RunFile:
    """`run_file` as it was at the last of these intact states, or at the beginning if there is none."""
    point = states[-1] if states else Point()
    values = {name: getattr(point, name) for name in Point.model_fields}
    settings = settings_after(run_file.initial_settings, commands[: point.commands])
    epoch = point.batch // run_file.batches_per_epoch
    state = run_file.state if run_file.state in UNFINISHED else "interrupted"
    changes = {"states": tuple(states), "settings": settings, "epoch": epoch, "state": state, "figures": {}}
    return run_file.model_copy(update={**values, **changes})
