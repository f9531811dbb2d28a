"""How a figure of a run really goes, in as few points as a drawing has: what students draw on and are compared with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan.classroom.questions import LARGEST, METRICS, Points, QuestionRefused
from gan.errors import LiveGANError
from gan.limits import MAX_BATCHES, MAX_POINTS
from gan.recording.metric_history import METRICS as OF_BATCHES
from gan.runs.run import Run

SPAN = (20, 100_000)  # batches that a drawing may cover
SMOOTHED = 100  # batches over which a figure is averaged, as the charts do at first: lines begin where theirs are
PERCENT = ("d_real_acc", "d_fake_acc")
BEFORE, BEFORE_FID = 0.5, 1.0  # how much of the past is shown, as a share of what is to be drawn
NOT_THERE = "The run has not got there yet; let it train, then compare."
NOT_MEASURED = "No FID of these epochs is measured yet; press Measure all epochs, or wait, then compare."


def axes_of(run: Run, metric: str, batches: int) -> dict[str, Any]:
    """The axes (`Axes`) for drawing how a figure of a run goes on for so many batches; raises QuestionRefused."""
    if metric not in METRICS:
        raise QuestionRefused(f"What is drawn must be one of {', '.join(METRICS)}.")
    if not SPAN[0] <= batches <= SPAN[1]:
        raise QuestionRefused(f"A drawing covers {SPAN[0]} to {SPAN[1]:,} batches.")
    now = run.snapshot()
    if now.over is not None:
        raise QuestionRefused("This run has trained all that it may, so its curve ends here; open another run.")
    start = now.batch
    if start + batches > MAX_BATCHES:
        raise QuestionRefused(f"A run has at most {MAX_BATCHES:,} batches.")
    past = BEFORE_FID if metric == "fid" else BEFORE
    before = _curve(run, metric, max(0, start - int(batches * past)), start)
    low, high = _range(metric, np.array([value for _, value in before], np.float64))
    return {"run": run.name, "title": now.title, "metric": metric, "from_batch": start, "to_batch": start + batches,
            "low": low, "high": high, "before": before}  # fmt: skip


def batches_to(run: Run, epochs: int) -> int:
    """The batches until the end of the last of so many epochs; the first is the one that the run is in."""
    now = run.snapshot()
    return (now.epoch + epochs) * now.batches_per_epoch - now.batch


def is_whole(run: Run, metric: str, start: int, end: int) -> bool:
    """Whether it is known how a figure went from `start` to `end`; a FID comes after its epoch, and not of each."""
    now = run.snapshot()
    if metric != "fid":
        return now.batch >= end
    measured = [score.batch for score in run.scores.all if score.batch > start]
    return min(measured, default=end + 1) <= end and max(measured) > end - now.batches_per_epoch


def real_curve(run: Run, metric: str, start: int, end: int) -> Points:
    """How a figure went after batch `start`, as far as the run has got until `end`; raises QuestionRefused."""
    curve = _curve(run, metric, start, min(end, run.snapshot().batch))
    if len(curve) < (1 if metric == "fid" else 2):
        raise QuestionRefused(NOT_MEASURED if metric == "fid" else NOT_THERE)
    if metric == "fid":
        return from_start(start, [(score.batch, score.quality.fid) for score in run.scores.all], curve)
    return curve


def from_start(start: int, scores: Iterable[tuple[int, float]], curve: Points) -> Points:
    """A curve of the FID that begins at `start`, on the line from the FID before: one point alone makes no line."""
    earlier = [(batch, fid) for batch, fid in scores if batch < start]
    if not earlier or curve[0][0] == start:
        return curve
    (batch, fid), (next_batch, next_fid) = earlier[-1], curve[0]
    at_start = float(np.interp(start, (batch, next_batch), (fid, next_fid)))
    return (*_points([(start, at_start)]), *curve)[:MAX_POINTS]


def run_named(get: Any, name: str) -> Run:
    """The run of this name; a refusal is one sentence about a question."""
    try:
        run: Run = get(name)
    except LiveGANError:
        raise QuestionRefused("The run that was drawn is not there any more.") from None
    return run


def _curve(run: Run, metric: str, start: int, end: int) -> Points:
    if metric == "fid":
        scores = [(float(score.batch), score.quality.fid) for score in run.scores.all if start <= score.batch <= end]
        return _points(scores[-MAX_POINTS:])
    count = min(end, len(run.series))
    first = max(1, start)
    if count <= first:
        return ()
    rows = run.series.rows(max(0, first - SMOOTHED), count)[:, OF_BATCHES.index(metric)].astype(np.float64)
    at = np.unique(np.linspace(first, count, MAX_POINTS).astype(int))
    return _points(list(zip(at.tolist(), _averages(rows, at - (count - len(rows))), strict=True)))


def _averages(values: NDArray[np.float64], ends: NDArray[np.int_]) -> list[float]:
    """The average of up to `SMOOTHED` values before each of `ends`."""
    return [float(values[max(0, end - SMOOTHED) : end].mean()) for end in ends]


def _points(found: list[tuple[float, float]]) -> Points:
    return tuple((float(batch), float(f"{value:.4g}")) for batch, value in found if abs(value) <= LARGEST)


def _range(metric: str, before: NDArray[np.float64]) -> tuple[float, float]:
    """The heights that can be drawn: room for what has been, and as much again above it."""
    if metric in PERCENT:
        return 0.0, 100.0
    if not len(before):
        return 0.0, 150.0 if metric == "fid" else 3.0
    most, least = float(before.max()), float(before.min())
    low = 0.0 if least >= 0 else float(f"{2 * least:.2g}")
    return low, max(float(f"{2 * most:.2g}"), low + 1.0)
