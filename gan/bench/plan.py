"""The extent of `python -m gan bench --load` and `--class`."""

from __future__ import annotations

from dataclasses import dataclass, field

from gan.settings import Settings


@dataclass(frozen=True)
class LoadPlan:
    """Times are seconds; each of the `rounds` has its own windows of `window` seconds."""

    viewers: int = 200
    good: int = 50  # viewers among misbehaving ones, and while a knob moves
    bad: int = 20  # of each kind
    moves: int = 40  # of a knob
    sessions: int = 50
    apart: float = 0.2  # between two sessions
    desks: int = 10  # whose runs train
    walled: int = 40  # desks whose runs train while a teacher sees the wall
    window: float = 8.0
    rounds: int = 3
    old: int = 1_000_000  # batches of the old run
    marks: int = 1000  # of the old run
    settings: Settings = field(default_factory=lambda: Settings(epochs=10_000))
