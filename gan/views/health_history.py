"""The health of a run's gradients, as it was measured on the way, in memory and on disk.

    <run>/health.json   a list of points in the order of their batches, and its checksum

It is measured beside the training (`gan.views.health_meter`), so how many points there are depends on how much time
there was; each point follows from its batch alone. A missing or damaged file is no loss to training.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, ClassVar, NamedTuple

from pydantic import ConfigDict, Field, TypeAdapter

from gan.limits import MAX_BATCHES, MAX_HEALTH, MAX_HEALTH_VALUES
from gan.recording import atomic_files, checked_list, epochs
from gan.recording.atomic_files import DamagedRun

NAME = "health.json"
MOST_POINTS = 300  # of a run, evenly spread: about 80 kB
PER_EPOCH = 10
WRITE_EVERY = 5.0  # seconds

Size = Annotated[float, Field(ge=0, le=1e30, allow_inf_nan=False)]
Output = Annotated[float, Field(ge=-1e30, le=1e30, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class LayerSizes(NamedTuple):
    """Euclidean norms of a layer's weight matrix, of its gradient and of the change that its optimiser makes."""

    weights: Size
    gradient: Size
    update: Size


Layers = Annotated[tuple[LayerSizes, ...], Field(min_length=1, max_length=10)]


@dataclasses.dataclass(frozen=True)
class HealthPoint:
    """The health after `batch` batches.

    Attributes:
        g: the generator's layers, first to last.
        d: the discriminator's.
        pull: how strongly the generator's loss pulls at each of its images (`Health.image_gradient`).
        outputs: the discriminator's mean output on training images, held-out ones (None: there are none) and generated.
        shares: of its outputs on these that say "real", 0 to 1.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    batch: Annotated[int, Field(ge=1, le=MAX_BATCHES)]
    g: Layers
    d: Layers
    pull: Size
    outputs: tuple[Output, Output | None, Output]
    shares: tuple[Share, Share | None, Share]


_POINTS = TypeAdapter(tuple[HealthPoint, ...])


def is_due(batch: int, batches_per_epoch: int) -> bool:
    """Whether a run is to be measured after `batch` batches: ten times an epoch, in long runs less often."""
    return _kept(batch, batches_per_epoch, batch)


def _kept(batch: int, batches_per_epoch: int, newest: int) -> bool:
    """Whether a run of `newest` batches keeps the point of this one: of many, every second, fourth, ..."""
    number = batch * PER_EPOCH // batches_per_epoch
    if number == (batch - 1) * PER_EPOCH // batches_per_epoch:
        return False
    return number % epochs.stride_for(newest * PER_EPOCH // batches_per_epoch, MOST_POINTS) == 0


class HealthHistory:
    """The points of one run. One thread adds at a time, any may read: `all` is replaced whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.all: tuple[HealthPoint, ...] = read(folder)
        self._lock = threading.Lock()
        self._closed = False
        self._written = time.monotonic()
        self._behind = False  # whether the file lacks points
        self._line = 0  # grows when the run goes back to a checkpoint, which voids points beyond it

    @property
    def line(self) -> int:
        """The number to pass to `add` with what was copied now."""
        return self._line

    def add(self, point: HealthPoint, line: int, batches_per_epoch: int, *, rests: bool) -> None:
        """Add a point, unless the run has gone back behind it meanwhile; ignores a failing disk.

        Args:
            rests: whether the run rests, so that no later point will write this one.
        """
        with self._lock:
            if line != self._line:
                return
            others = (one for one in self.all if one.batch != point.batch)
            ordered = sorted([*others, point], key=lambda one: one.batch)
            newest = ordered[-1].batch
            self.all = tuple(one for one in ordered if _kept(one.batch, batches_per_epoch, newest))
            self._behind = True
            if rests or time.monotonic() - self._written >= WRITE_EVERY:
                self._write()

    def keep_fitting(self, batch: int) -> None:
        """Drop, in memory, points that a run of `batch` batches cannot have."""
        self.all = tuple(one for one in self.all if one.batch <= batch)

    def go_back(self, batch: int) -> None:
        """Drop points beyond `batch` batches."""
        with self._lock:
            self._line += 1
            kept = tuple(one for one in self.all if one.batch <= batch)
            if kept != self.all:
                self.all = kept
                self._write()

    def flush(self) -> None:
        """Write what the file lacks."""
        with self._lock:
            if self._behind:
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
                return
            self._behind = False
            self._written = time.monotonic()


def read(folder: Path) -> tuple[HealthPoint, ...]:
    """The points of the run in a folder; none if the file is damaged or the run never had one."""
    try:
        return unpacked(atomic_files.read(folder / NAME, MAX_HEALTH))
    except DamagedRun:
        return ()


def unpacked(content: bytes) -> tuple[HealthPoint, ...]:
    """The points that `packed` wrote; raises `DamagedRun` for anything else."""
    points = checked_list.unpacked(NAME, "points", content, _POINTS, MAX_HEALTH_VALUES)
    if len({(len(one.g), len(one.d)) for one in points}) > 1:
        raise DamagedRun(f"{NAME} cannot be read (its networks change their layers).")
    return points


def packed(points: Iterable[HealthPoint]) -> bytes:
    return checked_list.packed("points", [dataclasses.asdict(point) for point in points])


def write(folder: Path, points: Iterable[HealthPoint]) -> None:
    """Replace the points of a run; raises OSError."""
    atomic_files.write(folder / NAME, packed(points), flush=False)
