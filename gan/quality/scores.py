"""A run's scores, epoch by epoch, in memory and on disk.

    <run>/quality.json   a list of scores in the order of their batches, and its checksum

A missing or damaged file is no loss, since scores can be measured again from kept weights.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter

from gan.limits import MAX_BATCHES, MAX_SCORES, MAX_SCORES_VALUES
from gan.quality.metrics import Quality
from gan.recording import atomic_files, checked_list, epochs
from gan.recording.atomic_files import DamagedRun

NAME = "quality.json"


@dataclasses.dataclass(frozen=True)
class Score:
    """The quality of a run's images after `batch` batches, in epoch `epoch`; `averaged`: by the averaged generator."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    batch: Annotated[int, Field(ge=0, le=MAX_BATCHES)]
    epoch: Annotated[int, Field(ge=0, le=10_000)]
    averaged: bool
    quality: Quality


_SCORES = TypeAdapter(tuple[Score, ...])


@dataclasses.dataclass(frozen=True)
class Progress:
    """The progress of measuring a run afterwards: epochs done and their total; or a sentence on what prevents it.

    `complete`: whether every kept epoch has a score.
    """

    done: int = 0
    of: int = 0
    note: str = ""
    complete: bool = False


class Scores:
    """The scores of one run. One thread writes at a time, any may read: `all` and `progress` are replaced whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.all: tuple[Score, ...] = read(folder)
        self.progress = Progress(complete=set(epochs.numbers(folder)) <= {score.epoch for score in self.all})
        self._lock = threading.Lock()
        self._closed = False
        self._gone_back: list[int] = []  # the batches of the checkpoints that it went back to; scores beyond are void

    @property
    def line(self) -> int:
        """The number to pass to `add` with weights taken now."""
        return len(self._gone_back)

    def add(self, score: Score, line: int) -> None:
        """Add a score, unless the run has gone back behind it meanwhile; ignores a failing disk."""
        with self._lock:
            if all(score.batch <= batch for batch in self._gone_back[line:]):
                others = [one for one in self.all if one.batch != score.batch]
                self.all = tuple(sorted([*others, score], key=lambda one: one.batch))
                self._write()

    def merge(self, more: Iterable[Score]) -> None:
        """Add scores of batches that have none."""
        with self._lock:
            known = {score.batch for score in self.all}
            fresh = [score for score in more if score.batch not in known]
            if fresh:
                self.all = tuple(sorted([*self.all, *fresh], key=lambda one: one.batch))
                self._write()

    def keep_fitting(self, batch: int, batches_per_epoch: int) -> None:
        """Drop, in memory, scores that a run of `batch` batches cannot have."""
        self.all = fitting(self.all, batch, batches_per_epoch)

    def go_back(self, batch: int) -> None:
        """Drop scores beyond `batch` batches."""
        with self._lock:
            self._gone_back.append(batch)
            kept = tuple(score for score in self.all if score.batch <= batch)
            if kept != self.all:
                self.all = kept
                self._write()

    def close(self) -> None:
        """Stop writing, since the run was deleted and another may take its name."""
        with self._lock:
            self._closed = True

    def _write(self) -> None:
        if self.folder.is_dir() and not self._closed:  # a run that was deleted stays deleted
            try:
                write(self.folder, self.all)
            except OSError:
                return  # measured again on request


def best_fid(scores: Iterable[Score]) -> tuple[float | None, int | None]:
    """The lowest FID of a run and its epoch; None before the first score."""
    best = min(scores, key=lambda score: score.quality.fid, default=None)
    return (None, None) if best is None else (best.quality.fid, best.epoch)


def read(folder: Path) -> tuple[Score, ...]:
    """The scores of the run in a folder; none if the file is damaged."""
    try:
        return unpacked(atomic_files.read(folder / NAME, MAX_SCORES))
    except DamagedRun:
        return ()


def unpacked(content: bytes) -> tuple[Score, ...]:
    """The scores that `packed` wrote; raises `DamagedRun` for anything else."""
    return checked_list.unpacked(NAME, "scores", content, _SCORES, MAX_SCORES_VALUES)


def fitting(scores: tuple[Score, ...], batch: int, batches_per_epoch: int) -> tuple[Score, ...]:
    """The scores that a run of `batch` batches can have."""
    return tuple(one for one in scores if one.batch <= batch and one.epoch == one.batch // batches_per_epoch)


def packed(scores: Iterable[Score]) -> bytes:
    return checked_list.packed("scores", [_values(score) for score in scores])


def _values(score: Score) -> dict[str, Any]:
    """A score as JSON values; what only conditional runs have is left out for others, as in older files."""
    values = dataclasses.asdict(score)
    if score.quality.as_asked is None:
        del values["quality"]["as_asked"]
    return values


def write(folder: Path, scores: Iterable[Score]) -> None:
    """Replace the scores of a run; raises OSError."""
    atomic_files.write(folder / NAME, packed(scores), flush=False)
