"""What the tests of exports share: runs on disk, written by the app's own trainer and checkpoint."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from gan import checkpoint
from gan.checkpoint import RunFile
from gan.export import Exported, export
from gan.history import Command, Rows, Series
from gan.images import grid_png
from gan.settings import Settings
from gan.trainer import Trainer

Moves = Sequence[tuple[int, dict[str, Any]]]


def write_run(folder: Path, settings: Settings, batches: int, moves: Moves = ()) -> Rows:
    """Train a run with its knobs turned after the batches that `moves` name, and keep it; returns its figures."""
    trainer, series = Trainer(settings), Series()
    for batch in range(batches + 1):
        for moved, values in moves:
            if moved == batch:
                trainer.change(trainer.settings.changed(**values))
        if batch < batches:
            series.append(trainer.step())
            if trainer.batch % trainer.batches_per_epoch == 0:
                checkpoint.write_grid(folder, trainer.epoch, grid_png(trainer.sample()))
    commands = [Command(batch, "set", values, time.time()) for batch, values in sorted(moves, key=lambda move: move[0])]
    checkpoint.write_commands(folder, [Command(0, "pause", {}, time.time()), *commands])
    fresh = RunFile(
        name=folder.name, state="stopped", created=1e9, updated=1e9, app_version="0", torch_version=torch.__version__,
        initial_settings=settings, settings=settings, batches_per_epoch=trainer.batches_per_epoch, seconds=60.0,
    )  # fmt: skip
    reached = {"settings": trainer.settings, "batch": batches, "epoch": trainer.epoch, "commands": len(commands) + 1}
    run_file = fresh.model_copy(update=reached)
    checkpoint.write(folder, run_file, trainer.state(), series, grid_png(trainer.sample()))
    return series.rows(0, batches)


def exported(folder: Path, kind: str) -> Exported:
    """The export, which must leave the run's folder as it was."""
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    result = export(folder, kind)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    return result
