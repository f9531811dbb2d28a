"""Summaries of repeated measurements: medians, spreads and ratios."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from gan.bench import Result


@dataclass(frozen=True)
class Spread:
    """The median, lowest and highest of several measurements."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float], digits: int = 3) -> Result:
    """The median, lowest and highest of the values, of which there is at least one."""
    return asdict(Spread(*(round(float(value), digits) for value in (median(values), min(values), max(values)))))


def ratio(above: Sequence[float], below: Sequence[float], digits: int = 2) -> Result:
    """The ratio of two medians, with the spread of the ratios round by round."""
    rounds = [one / other for one, other in zip(above, below, strict=True)]
    whole = Spread(median(above) / median(below), min(rounds), max(rounds))
    return {name: round(value, digits) for name, value in asdict(whole).items()}


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of the values do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def missed(result: Result, limits: Mapping[str, float], least: Mapping[str, float]) -> list[str]:
    """Sentences on the figures ("part.name") of `result` that are above their limit or below their minimum."""
    found = {name: _at(result, name) for name in [*limits, *least]}
    above = [
        f"{name} is {found[name]}, at most {limit} is wanted" for name, limit in limits.items() if found[name] > limit
    ]
    below = [
        f"{name} is {found[name]}, at least {limit} is wanted" for name, limit in least.items() if found[name] < limit
    ]
    return above + below


def _at(result: Result, path: str) -> float:
    """A figure inside nested objects; the median of a spread."""
    value: object = result
    for name in path.split("."):
        assert isinstance(value, dict)
        value = value[name]
    if isinstance(value, dict):
        value = value["median"]
    assert isinstance(value, int | float)
    return value
