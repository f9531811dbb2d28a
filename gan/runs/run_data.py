"""What a run consists of in memory: its files, figures, record, scores, health, newest images, and its snapshot.

The run's thread writes all of it; any thread may read it. What others read together is in one immutable `Snapshot`,
which is replaced as a whole.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from gan.quality.scores import Scores
from gan.recording.metric_history import MetricHistory
from gan.recording.record import Record
from gan.recording.run_file import Desk, RunFile
from gan.recording.writer import RunWriter
from gan.runs.desks import Desks
from gan.runs.queue import TrainingQueue
from gan.runs.snapshot import snapshot_of, why_over
from gan.training.trainer import Trainer
from gan.views.health_history import HealthHistory


@dataclass(frozen=True)
class Preview:
    """The images of the fixed noise (64 x C x H x W, in the run's own range) after `batch` batches."""

    batch: int
    images: Tensor


class RunData:
    """See the module.

    Attributes:
        preview_wanted: whether a viewer waits for newer images; the thread makes them after the next batch.
        pause_at: the batch after which training pauses.
        stop_at: the batch after which training stops.
        aside: what is set aside of the run, by its number, and the batch up to which each goes.
        refused: whether the disk had no room to start training.
        desks: what the run of a desk may train, and in which turns; None for the teacher's.
        unsaved_trainer: the trainer of a run that stopped while the disk refused its checkpoint.
        rests_because: why it was asked to end and to be resumed later, in a sentence; "" if the server ends.
    """

    def __init__(self, folder: Path, run_file: RunFile, desks: Desks[RunData] | None = None) -> None:
        self.name = run_file.name
        self.writer = RunWriter(folder, run_file)
        self.series = MetricHistory()
        self.record = Record()
        self.scores = Scores(folder)
        self.health = HealthHistory(folder)
        self.snapshot = snapshot_of(run_file, run_file.state)
        self.preview: Preview | None = None
        self.preview_wanted = False
        self.pause_at: int | None = None
        self.stop_at = run_file.ends_at
        self.aside: dict[int, int] = {}
        self.refused = False
        self.unsaved_trainer: Trainer | None = None
        self.rests_because = ""
        self.desks = None if run_file.desk is None else desks

    @property
    def desk(self) -> Desk | None:
        return self.writer.run_file.desk

    def publish(self, **changes: Any) -> None:
        """Replace the snapshot; `revision` grows with everything but the mere progress of training."""
        old = self.snapshot
        if changes.get("state", "paused") != "paused":
            changes["keeps_until"] = None
        new = dataclasses.replace(old, updated=time.time(), saved=self.writer.trouble, **changes)
        if (new.state, new.message, new.settings, new.saved, new.grids) != (
            old.state, old.message, old.settings, old.saved, old.grids,
        ):  # fmt: skip
            new = dataclasses.replace(new, revision=old.revision + 1)
        self.snapshot = new

    def why_over(self) -> str | None:
        """Why the run has nothing left to train, in a sentence, or None."""
        s = self.snapshot
        repeats = s.state == "paused" and s.batch < self.writer.run_file.repeats_until  # then no time limit ends it
        return None if repeats else why_over(s) or self.why_enough()

    def why_enough(self) -> str | None:
        """Why the run has trained as much as one of a desk may, in a sentence, or None."""
        if self.desks is None:
            return None
        return self.desks.why_enough(self.snapshot.batch - self._first_of_desk)

    def why_there(self) -> str:
        """What a run says that stops by itself; "" if it trains a recording again, and ends where that ended."""
        if self.stop_at is None or self.writer.run_file.parent:
            return ""
        return f"It has trained its {self.stop_at:,} batches."

    @property
    def desk_end(self) -> int | None:
        """The batch after which a run of a desk has trained as much as it may; None for the teacher's."""
        return None if self.desks is None else self._first_of_desk + self.desks.limits.batches

    @property
    def _first_of_desk(self) -> int:
        """The batch from which those of a desk count: its beginning, or that of the branch."""
        run_file = self.writer.run_file
        return 0 if run_file.ends_at else (run_file.branched_at or 0) * run_file.batches_per_epoch


RunQueue = TrainingQueue[RunData]
