"""Training speed compared with the lecture's loop and with the matrix products alone, slice by slice.

Ours is the real app in a separate process, without a viewer and with one. It rests while the others run.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import torch

from gan.bench import Result, Say, lecture
from gan.bench.crowd import Crowds, crowds
from gan.bench.figures import missed, ratio, spread
from gan.bench.products import matrix_products
from gan.bench.server import App, make_run, running_app
from gan.bench.viewers import rate, watched_by
from gan.settings import Settings

LECTURE_BATCHES = 60  # a slice
PRODUCT_STEPS = 250
WINDOW = 2.5  # seconds of a slice of ours
LIMITS = {"times_the_matrix_products": 2.5}
LEAST = {"times_faster_than_lecture": 8.0}


def measure(
    say: Say, *, rounds: int = 8, window: float = WINDOW, lecture_batches: int = LECTURE_BATCHES,
    settings: Settings | None = None,
) -> Result:  # fmt: skip
    """Seconds per epoch of each, and their ratios; takes about a minute and a half."""
    settings = settings or Settings(epochs=10_000)
    say("making ready")
    taught = lecture.LectureLoop(settings)
    products = {threads: matrix_products(settings, threads) for threads in sorted({1, lecture.THREADS})}
    batch: dict[str, list[float]] = {name: [] for name in ("lecture", "unwatched", "watched", *map(str, products))}
    taught.train(min(10, lecture_batches))
    with tempfile.TemporaryDirectory() as temporary, crowds(1) as helpers:
        make_run(Path(temporary), "run", settings)
        with running_app(Path(temporary)) as app:
            for number in range(rounds):
                say(f"the lecture's loop, ours, the matrix products alone: round {number + 1} of {rounds}")
                batch["lecture"].append(taught.train(lecture_batches) / lecture_batches)
                for viewers in (0, 1):
                    batch["watched" if viewers else "unwatched"].append(_ours(app, helpers, viewers, window))
                for threads, steps in products.items():
                    steps(20)
                    batch[str(threads)].append(steps(PRODUCT_STEPS) / PRODUCT_STEPS)
            per_epoch = -(-60_000 // settings.batch_size)
    fastest = min((batch[str(threads)] for threads in products), key=min)
    result: Result = {
        "lecture_seconds_per_epoch": _epochs(batch["lecture"], per_epoch),
        "livegan_seconds_per_epoch": _epochs(batch["watched"], per_epoch),
        "livegan_unwatched_seconds_per_epoch": _epochs(batch["unwatched"], per_epoch),
        "matrix_products_seconds_per_epoch": {
            f"{threads}_threads": _epochs(batch[str(threads)], per_epoch) for threads in products
        },
        "times_faster_than_lecture": ratio(batch["lecture"], batch["watched"]),
        "times_the_matrix_products": ratio(batch["watched"], fastest),
        "images_per_second": spread([settings.batch_size / seconds for seconds in batch["watched"]], 0),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
    }
    return result | {"missed": missed(result, LIMITS, LEAST)}


def _ours(app: App, crowds: Crowds, viewers: int, window: float) -> float:
    """Seconds per batch of the run in the app."""
    app.go("run")
    speed = watched_by(app, "run", crowds, viewers, window)[0] if viewers else rate(app, "run", window)[0]
    app.rest("run")
    return 1 / speed


def _epochs(seconds_per_batch: list[float], batches: int) -> Result:
    return spread([seconds * batches for seconds in seconds_per_batch])
