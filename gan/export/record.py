"""The data that exports are made from: a run's figures, knob moves and steps of one network alone, read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan.recording import commands_file, series_file
from gan.recording.commands import Network, RecordedCommand, Step
from gan.recording.metric_history import Rows
from gan.recording.run_file import RunFile, read_run_file
from gan.settings import KNOBS, Knob

LENGTH = ("epochs", "seconds")  # knobs that only set the end of a run
APART = {"latent_dim", "ema_decay"}  # knobs that lose something when they are turned away and back


@dataclass(frozen=True)
class Move:
    """Knobs turned after `batch` batches, by name; only those that affect training."""

    batch: int
    values: dict[str, Any]


@dataclass(frozen=True)
class ExportedRecord:
    """A run of at least one batch: `rows` are its figures (batches x 4), `moves` are in chronological order.

    `alone`: the batches (from 0) in which one network alone learned, "d" or "g".
    """

    run_file: RunFile
    rows: Rows
    moves: list[Move]
    alone: dict[int, Network]

    def moved(self, knob: str) -> bool:
        return any(knob in move.values for move in self.moves)

    def learned(self) -> NDArray[np.str_] | None:
        """The networks that learned in each batch, "both", "d" or "g"; None if it was always both."""
        if not self.alone:
            return None
        names = np.full(len(self.rows), "both")
        names[list(self.alone)] = list(self.alone.values())
        return names

    def knobs(self) -> list[str]:
        """The knobs that get a column: the steering ones and all that were turned."""
        return [name for name, knob in KNOBS.items() if knob.group == "Steering" or self.moved(name)]

    def values(self, knob: str) -> NDArray[Any]:
        """The value of a live knob in each batch."""
        steps = [(move.batch, move.values[knob]) for move in self.moves if knob in move.values]
        starts = [0, *(batch for batch, _ in steps), len(self.rows)]
        values = [getattr(self.run_file.initial_settings, knob), *(value for _, value in steps)]
        dtype = np.int64 if KNOBS[knob].kind == "int" else np.float64
        return np.repeat(np.array(values, dtype), np.diff(starts))


def read(folder: Path) -> ExportedRecord:
    """The record of a run at its last checkpoint, at least one batch; raises `DamagedRun`."""
    run_file = read_run_file(folder)
    rows = series_file.read(folder, run_file).rows(0, run_file.batch)
    commands = commands_file.read(folder, run_file)[: run_file.commands]
    return ExportedRecord(run_file, rows, _moves(run_file, commands), _alone(run_file, commands))


def _alone(run_file: RunFile, commands: list[RecordedCommand]) -> dict[int, Network]:
    """The batches in which one network learned alone. If several steps precede a batch, the last one counts."""
    steps = {each.batch: each.command for each in commands if isinstance(each.command, Step)}
    return {batch: step.only for batch, step in steps.items() if step.only and batch < run_file.batch}


def _moves(run_file: RunFile, commands: list[RecordedCommand]) -> list[Move]:
    """The knob changes that acted on batches. Changes between the same two batches become one, unless both resize the
    latent space or both turn the average: the first of two drops numbers that the second makes anew."""
    moves: list[Move] = []
    now = run_file.initial_settings.model_dump(mode="json")
    for command in commands:
        turned = {name: value for name, value in command.values.items() if _matters(KNOBS[name], now)}
        values = {name: value for name, value in turned.items() if value != now[name]}
        now |= values
        if not values or command.batch >= run_file.batch:
            continue
        last = moves[-1] if moves else None
        if last and last.batch == command.batch and not APART & last.values.keys() & values.keys():
            moves[-1] = Move(last.batch, last.values | values)
        else:
            moves.append(Move(command.batch, values))
    return moves


def _matters(knob: Knob, settings: dict[str, object]) -> bool:
    """Whether turning the knob affects training in a run with these settings."""
    return knob.trains and knob.name not in LENGTH and knob.without_effect(settings) is None
