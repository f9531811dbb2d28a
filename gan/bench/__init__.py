"""Measurements that anyone can repeat: `python -m gan bench`, one subject a file.

What is compared is measured side by side: several short slices of each, in turn, since the speed of a machine wanders
(with its temperature, and with what else it does) by more than the differences that count.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Say = Callable[[str], None]  # is told what is being measured
Result = dict[str, Any]  # JSON values


class BenchError(Exception):
    """Something cannot be measured here; the text is one sentence for the user."""


def measure(subject: str, say: Say, *, runs: int = 4, into_readme: bool = False) -> Result:
    """Measure one subject: step, scale, runs, load, start or presets; raises `BenchError`."""
    match subject:
        case "scale":
            from gan.bench import scale

            return scale.measure(say, into_readme=into_readme)
        case "runs":
            from gan.bench import several

            return several.measure(say, count=runs)
        case "load":
            from gan.bench import load

            return load.measure(say)
        case "start":
            from gan.bench import start

            return start.measure(say)
        case "presets":
            from gan.bench import presets

            return presets.compare(say)
    from gan.bench import step

    return step.measure(say)
