"""A run at one moment, as others see it."""

from __future__ import annotations

from dataclasses import dataclass

from gan.checkpoint import RunFile
from gan.history import Command, Mark
from gan.settings import KNOBS, Settings


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run at one moment, consistent in itself: the figures of batches 1 to `batch` can be read with it."""

    name: str
    state: str
    message: str
    batch: int
    epoch: int
    epochs: int
    batches_per_epoch: int
    settings: Settings
    revision: int
    rate: float
    seconds: float
    saved: str | None
    grids: int
    created: float
    updated: float
    marks: tuple[Mark, ...]


def marks_of(run_file: RunFile, commands: list[Command]) -> tuple[Mark, ...]:
    now = run_file.initial_settings.model_dump(mode="json")
    marks = []
    for command in commands:
        for name, value in command.values.items():
            label = KNOBS[name].label if name in KNOBS else name
            marks.append(Mark(command.batch, name, label, now.get(name), value))
            now[name] = value
    return tuple(marks)


def snapshot_of(run_file: RunFile, marks: tuple[Mark, ...], state: str) -> Snapshot:
    return Snapshot(
        name=run_file.name, state=state, message=run_file.message, batch=run_file.batch, epoch=run_file.epoch,
        epochs=run_file.settings.epochs, batches_per_epoch=run_file.batches_per_epoch, settings=run_file.settings,
        revision=0, rate=0.0, seconds=run_file.seconds, saved=None, grids=run_file.epoch, created=run_file.created,
        updated=run_file.updated, marks=marks,
    )  # fmt: skip
