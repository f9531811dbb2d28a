"""What the tests of exports share: runs on disk, written by the app's own trainer and checkpoint."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import torch

from gan.data.grid import grid_png
from gan.export import Exported, export_run
from gan.recording import checkpoint, commands_file, epochs
from gan.recording.commands import Pause, RecordedCommand, SetKnobs, Step
from gan.recording.metric_history import MetricHistory, Rows
from gan.recording.run_file import RunFile
from gan.settings import Settings
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state

Moves = Sequence[tuple[int, dict[str, Any]]]
Alone = Mapping[int, Literal["d", "g"]]
NEVER: Alone = MappingProxyType({})


def write_run(folder: Path, settings: Settings, batches: int, moves: Moves = (), alone: Alone = NEVER) -> Rows:
    """Train a run with its knobs turned after the batches that `moves` name, and keep it; returns its figures.

    After the batches in `alone`, only one network learns in the next.
    """
    trainer, series = Trainer(settings), MetricHistory()
    for batch in range(batches + 1):
        for moved, values in moves:
            if moved == batch:
                trainer.change(trainer.settings.changed(**values))
        if batch < batches:
            series.append(trainer.step(alone.get(batch)))
            if trainer.batch % trainer.batches_per_epoch == 0:
                epochs.write_grid(folder, trainer.epoch, grid_png(trainer.sample()))
    turned = [RecordedCommand(batch, SetKnobs(values), time.time()) for batch, values in moves]
    steps = [RecordedCommand(batch, Step(network), time.time()) for batch, network in alone.items()]
    by_batch = sorted([*turned, *steps], key=lambda command: command.batch)
    commands = [RecordedCommand(0, Pause(), time.time()), *by_batch]
    commands_file.write(folder, commands)
    fresh = RunFile(
        name=folder.name, state="stopped", created=1e9, updated=1e9, app_version="0", torch_version=torch.__version__,
        initial_settings=settings, settings=settings, batches_per_epoch=trainer.batches_per_epoch, seconds=60.0,
    )  # fmt: skip
    run_file = fresh.model_copy(update={"settings": trainer.settings, "batch": batches, "epoch": trainer.epoch})
    epochs.write_grid(folder, None, grid_png(trainer.sample()))
    checkpoint.write(folder, run_file, capture_state(trainer), series, commands)
    return series.rows(0, batches)


def exported(folder: Path, kind: str, **more: object) -> Exported:
    """The export, which must leave the run's folder as it was."""
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    result = export_run(folder, kind, **more)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    return result
