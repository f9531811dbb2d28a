"""A run at one moment, as others see it."""

from __future__ import annotations

from dataclasses import dataclass

from gan.recording.checkpoint import RunFile
from gan.recording.series import Mark
from gan.settings import Settings


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run at one moment, consistent in itself: the figures of batches 1 to `batch` can be read with it."""

    name: str
    title: str  # what people read for its name
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
    parent: str | None
    branched_at: int | None
    size: int
    marks: tuple[Mark, ...]
    keeps_until: float | None = None  # seconds since 1970 until which a paused run keeps its place
    resumable: bool = True  # whether a training state is kept to go on from
    course: int = 0  # how many times training went back
    aside: int = 0  # how many of its earlier courses are set aside


def planned_epochs(settings: Settings, epoch: int) -> int:
    """How many epochs a finished run has: more than its settings say, if these were lowered too late."""
    return max(settings.epochs, epoch)


def snapshot_of(run_file: RunFile, marks: tuple[Mark, ...], state: str) -> Snapshot:
    planned = planned_epochs(run_file.settings, run_file.epoch)
    return Snapshot(
        name=run_file.name, title=run_file.shown_name, state=state, message=run_file.message, batch=run_file.batch,
        epoch=run_file.epoch, epochs=planned, batches_per_epoch=run_file.batches_per_epoch,
        settings=run_file.settings, revision=0, rate=0.0, seconds=run_file.seconds, saved=None, grids=run_file.epoch,
        created=run_file.created, updated=run_file.updated, parent=run_file.parent, branched_at=run_file.branched_at,
        size=run_file.size, marks=marks, resumable=run_file.resumable, course=run_file.course,
    )  # fmt: skip
