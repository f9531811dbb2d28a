"""A run as lists show it, read from its folder or made of its snapshot."""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gan import strict_json
from gan.quality import scores
from gan.recording.atomic_files import DamagedRun
from gan.recording.run_file import read_run_file
from gan.runs import set_aside, shipped
from gan.runs.run import Run
from gan.runs.snapshot import RunFacts, Snapshot, snapshot_of, state_at_rest, why_over
from gan.strict_json import NotJSON

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary(RunFacts):
    """A run as lists show it.

    Attributes:
        batches: how many it will have trained when it is finished.
        fid: the best one measured, after epoch `fid_epoch`.
        shipped: it came with LiveGAN.
        hidden: it came with LiveGAN, and the user has hidden it.
    """

    batches: int
    fid: float | None = None
    fid_epoch: int | None = None
    shipped: bool = False
    hidden: bool = False


class SummaryReader:
    """Reads the summaries of runs on disk, and only those whose files have changed since they were last read."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[int, ...], RunSummary]] = {}

    def read(self, folder: Path) -> RunSummary:
        """The run in a folder as its files tell it; a damaged one says why."""
        stamp = _stamp(folder)
        known = self._known.get(folder.name)
        if known is not None and known[0] == stamp and known[1].state != "elsewhere":
            return known[1]
        summary = _or_damaged(lambda: _of_folder(folder), folder.name, stamp[0] / 1e9)
        self._known[folder.name] = (stamp, summary)
        return summary


def summary_of_run(run: Run) -> RunSummary:
    """A run as this process knows it."""
    snapshot = run.snapshot()
    return _or_damaged(lambda: _summary(snapshot, run.scores.all), run.name, snapshot.updated)


def _of_folder(folder: Path) -> RunSummary:
    """Raises `DamagedRun`."""
    run_file = read_run_file(folder)
    snapshot = snapshot_of(run_file, state_at_rest(folder, run_file), aside=len(set_aside.numbers(folder)))
    return _summary(dataclasses.replace(snapshot, over=why_over(snapshot)), scores.read(folder))


def _summary(s: Snapshot, measured: tuple[scores.Score, ...]) -> RunSummary:
    facts = {field.name: getattr(s, field.name) for field in dataclasses.fields(RunFacts)}
    fid, fid_epoch = scores.best_fid(measured)
    batches = max(s.epochs * s.batches_per_epoch, s.batch)
    shipped_ = shipped.is_shipped(s.name, s.created)
    return RunSummary(**facts, batches=batches, fid=fid, fid_epoch=fid_epoch, shipped=shipped_)


def _stamp(folder: Path) -> tuple[int, ...]:
    """When the files were written that a summary is made of; 0 if one is not there."""
    return tuple(_written(folder / name) for name in ("run.json", scores.NAME, set_aside.FOLDER))


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _or_damaged(make: Callable[[], RunSummary], name: str, modified: float) -> RunSummary:
    """A run's summary as every browser can read it, or one that says why there is none: a list never lacks the rest."""
    try:
        summary = make()
        strict_json.dumps(dataclasses.asdict(summary))
    except DamagedRun as error:
        reason = str(error)
    except NotJSON as error:
        reason = f"It cannot be shown: {error}."
    except Exception as error:
        log.exception("Run %s cannot be listed", name)
        reason = f"It cannot be read ({type(error).__name__}); the log has the details."
    else:
        return summary
    modified = modified if math.isfinite(modified) else 0.0
    return RunSummary(
        name=name, title=name, state="damaged", message=reason, batch=0, epoch=0, epochs=0, batches=0,
        created=modified, updated=modified, seconds=0.0,
    )  # fmt: skip
