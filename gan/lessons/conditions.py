"""When a step of a lesson is reached: conditions on the figures of a run, such as `epoch >= 2 and fid < 40`.

A condition is data, not code: clauses joined by "and", each of which compares one figure with one number. The page
evaluates them while it watches a run (`conditions.js`), and the tests evaluate them here; the cases in
`tests/fixtures/lesson_conditions.json` hold for both.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gan import number_text
from gan.errors import LiveGANError
from gan.quality.metrics import Quality
from gan.quality.scores import Score
from gan.recording.metric_history import METRICS, Rows
from gan.settings import KNOBS, LIVE_KNOBS

DEFAULT_WINDOW = 50  # batches over which a metric is averaged; one batch alone says little
MAX_WINDOW = 10_000
MOST_CLAUSES = 6
PROGRESS = {  # how far a run is
    "batch": "batches trained", "epoch": "epochs trained", "since_change": "batches since a knob was turned",
    "measured": "epochs trained and measured",
}  # fmt: skip
SCORES = {  # how good its images were when they were last measured
    "fid": "FID", "density": "density", "coverage": "coverage", "confident": "confident readings", "copies": "copies",
    "missing": "missing digits", "as_asked": "images read as the digit that was asked for",
}  # fmt: skip
LABELS = {
    "d_loss": "discriminator's loss", "g_loss": "generator's loss", "d_real_acc": "real images recognised, %",
    "d_fake_acc": "fakes recognised, %",
} | PROGRESS | SCORES | {name: KNOBS[name].label for name in KNOBS if name in LIVE_KNOBS}  # fmt: skip
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq,
}  # fmt: skip
_CLAUSE = re.compile(
    r"\s*([a-z_0-9]+)\s*(>=|<=|>|<|=)\s*([0-9.eE+-]+)(?:\s+over\s+([0-9]{1,6})\s+batch(?:es)?)?\s*", re.ASCII
)


class ConditionError(LiveGANError):
    """A condition that cannot be read; the text is one sentence."""


@dataclass(frozen=True)
class Clause:
    """One comparison. `window`: how many of the last batches a metric is averaged over; 0 for other figures."""

    figure: str
    comparison: str
    value: float
    window: int


Condition = tuple[Clause, ...]


@dataclass(frozen=True)
class Figures:
    """What is known of a run.

    Attributes:
        rows: the metrics of its batches.
        epoch: how many epochs it has completed.
        settings: its present settings.
        changed: the batch after which a knob was last turned; 0 if none was.
        score: the newest measurement of its images, if there is one.
    """

    rows: Rows
    epoch: int
    settings: Mapping[str, Any]
    changed: int
    score: Score | None


def parse(text: str) -> Condition:
    """The clauses of a condition; raises `ConditionError`."""
    parts = re.split(r"\s+and\s+", text.strip())
    if len(parts) > MOST_CLAUSES:
        raise ConditionError(f"A condition has at most {MOST_CLAUSES} comparisons; this one has {len(parts)}.")
    return tuple(map(_clause, parts))


def _clause(text: str) -> Clause:
    found = _CLAUSE.fullmatch(text)
    if found is None or not number_text.is_number(found[3]):
        raise ConditionError(
            f"{text[:60]!r} is no condition; write a figure, a comparison and a number, such as 'epoch >= 2' or "
            "'d_fake_acc > 90 over 200 batches'."
        )
    figure, comparison, value, window = found.groups()
    if figure not in LABELS:
        raise ConditionError(f"There is no figure {figure[:40]!r}; it must be one of {', '.join(LABELS)}.")
    if figure in METRICS:
        batches = int(window or DEFAULT_WINDOW)
        if not 1 <= batches <= MAX_WINDOW:
            raise ConditionError(f"{text[:60]!r} averages over {batches} batches; it must be 1 to {MAX_WINDOW:,}.")
        return Clause(figure, comparison, float(value), batches)
    if window:
        raise ConditionError(f"{figure} is not measured in every batch, so 'over {window} batches' means nothing here.")
    return Clause(figure, comparison, float(value), 0)


def value_of(clause: Clause, figures: Figures) -> float | None:
    """The figure of a clause; None as long as it is not known."""
    name, trained = clause.figure, len(figures.rows)
    if name in METRICS:
        if trained < clause.window:
            return None
        return float(figures.rows[trained - clause.window :, METRICS.index(name)].mean(dtype="f8"))
    if name in PROGRESS:
        measured = figures.score.epoch if figures.score else 0
        progress = {"batch": trained, "epoch": figures.epoch, "since_change": trained - figures.changed}
        return float(measured if name == "measured" else progress[name])
    if name not in SCORES:
        return float(figures.settings[name])
    return None if figures.score is None else _score(name, figures.score.quality)


def _score(name: str, quality: Quality) -> float | None:
    if name == "missing":
        return float(len(quality.missing))
    if name == "as_asked":
        asked = [share for share in quality.as_asked or () if share is not None]
        return sum(asked) / len(asked) if asked else None
    return float(getattr(quality, name))


def holds(condition: Condition, figures: Figures) -> bool:
    """Whether all clauses hold."""
    values = [(clause, value_of(clause, figures)) for clause in condition]
    return all(value is not None and COMPARISONS[clause.comparison](value, clause.value) for clause, value in values)
