"""Measurements that anyone can repeat: `python -m gan bench`, one subject a file.

Comparisons take several short slices of each side in turn, since the speed of a machine drifts with its temperature and
other load by more than the differences of interest.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

Say = Callable[[str], None]  # receives the name of the current measurement
Result = dict[str, Any]  # JSON values


# The module of each subject that needs to be told nothing else.
PLAIN = {"step": "step", "load": "load", "views": "views", "desks": "desks", "class": "teaching", "start": "start"}


def measure(
    subject: str, say: Say, *, runs: int = 4, device: str = "cpu", into_readme: bool = False, only: str = "",
) -> Result:  # fmt: skip
    """Measure a plain subject, scale, runs, presets, device or detectors; raises `LiveGANError`."""
    match subject:
        case "scale":
            from gan.bench import scale

            return scale.measure(say, into_readme=into_readme)
        case "runs":
            from gan.bench import several_runs

            return several_runs.measure(say, count=runs)
        case "device":
            from gan.bench import on_device

            return on_device.measure(say, device)
        case "presets":
            from gan.bench import presets

            return presets.compare(say)
        case "detectors":
            from gan.bench import detectors

            return detectors.measure(say, only=only)
    result: Result = import_module(f"gan.bench.{PLAIN[subject]}").measure(say)
    return result
