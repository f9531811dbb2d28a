"""The runs of students' desks: what a desk may have, and the turns in which its runs train.

The limits are the same for all desks. The teacher sets them; they are kept beside the runs.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Generic, TypeVar

import torch
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from gan.errors import LiveGANError
from gan.limits import DESK_BATCHES, DESK_MEGABYTES, DESK_RUNS, KIB
from gan.recording import atomic_files
from gan.recording.atomic_files import DamagedRun
from gan.recording.run_file import Desk
from gan.runs.queue import TrainingQueue
from gan.runs.snapshot import RunFacts, counted
from gan.runs.turns import DeskTurns
from gan.settings import Settings
from gan.training.build import build_networks

T = TypeVar("T")
FILE = ".desk-limits.json"
MB = 10**6
CATCH_UP = 3  # times as many batches as a run may train, a branch may train once more to get to its beginning
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class DeskLimits:
    """What a desk may have. Constructing it validates it; the defaults suit 30 students on 2 cores.

    Attributes:
        runs: how many it keeps.
        megabytes: how much they take on disk together.
        batches: how many it may train in a run.
    """

    runs: Annotated[int, Field(strict=True, ge=1, le=100)] = DESK_RUNS
    megabytes: Annotated[int, Field(strict=True, ge=5, le=100_000)] = DESK_MEGABYTES
    batches: Annotated[int, Field(strict=True, ge=10, le=1_000_000)] = DESK_BATCHES


_LIMITS = TypeAdapter(DeskLimits)
_RANGES = {"runs": "runs from 1 to 100", "megabytes": "MB from 5 to 100,000", "batches": "batches from 10 to 1,000,000"}


def checked_limits(runs: object, megabytes: object, batches: object) -> DeskLimits:
    """Limits that a teacher has typed; raises `LiveGANError`."""
    try:
        return _LIMITS.validate_python({"runs": runs, "megabytes": megabytes, "batches": batches})
    except ValidationError as error:
        wrong = str(error.errors()[0]["loc"][0])
        raise LiveGANError(f"A desk may have {_RANGES[wrong]}; choose a whole number in that range.") from None


@dataclasses.dataclass(frozen=True)
class DeskUse:
    """What a desk has: the number of its runs, and their bytes on disk."""

    runs: int
    bytes: int


class Desks(Generic[T]):
    """See the module.

    Args:
        folder: that of the runs.
        teachers: the queue of the teacher's runs.
        runs: lists all runs.
    """

    def __init__(self, folder: Path, teachers: TrainingQueue[T], runs: Callable[[], Iterable[RunFacts]]) -> None:
        self.turns: DeskTurns[T] = DeskTurns(teachers, _desk_id)
        self.preparing = threading.Lock()  # held while a run is made ready, so that a class that starts does it in turn
        self._path = folder / FILE
        self._runs = runs
        self._limits: DeskLimits | None = None

    # --- limits ----------------------------------------------------------------------------------------------------

    @property
    def limits(self) -> DeskLimits:
        if self._limits is None:
            self._limits = _read(self._path)
        return self._limits

    def set_limits(self, limits: DeskLimits) -> None:
        """Set them for all desks, from now on; raises `LiveGANError`."""
        try:
            atomic_files.write(self._path, _LIMITS.dump_json(limits))
        except OSError as error:
            raise LiveGANError(f"The limits of the desks could not be stored: {error.strerror}.") from None
        self._limits = limits

    # --- what a desk has -------------------------------------------------------------------------------------------

    def use(self, desk: str) -> DeskUse:
        return next((use for one, use in self.in_use() if one.id == desk), DeskUse(0, 0))

    def in_use(self) -> list[tuple[Desk, DeskUse]]:
        """All desks that have a run, by name."""
        found: dict[str, tuple[Desk, DeskUse]] = {}
        for run in self._runs():
            if run.desk is not None:
                desk, use = found.get(run.desk.id, (run.desk, DeskUse(0, 0)))
                found[desk.id] = desk, DeskUse(use.runs + 1, use.bytes + run.size)
        return sorted(found.values(), key=lambda each: (each[0].name.casefold(), each[0].id))

    def check_one_more(self, desk: Desk, needed: int) -> None:
        """Raises `LiveGANError` unless the desk has room for another run of `needed` bytes."""
        use, limits = self.use(desk.id), self.limits
        if use.runs >= limits.runs:
            raise LiveGANError(
                f"Your desk keeps {counted(limits.runs, 'run')}, and it is full; delete one of them first."
            )
        if use.bytes + needed > limits.megabytes * MB:
            free = max(0, limits.megabytes - use.bytes / MB)
            raise LiveGANError(
                f"This run needs about {needed / MB:.0f} MB, and {free:.0f} of your desk's {limits.megabytes} MB are "
                "free; delete a run, or choose smaller networks."
            )

    def check_branch(self, again: int) -> None:
        """Raises `LiveGANError` if a branch would first have to train too many batches once more."""
        most = CATCH_UP * self.limits.batches
        if again > most:
            raise LiveGANError(
                f"A branch from there would first train {again:,} batches once more, and at most {most:,} are "
                "possible at a desk; branch from an earlier epoch, or start a new run."
            )

    # --- while a run of a desk trains --------------------------------------------------------------------------------

    def why_enough(self, batches: int) -> str | None:
        """A sentence that says why a run that has trained `batches` batches at its desk ends, or None."""
        most = self.limits.batches
        if batches < most:
            return None
        return f"It has trained its {most:,} batches, as many as a run of a desk may; start a new one, or branch."

    def why_full(self, desk: Desk, needed: int = 0) -> str | None:
        """A sentence that says why the runs of a desk take too much, or None."""
        if self.use(desk.id).bytes + needed <= self.limits.megabytes * MB:
            return None
        return f"The runs of this desk take its {self.limits.megabytes} MB; delete one of them to train further."


def bytes_needed(settings: Settings) -> int:
    """About how many bytes a run of these settings takes after a few epochs: two states and the weights of ten."""
    with torch.device("meta"):
        generator, discriminator = build_networks(settings)
    sizes = [sum(each.numel() for each in network.parameters()) for network in (generator, discriminator)]
    state = 4 * (3 * sum(sizes) + (sizes[0] if settings.ema_decay else 0))
    return 2 * state + 10 * 4 * sum(sizes) + 200 * KIB


def _desk_id(run: object) -> str:
    desk = getattr(run, "desk", None)
    assert isinstance(desk, Desk)
    return desk.id


def _read(path: Path) -> DeskLimits:
    try:
        return _LIMITS.validate_json(atomic_files.read(path, 4 * KIB))
    except DamagedRun:
        if not path.exists():
            return DeskLimits()
    except ValidationError:
        pass
    log.warning("%s cannot be read; desks have the limits that LiveGAN came with.", path.name)
    return DeskLimits()
