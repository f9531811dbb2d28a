"""A run of a million batches, made up instead of trained, and the cost of its age."""

from __future__ import annotations

import math
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from websockets.sync.client import connect

import gan
from gan.app.page_visits import Visit, visits
from gan.bench import Result, Say
from gan.bench.crowd import Crowds, Watched, header_of, in_milliseconds
from gan.bench.figures import ratio
from gan.bench.plan import LoadPlan
from gan.bench.server import App
from gan.bench.viewers import stream, watched_by
from gan.data.grid import grid_png
from gan.recording import checkpoint, commands_file, epochs, weights_file
from gan.recording.commands import RecordedCommand, SetKnobs, settings_after
from gan.recording.metric_history import METRICS, MetricHistory, Rows
from gan.recording.run_file import RunFile
from gan.settings import Settings
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state

CATCH_UPS = 5


# --- the maker -------------------------------------------------------------------------------------------------------


def make_old_run(folder: Path, settings: Settings, batches: int, moves: int) -> None:
    """Write a run as the app would leave it after these batches and knob moves; it can be resumed.

    Its figures and images are made up, and its networks are untrained.
    """
    commands = _commands(batches, moves)
    now = settings_after(settings, commands)
    trainer = Trainer(now)
    finished = batches // trainer.batches_per_epoch
    images, weights = grid_png(trainer.sample()), weights_file.weights_of_state(capture_state(trainer))
    stride = epochs.stride_for(finished, now.kept_epochs)
    for epoch in range(1, finished + 1):
        epochs.write_grid(folder, epoch, images)
        if epoch % stride == 0:
            packed = weights_file.pack(weights, now, epoch * trainer.batches_per_epoch, epoch)
            epochs.write(folder, epoch, packed)
    epochs.write_grid(folder, None, images)
    commands_file.write(folder, commands)
    run_file = RunFile(
        name=folder.name, state="stopped", created=time.time(), updated=time.time(), seconds=batches / 300,
        app_version=gan.__version__, torch_version=torch.__version__, initial_settings=settings, settings=now,
        batch=batches, epoch=finished, batches_per_epoch=trainer.batches_per_epoch,
    )  # fmt: skip
    checkpoint.write(folder, run_file, capture_state(trainer), MetricHistory(_figures(batches)), commands)


def _commands(batches: int, moves: int) -> list[RecordedCommand]:
    """Knob moves spread evenly over the whole run."""
    rates = [("lr_g", "lr_d")[move % 2] for move in range(moves)]
    return [
        RecordedCommand(move * batches // moves, SetKnobs({rate: round(0.0001 + 1e-7 * (move + 1), 7)}), time.time())
        for move, rate in enumerate(rates)
    ]


def _figures(batches: int) -> Rows:
    """Noisy, swinging losses, and accuracies in steps of one image in 128."""
    dice = np.random.default_rng(0)
    swing = np.sin(np.linspace(0, 60, batches, dtype=np.float32))[:, None]
    rows = np.asarray(dice.normal(size=(batches, len(METRICS))), np.float32)
    rows[:, :2] = 0.7 + 0.2 * swing + 0.05 * rows[:, :2]
    rows[:, 2:] = np.round(np.clip(70 - 20 * swing + 5 * rows[:, 2:], 0, 100) * 1.28) / 1.28
    return rows


# --- what it costs ---------------------------------------------------------------------------------------------------


def measure(app: App, old: str, young: str, crowds: Crowds, plan: LoadPlan, say: Say) -> Result:
    """Open, watch and train the old run and a young one in turn; nothing trains before or after."""
    say(f"a run of {plan.old} batches beside a young one")
    app.rest(young)
    before = app.memory()
    opening = catch_up(app, old)
    opened = app.memory()
    again = [catch_up(app, old) for _ in range(CATCH_UPS)]
    pages = [visit for cold in (True, False) for visit in _open(app, old, crowds, cold)]
    rates: dict[str, list[float]] = {old: [], young: []}
    seen: dict[str, list[Watched]] = {old: [], young: []}
    for _ in range(plan.rounds):
        for name in (old, young):
            app.go(name)
            speed, watched = watched_by(app, name, crowds, 1, plan.window)
            rates[name].append(speed)
            seen[name] += watched
            app.rest(name)
    return {
        "batches": plan.old,
        "marks": opening["marks"],
        "catch_up_kb": max(each["kb"] for each in again),
        "catch_up_ms_when_opened": opening["ms"],
        "catch_up_ms": round(median(each["ms"] for each in again), 1),
        "page_ms": in_milliseconds([each.page for each in pages]),
        "memory_mb_to_open": round(opened - before, 1),
        "memory_mb_trained": round(app.memory() - before, 1),
        "training_speed_against_young": ratio(rates[old], rates[young]),
        "old": stream(seen[old], plan.window),
        "young": stream(seen[young], plan.window),
    }


def catch_up(app: App, name: str) -> Result:
    """A new viewer's first message: milliseconds, size in kB, and number of marks."""
    began = time.monotonic()
    address = f"ws://{app.address}/api/runs/{name}/live"
    with connect(
        address, additional_headers=app.door.headers(0), compression=None, max_size=None, proxy=None
    ) as viewer:
        message = viewer.recv()
    assert isinstance(message, bytes)
    waited = time.monotonic() - began
    return {
        "ms": round(1000 * waited, 1),
        "kb": math.ceil(len(message) / 100) / 10,
        "marks": len(header_of(message)["marks"]),
    }


def _open(app: App, name: str, crowds: Crowds, cold: bool) -> list[Visit]:
    return crowds.start(visits, app.address, f"run={name}", 1, 0.0, cold, app.students).result()
