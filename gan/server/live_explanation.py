"""What is going on in a run, in words, as its live stream tells it."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future
from typing import Any

from gan.errors import Busy
from gan.explain.explanation import Explainer
from gan.explain.repeats import repeats
from gan.quality.scores import Score
from gan.recording.metric_history import MetricHistory
from gan.runs.run import Run
from gan.runs.snapshot import Snapshot
from gan.training.trainer import Trainer

PAUSE = 1.0  # seconds between two explanations of a run


class LiveExplanation:
    """The newest explanation of one run, made at most once in `PAUSE` seconds while it trains."""

    def __init__(self) -> None:
        self._explainer = Explainer()
        self._of: tuple[object, ...] = ()
        self._due = 0.0
        self._look: Future[bool] | None = None
        self.newest: dict[str, Any] | None = None

    async def refresh(self, run: Run, series: MetricHistory, now: Snapshot, scores: tuple[Score, ...]) -> None:
        """Explain the run again if something of it is new and, while it trains, the last time is long enough ago."""
        same_course = bool(self._of) and self._of[0] is series
        of = (series, now.batch, now.settings, len(now.marks), scores, repeating := self._repeats(run))
        soon = now.state == "running" and time.monotonic() < self._due
        if of == self._of or (same_course and soon):
            return
        if not same_course:  # it may have gone back to a checkpoint and train other figures
            self._explainer = Explainer()
        self.newest = await asyncio.to_thread(
            explained, self._explainer, now, now.batch, series, scores, repeats_noise=repeating
        )
        self._of, self._due = of, time.monotonic() + PAUSE

    def _repeats(self, run: Run) -> bool:
        """See `Evidence.repeats`; looked at once, and only where networks of one's own may do otherwise."""
        if run.run_file.networks is None:
            return True
        if self._look is None and run.active:
            try:
                self._look = run.peek(_look)
            except Busy:
                return True
        if self._look is None or not self._look.done():
            return True
        return self._look.cancelled() or self._look.exception() is not None or self._look.result()


def _look(trainer: Trainer) -> bool:
    return repeats(trainer.sample, trainer.fixed_noise)


def explained(
    explainer: Explainer, now: Snapshot, batch: int, series: MetricHistory, scores: tuple[Score, ...], *,
    repeats_noise: bool,
) -> dict[str, Any]:  # fmt: skip
    """The explanation of a run after `batch` batches as JSON values."""
    return explainer.explain(
        now.settings, batch, now.batches_per_epoch, series.rows(0, batch), scores, now.marks, repeats_noise
    )
