"""A run at one moment, as others see it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from gan.limits import MAX_BATCHES
from gan.recording.marks import Mark
from gan.recording.run_file import UNFINISHED, Desk, RunFile
from gan.recording.writer import is_held
from gan.runs.turns import Turn
from gan.settings import KNOBS, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What viewers and lists alike show of a run. Times are seconds since 1970, `size` is in bytes.

    Attributes:
        title: what people read for its name.
        epochs: how many it has when it is finished.
        seconds: how long it has trained.
        branched_at: the epoch after which it left its parent.
        size: what it takes on disk, at the last checkpoint.
        resumable: whether a training state is kept to resume from.
        course: how many times training went back.
        aside: how many of its earlier courses are set aside.
        over: why nothing is left to train.
        desk: the student's desk that owns it; None if the teacher does.
    """

    name: str
    title: str
    state: str
    message: str
    batch: int
    epoch: int
    epochs: int
    created: float
    updated: float
    seconds: float
    parent: str | None = None
    branched_at: int | None = None
    size: int = 0
    resumable: bool = True
    course: int = 0
    aside: int = 0
    over: str | None = None
    desk: Desk | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(RunFacts):
    """A run at one moment, consistent in itself: the figures of batches 1 to `batch` can be read with it.

    Attributes:
        revision: grows with everything but the mere progress of training.
        rate: batches a second.
        saved: why the run is not being saved, in a sentence.
        grids: the epoch of the newest grid.
        keeps_until: until when a paused run keeps its slot.
        stop_at: the batch after which it stops by itself.
        desk_end: the batch after which a run of a desk stops, since it may train no more.
        turn: when a run that takes turns with those of other desks trains next.
    """

    batches_per_epoch: int
    settings: Settings
    revision: int = 0
    rate: float = 0.0
    saved: str | None = None
    grids: int
    marks: tuple[Mark, ...] = ()
    keeps_until: float | None = None
    stop_at: int | None = None
    desk_end: int | None = None
    turn: Turn | None = None


def why_over(s: Snapshot) -> str | None:
    """A sentence that says why a run at rest is done and how to continue it, or None."""
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
    """A sentence that refuses a length at which the run would end at once (Stop ends it), or None."""
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
    """How many epochs the run has when finished; more than its settings say if they were lowered too late."""
    return max(settings.epochs, epoch)


def snapshot_of(run_file: RunFile, state: str, marks: tuple[Mark, ...] = (), aside: int = 0) -> Snapshot:
    """The snapshot of a run from its `run.json`; `state` may have changed since (see `state_at_rest`)."""
    # the facts that run.json holds under the same name, then those that differ
    facts = {field.name: getattr(run_file, field.name) for field in fields(RunFacts) if hasattr(run_file, field.name)}
    facts |= {"title": run_file.shown_name, "state": state, "epochs": planned_epochs(run_file.settings, run_file.epoch)}
    return Snapshot(
        **facts, batches_per_epoch=run_file.batches_per_epoch, settings=run_file.settings, grids=run_file.epoch,
        marks=marks, aside=aside,
    )  # fmt: skip


def state_at_rest(folder: Path, run_file: RunFile) -> str:
    """The present state of a run that this process does not train."""
    if run_file.state not in UNFINISHED:
        return run_file.state
    return "elsewhere" if is_held(folder) else "interrupted"
