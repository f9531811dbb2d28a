"""Images per second on one device: the step alone, by each of its implementations, and the real app under viewers."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import torch

from gan import presets
from gan.bench import Result, Say
from gan.bench.crowd import Crowds, crowds
from gan.bench.figures import missed, spread
from gan.bench.server import App, make_run, running_app
from gan.bench.viewers import rate, slowdown, watched_by
from gan.settings import Settings, parse
from gan.training import device
from gan.training.trainer import Trainer

PRESETS = ("lecture", "sharp")
VIEWERS = 200
ON_A_GPU = {"lecture.app.one_viewer": 250_000, "sharp.app.one_viewer": 120_000}  # images per second, at least
LIMITS = {f"{name}.app.slowdown_percent": 10 for name in PRESETS}


def measure(
    say: Say, kind: str, *, seconds: float = 3.0, rounds: int = 3, viewers: int = VIEWERS,
    given: dict[str, object] | None = None,
) -> Result:  # fmt: skip
    """Images per second of both presets on the device of this kind; takes about three minutes.

    Args:
        seconds: of each slice.
        given: settings that differ from the presets.

    Raises:
        DeviceError: this machine has no such device.
    """
    device.select(kind)
    result: Result = {"device": device.processor(kind), "cores": os.cpu_count(), "torch": torch.__version__}
    settings = {
        name: parse({**presets.named(name).values, "epochs": 10_000, "device": kind, **(given or {})})
        for name in PRESETS
    }
    for name, one in settings.items():
        result[name] = {"step": _steps(say, name, one, seconds, rounds)}
    with tempfile.TemporaryDirectory() as temporary, crowds(1) as helpers:
        for name, one in settings.items():
            make_run(Path(temporary), name, one)
        with running_app(Path(temporary)) as app:
            for name, one in settings.items():
                result[name]["app"] = _in_the_app(say, app, helpers, name, one, seconds, rounds, viewers)
    return result | {"missed": missed(result, LIMITS, ON_A_GPU if kind == "cuda" else {})}


def _steps(say: Say, name: str, settings: Settings, seconds: float, rounds: int) -> Result:
    """A trainer without the app around it, through "auto" and through the steps that it can be told to take."""
    say(f"{name}: the steps alone")
    trainers = {step: Trainer(settings.changed(step=step)) for step in ("auto", "reference", "fast")}
    rates: dict[str, list[float]] = {step: [] for step in trainers}
    for trainer in trainers.values():
        _in_a_thread(lambda trainer=trainer: _rate(trainer, 0.3 * seconds))  # type: ignore[misc]
    for _ in range(rounds):
        for step, trainer in trainers.items():
            rates[step].append(_in_a_thread(lambda trainer=trainer: _rate(trainer, seconds)))  # type: ignore[misc]
    return {step: spread([each * settings.batch_size for each in found], 0) for step, found in rates.items()}


def _rate(trainer: Trainer, seconds: float) -> float:
    """Batches per second."""
    device.use_one_thread()
    began, first = time.perf_counter(), trainer.batch
    while trainer.batch == first or time.perf_counter() - began < seconds:
        trainer.train(10_000)
    return (trainer.batch - first) / (time.perf_counter() - began)


def _in_a_thread(work: Callable[[], float]) -> float:
    """The result of work done by a thread of its own, as a run has; it sets its number of threads."""
    results: list[float] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def _in_the_app(
    say: Say, app: App, crowds: Crowds, name: str, settings: Settings, seconds: float, rounds: int, viewers: int
) -> Result:
    """The run in the app without viewers, with one, and with many."""
    found: dict[int, list[float]] = {0: [], 1: [], viewers: []}
    app.go(name)
    watched_by(app, name, crowds, 1, seconds)  # the one-time cost of the first viewer counts for none
    for number in range(rounds):
        say(f"{name} in the app, with 0, 1 and {viewers} viewers, round {number + 1} of {rounds}")
        for count, rates in found.items():
            rates.append(watched_by(app, name, crowds, count, seconds)[0] if count else rate(app, name, seconds)[0])
    app.rest(name)
    images = {count: [each * settings.batch_size for each in rates] for count, rates in found.items()}
    return {
        "no_viewer": spread(images[0], 0),
        "one_viewer": spread(images[1], 0),
        f"{viewers}_viewers": spread(images[viewers], 0),
        "slowdown_percent": slowdown(images[1], images[viewers]),
    }
