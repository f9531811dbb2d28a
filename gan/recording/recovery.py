"""Where a run on disk can be gone on from, whatever has happened to its files.

Each full state is vouched for by its checksum, and so are the figures and commands up to it. If something is not as it
was written, the newest state stands of which all of that is whole, or else the beginning: what came after is trained
again from the record, to the last bit.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gan.limits import MAX_STATE
from gan.recording import atomic_files, checkpoint, commands_file, series_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import Command, settings_after
from gan.recording.metric_history import METRICS, MetricHistory, Rows
from gan.recording.record import Record
from gan.recording.run_file import UNFINISHED, FullState, Point, RunFile, read_run_file
from gan.training.trainer import Trainer
from gan.training.trainer_state import restore_state

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """A run as its files tell it. `run_file` is where it stands, `damage` is what was wrong, if anything, in words."""

    run_file: RunFile
    on_disk: RunFile
    series: MetricHistory
    record: Record
    damage: str | None


def find(folder: Path) -> Found:
    """The run in a folder, gone back as far as damage to its figures or commands asks for.

    Raises:
        DamagedRun: both copies of `run.json` are damaged; nothing can be made of it.
    """
    run_file = read_run_file(folder)
    rows, complaint = _rows(folder)
    commands, other_complaint = commands_file.read_valid(folder)
    whole = _whole([*run_file.states, run_file], rows, commands)
    if run_file in whole:
        lost = other_complaint and f"{other_complaint} What was asked from there on is lost."
        return Found(run_file, run_file, _series(rows, run_file.batch), Record(commands, run_file.commands), lost)
    damage = complaint or other_complaint or _altered(run_file, rows)
    good = [state for state in run_file.states if state in whole]
    back = _gone_back(run_file, good, commands)
    if not commands_file.matches(commands, run_file):  # nobody can tell which of them are as they were: none acts again
        commands = commands[: back.commands]
    told = f"{damage} {_from(back, run_file.resumable)}"
    return Found(back, run_file, _series(rows, back.batch), Record(commands, back.commands), told)


@dataclass(frozen=True)
class Start:
    """A trainer to go on with, which has obeyed so many commands, and `run_file` as the run stands there.

    `damage` says in words why that is not the run's last state, if it is not.
    """

    trainer: Trainer
    obeyed: int
    run_file: RunFile
    damage: str | None


def start_of(folder: Path, run_file: RunFile, record: Record) -> Start:
    """The run at its newest state that is whole, or else at its beginning: the record makes it again."""
    damage = None
    good = list(run_file.states)
    while good:
        state = good[-1]
        try:
            trainer = Trainer(settings_after(run_file.initial_settings, record.commands[: state.commands]))
            restore_state(trainer, state.batch, checkpoint.read_state(folder, state))
        except DamagedRun as error:
            damage = damage or str(error)
        except ValueError:
            damage = damage or f"{state.file} does not fit the settings of the run."
        else:
            back = run_file if state.batch == run_file.batch else _gone_back(run_file, good, record.commands)
            return Start(trainer, state.commands, back, _told(damage, trainer, run_file))
        good.pop()
    trainer = Trainer(run_file.initial_settings)
    back = _gone_back(run_file, [], record.commands) if run_file.batch else run_file
    return Start(trainer, 0, back, _told(damage, trainer, run_file))


def damage_of_state(folder: Path, run_file: RunFile) -> str | None:
    """What is wrong with the newest state's file, in words, or None."""
    try:
        if run_file.states:
            state = run_file.states[-1]
            atomic_files.check_file(folder / state.file, MAX_STATE, state.sha256)
    except DamagedRun as error:
        return str(error)
    return None


def _told(damage: str | None, trainer: Trainer, run_file: RunFile) -> str | None:
    if damage is None and trainer.batch == run_file.batch:
        return None
    reason = damage or "The training state of the last batch was not kept."
    where = f"epoch {trainer.epoch}" if trainer.batch else "the beginning"
    return f"{reason} It goes on from {where}. What it had reached is set aside until that has been trained again."


def _from(run_file: RunFile, resumable: bool) -> str:
    where = f"epoch {run_file.epoch}" if run_file.batch else "its beginning"
    return f"The run stands at {where}{' and can be resumed' if resumable else ''}."


def _rows(folder: Path) -> tuple[Rows, str | None]:
    try:
        return series_file.read_rows(folder), None
    except DamagedRun as damage:
        return np.empty((0, len(METRICS)), np.float32), str(damage)


def _series(rows: Rows, count: int) -> MetricHistory:
    return MetricHistory(np.ascontiguousarray(rows[:count])) if count else MetricHistory()


def _whole(points: list[Point], rows: Rows, commands: list[Command]) -> list[Point]:
    """Those of these points up to which the figures and the commands are those that were written."""
    figures = series_file.prefix_checksums([rows], (point.batch for point in points))
    records = commands_file.prefix_checksums(commands, (point.commands for point in points))
    return [
        point
        for point in points
        if figures.get(point.batch) == point.series_sha256 and records.get(point.commands) == point.commands_sha256
    ]


def _sum_of(rows: Rows, point: Point) -> str:
    return atomic_files.sha256(np.ascontiguousarray(rows[: point.batch]).data)


def _altered(run_file: RunFile, rows: Rows) -> str:
    name = "commands.jsonl" if _sum_of(rows, run_file) == run_file.series_sha256 else "series.npy"
    return f"{name} is not as it was written (its checksum differs)."


def _gone_back(run_file: RunFile, good: list[FullState], commands: list[Command]) -> RunFile:
    """`run_file` as it was at the last good state, or at the beginning."""
    point = good[-1] if good else Point()
    values = {name: getattr(point, name) for name in Point.model_fields}
    settings = settings_after(run_file.initial_settings, commands[: point.commands])
    epoch = point.batch // run_file.batches_per_epoch
    state = run_file.state if run_file.state in UNFINISHED else "interrupted"
    changes = {"states": tuple(good), "settings": settings, "epoch": epoch, "state": state, "figures": {}}
    return run_file.model_copy(update={**values, **changes})
