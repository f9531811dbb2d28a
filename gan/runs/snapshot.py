"""A run at one moment, as others see it."""

from __future__ import annotations

from dataclasses import dataclass

from gan.limits import MAX_BATCHES
from gan.recording.marks import Mark
from gan.recording.run_file import RunFile
from gan.settings import KNOBS, Settings


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
    over: str | None = None  # why there is nothing left to train
    stop_at: int | None = None  # the batch after which it stops by itself


def why_over(s: Snapshot) -> str | None:
    """Why a run at rest has nothing left to train and what to do about it, in a sentence, or None."""
    if s.state not in ("finished", "paused") or not s.resumable:
        return None
    if s.epoch >= s.epochs:
        return f"It has trained its {counted(s.epochs, 'epoch')}; raise {KNOBS['epochs'].label} to go on."
    if 0 < s.settings.seconds <= s.seconds:
        limit = counted(s.settings.seconds, "second")
        return f"It has trained for its {limit}; raise {KNOBS['seconds'].label} to go on."
    if s.batch >= MAX_BATCHES:
        return f"It has trained {MAX_BATCHES:,} batches, as many as a run can record."
    return None


def why_too_short(s: Snapshot, wanted: Settings) -> str | None:
    """Why a run may not get the length that is wanted: it would end at once. Stop is there to end it."""
    if not s.resumable or s.state == "elsewhere":
        return None
    otherwise = ", or press Stop" if s.state in ("running", "paused", "queued") else ""
    if wanted.seconds != s.settings.seconds and 0 < wanted.seconds <= s.seconds:
        return f"It has trained for {counted(int(s.seconds), 'second')} already; choose a longer limit{otherwise}."
    if wanted.epochs != s.settings.epochs and wanted.epochs <= s.epoch:
        return f"It has trained {counted(s.epoch, 'epoch')} already; choose more{otherwise}."
    return None


def counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


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
