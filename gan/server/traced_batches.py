"""The traced batches of runs: one computation for all who step through the same batch."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any
from weakref import WeakKeyDictionary

from gan import strict_json
from gan.errors import LiveGANError
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import Network
from gan.recording.metric_history import METRICS
from gan.recording.record import Record
from gan.runs.run import Run
from gan.server.trainer_peek import peek
from gan.server.worker_pool import WorkerPool
from gan.strict_json import NotJSON
from gan.views.moment import of_epoch
from gan.views.run_copy import RunCopy
from gan.views.step_lines import SOURCE
from gan.views.traced_batch import NOT_FINITE, trace_batch

WHO_LEARNS: dict[str, Network | None] = {"both": None, "d": "d", "g": "g"}
MOST_KEPT = 6  # answers of a run that stay in memory, of 100 kB each
Key = tuple[int, int, str, int | None]  # the run's revision and batch, who learns, and after which epoch


class TracedBatches:
    """The next batch of each run, traced once for as long as the run stays where it is."""

    def __init__(self, computations: WorkerPool) -> None:
        self._computations = computations
        self._made: WeakKeyDictionary[Run, dict[Key, asyncio.Task[bytes]]] = WeakKeyDictionary()

    async def of(self, run: Run, who: str, epoch: int | None) -> bytes:
        """The stages of a batch as JSON, with the source that they are lines of.

        Args:
            epoch: the batch is the one after it; None: the run's next one.

        Raises:
            Busy: too much is under way already. LiveGANError: files, images or the device of the run are missing.
        """
        now = run.snapshot()
        key = now.revision, now.batch if epoch is None else -1, who, epoch
        made = {each: task for each, task in self._made.get(run, {}).items() if each[:2] == key[:2]}
        if key not in made or _failed(made[key]):
            made[key] = asyncio.create_task(self._trace(run, who, epoch))
        self._made[run] = dict(list(made.items())[-MOST_KEPT:])
        return await asyncio.shield(made[key])  # others may wait for it, too

    async def _trace(self, run: Run, who: str, epoch: int | None) -> bytes:
        copy = await peek(run, RunCopy.of) if epoch is None else None
        return await self._computations.run(_answer, run, copy, who, epoch)


def _failed(task: asyncio.Task[bytes]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _answer(run: Run, copy: RunCopy | None, who: str, epoch: int | None) -> bytes:
    """From a copy of a run that its thread took, or else from the run's files."""
    kind = "next"
    if epoch is not None:
        copy, kind = _after_epoch(run, epoch)
    copy = copy or _at_rest(run)
    stages = trace_batch(copy, WHO_LEARNS[who])
    told: dict[str, Any] = {
        "batch": copy.batch + 1,
        "learns": who,
        "epoch": epoch,
        "kind": kind,
        "settings": copy.settings.model_dump(mode="json"),
        "stages": [dataclasses.asdict(stage) for stage in stages],
        "source": SOURCE,
        "trained": _figures(run, copy.batch),
    }
    try:
        return strict_json.dumps(told).encode()
    except NotJSON:
        raise LiveGANError(NOT_FINITE) from None


def _figures(run: Run, batch: int) -> dict[str, float] | None:
    """The figures of a batch as the chart has them."""
    if not batch:
        return None
    (row,) = run.series.rows(batch - 1, batch).tolist()
    return {"batch": batch, **dict(zip(METRICS, row, strict=True))}


def _after_epoch(run: Run, epoch: int) -> tuple[RunCopy, str]:
    """A copy from the full state of the epoch, or else from its weights; and which of the two."""
    record = Record(list(run.record.commands), run.record.obeyed)
    copy = RunCopy.at_epoch(run.folder, run.on_disk, record, epoch)
    if copy is not None:
        return copy, "state"
    moment = of_epoch(run.folder, epoch, run.run_file.initial_settings, run.record.so_far())
    if moment.epoch != epoch:
        raise DamagedRun(f"no weights are kept of epoch {epoch}.")
    return RunCopy.of_weights(moment), "weights"


def _at_rest(run: Run) -> RunCopy:
    if run.ahead_of_disk:
        raise LiveGANError("The newest batches of this run are not on disk; resume the run, then step through it.")
    return RunCopy.at_rest(run.folder, run.run_file, Record(list(run.record.commands), run.record.obeyed))
