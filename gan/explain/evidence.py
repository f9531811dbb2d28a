"""What a run has recorded by a batch: all that its explanation is made of."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from gan.quality.metrics import Quality
from gan.quality.scores import Score
from gan.recording.marks import Mark
from gan.recording.metric_history import METRICS, Rows
from gan.settings import Settings

WINDOW = 200  # batches over which figures are averaged: those of a single batch of 128 images jump by ten points
RECENT_EPOCHS = 5  # over which the sentence says how the FID has moved


@dataclass(frozen=True)
class Evidence:
    """A run after `batch` batches.

    Attributes:
        settings: those of that batch.
        rows: the figures of batches 1 to `batch` (or more).
        scores: those of its images up to that batch, by batch.
        repeats: whether the generator makes the same image of the same noise when it is asked for images.
    """

    settings: Settings
    batch: int
    batches_per_epoch: int
    rows: Rows
    scores: tuple[Score, ...]
    repeats: bool = True

    @property
    def passes(self) -> float:
        """How often the run has seen each of its images."""
        return self.batch / self.batches_per_epoch

    @property
    def images(self) -> int:
        """About how many images the run learns from."""
        return self.batches_per_epoch * self.settings.batch_size

    @property
    def quality(self) -> Quality | None:
        """The newest measurement of the images."""
        return self.scores[-1].quality if self.scores else None

    def window(self, name: str, batches: int = WINDOW, before: int = 0) -> Rows:
        """A metric of the last `batches` batches, up to `before` batches ago."""
        stop = max(0, self.batch - before)
        return self.rows[max(0, stop - batches) : stop, METRICS.index(name)]

    def mean(self, name: str, batches: int = WINDOW, before: int = 0) -> float:
        """The average of such a window, which must not be empty."""
        return float(self.window(name, batches, before).mean(dtype="f8"))

    def fid_gain(self, epochs: int = RECENT_EPOCHS) -> tuple[float, int] | None:
        """By how much the FID has fallen over the last epochs that were measured, and over how many; None: unknown."""
        if len(self.scores) < 2:
            return None
        last = self.scores[-1]
        first = next(score for score in self.scores if score.epoch >= last.epoch - epochs)
        if first.epoch >= last.epoch:
            return None
        return first.quality.fid - last.quality.fid, last.epoch - first.epoch


def settings_at(settings: Settings, marks: Sequence[Mark], batch: int) -> Settings:
    """The settings that batch `batch` (from 1) was trained with: those of today, with every later change taken back."""
    later = itertools.takewhile(lambda mark: mark.batch >= batch, reversed(marks))
    before = {mark.knob: mark.before for mark in later if mark.knob in Settings.model_fields}
    return settings.model_copy(update=before) if before else settings


def until(scores: Sequence[Score], batch: int) -> tuple[Score, ...]:
    """The scores of the images up to a batch."""
    return tuple(scores[: bisect.bisect_right(scores, batch, key=lambda score: score.batch)])
