"""Estimates how long a run in the queue waits, from the runs that train now and their measured pace."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from typing import NamedTuple

from gan.limits import MOST_ESTIMATED
from gan.runs.snapshot import Snapshot
from gan.settings import Settings

# The knobs that decide how long a batch takes.
_COSTLY = (
    "g_hidden", "d_hidden", "latent_dim", "batch_size", "d_steps", "g_steps", "g_norm", "ema_decay", "dropout",
    "device", "step", "pace", "conditional", "minibatch_std",
)  # fmt: skip
_MEASURED = 1.0  # seconds of training after which a run's own past gives its pace


class Holder(NamedTuple):
    """A run that holds a slot; `keeps`: the seconds until it loses the slot, if it is paused."""

    run: Snapshot
    keeps: float | None


def sentence(holders: Sequence[Holder], waiting: Sequence[Snapshot], limit: int) -> str:
    """A sentence that says how many runs are ahead in the queue and about when it is this one's turn.

    Args:
        holders: the runs that hold a slot.
        waiting: those ahead in the queue, first to last.
        limit: how many may train at once.
    """
    count = len(waiting)
    ahead = "It is next in the queue" if not count else f"{count} run{'s are' if count > 1 else ' is'} ahead of it"
    seconds, assumed = _wait(holders, waiting, limit)
    if seconds == math.inf:
        return f"{ahead}; how long that takes is not known yet."
    unless = ", unless a paused run goes on" if assumed else ""
    return f"{ahead}; its turn comes in {about(seconds)}{unless}."


def about(seconds: float) -> str:
    """A rough time in words."""
    if seconds < 60:
        return "less than a minute"
    unit, size = ("minute", 60) if seconds < 5400 else ("hour", 3600) if seconds < 129_600 else ("day", 86_400)
    number = round(seconds / size)
    return f"about {number} {unit}{'' if number == 1 else 's'}"


def _wait(holders: Sequence[Holder], waiting: Sequence[Snapshot], limit: int) -> tuple[float, bool]:
    """Seconds until a slot comes free for the one behind `waiting` (infinity: not known).

    The second value tells whether that assumes that a paused run stays paused.
    """
    if len(waiting) > MOST_ESTIMATED:
        return math.inf, False
    training = [holder.run for holder in holders if holder.keeps is None]
    ends = [
        (_left(holder.run, training), False) if holder.keeps is None else (holder.keeps, True) for holder in holders
    ]
    ends += [(0.0, False)] * (limit - len(ends))
    heapq.heapify(ends)
    for run in waiting:
        end, assumed = heapq.heappop(ends)
        heapq.heappush(ends, (end + _left(run, training), assumed))
    return ends[0]


def _left(run: Snapshot, training: Sequence[Snapshot]) -> float:
    """Seconds that a run has still to train; infinity if unknown."""
    pace = _pace(run, training)
    batches = max(0, run.epochs * run.batches_per_epoch - run.batch)
    left = batches / pace if pace else math.inf
    limit = run.settings.seconds
    return min(left, max(0.0, limit - run.seconds)) if limit else left


def _pace(run: Snapshot, training: Sequence[Snapshot]) -> float:
    """Batches a second, measured now, over the run's past, or of a run with equally costly batches; 0 if unknown."""
    if run.rate > 0:
        return run.rate
    if run.batch > 0 and run.seconds >= _MEASURED:
        return run.batch / run.seconds
    return next((one.rate for one in training if one.rate > 0 and _cost(one.settings) == _cost(run.settings)), 0.0)


def _cost(settings: Settings) -> tuple[object, ...]:
    return tuple(getattr(settings, name) for name in _COSTLY)
