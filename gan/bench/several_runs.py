"""Several runs at once against one alone, in the same process, window by window."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import torch

from gan.bench import Result, Say
from gan.bench.figures import missed, ratio, spread
from gan.bench.server import wait_until
from gan.recording.commands import Pause
from gan.runs.registry import RunRegistry
from gan.runs.run import Run
from gan.settings import Settings

LEAST = {"together_against_alone": 0.95, "smallest_share": 0.9}


def measure(
    say: Say, count: int = 4, *, rounds: int = 4, window: float = 6.0, settings: Settings | None = None
) -> Result:
    """Images per second of `count` runs together, relative to one run alone, and how evenly they share it.

    Each round lets a different run train alone. A share of 1 is fair. Takes about a minute.
    """
    settings = settings or Settings(epochs=10_000)
    alone, together, shares = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        registry = RunRegistry(Path(folder), limit=count)
        runs = [registry.start(settings.changed(seed=seed), f"run-{seed}", paused=True) for seed in range(1, count + 1)]
        try:
            for number in range(rounds):
                say(f"one run alone, then {count} together, round {number + 1} of {rounds}")
                alone += _trained(registry, [runs[number % count]], window)
                each = _trained(registry, runs, window)
                together.append(sum(each))
                shares.append([rate * count / sum(each) for rate in each])
        finally:
            registry.close()
    batch = settings.batch_size
    result: Result = {
        "runs": count,
        "images_per_second_alone": spread([rate * batch for rate in alone], 0),
        "images_per_second_together": spread([rate * batch for rate in together], 0),
        "together_against_alone": ratio(together, alone, 3),
        "shares": [spread(share) for share in zip(*shares, strict=True)],
        "smallest_share": round(min(min(share) for share in shares), 3),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
    }
    return result | {"missed": missed(result, {}, LEAST)}


def _trained(registry: RunRegistry, runs: list[Run], window: float) -> list[float]:
    """Batches per second of each of these runs while they train and all others rest."""
    for run in runs:
        before = run.snapshot().batch
        registry.resume(run.name)
        wait_until(lambda run=run, before=before: run.snapshot().batch > before, f"{run.name} to train")  # type: ignore[misc]
    first, began = [run.snapshot().batch for run in runs], time.perf_counter()
    time.sleep(window)
    last, ended = [run.snapshot().batch for run in runs], time.perf_counter()
    for run in runs:
        registry.command(run.name, Pause())
    for run in runs:
        wait_until(lambda run=run: run.snapshot().state == "paused", f"{run.name} to rest")  # type: ignore[misc]
    return [(after - before) / (ended - began) for before, after in zip(first, last, strict=True)]
