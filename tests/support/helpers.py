"""What the tests of runs share: small settings, waiting for a condition, disks that refuse, a run trained by hand."""

from __future__ import annotations

import contextlib
import os
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor

from gan.data import image_sets
from gan.quality.metrics import Quality
from gan.quality.scores import Score
from gan.recording import atomic_files, checkpoint, epochs, weights_file
from gan.recording.commands import Network, RecordedCommand, Resume, SetKnobs, Step, Stop
from gan.recording.metric_history import Rows
from gan.recording.run_file import read_run_file
from gan.runs.queue import TrainingQueue
from gan.runs.run import Run
from gan.settings import Settings, parse
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state

# 6,265 sevens in batches of 512 are 13 batches an epoch, of half a millisecond each.
SMALL = parse(
    {
        "digits": [7],
        "batch_size": 512,
        "latent_dim": 8,
        "g_hidden": [16],
        "d_hidden": [16],
        "epochs": 2,
        "device": "cpu",
    }
)
BATCHES = 13
SEVENS = image_sets.load(SMALL.dataset, SMALL.split, SMALL.digits)  # held here, so that they are picked out once
ENDLESS = SMALL.changed(epochs=10_000)


PATIENCE = 120.0  # seconds until a wait counts as failed: a busy machine is slow, not broken; how fast is for gan/bench


def wait_until(condition: Callable[[], object], timeout: float = PATIENCE) -> None:
    """Return as soon as `condition` holds; fail if it does not in `timeout` seconds."""
    deadline = time.monotonic() + timeout
    pause = 0.002
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(pause)
        pause = min(1.2 * pause, 0.05)  # who asks all the time takes the core from what it waits for


def wait_for(run: Run, state: str) -> None:
    """Wait until a run is in this state; any state that it cannot leave by itself ends the waiting."""
    ends = {"stopped", "finished", "diverged", "failed", "interrupted"}
    wait_until(lambda: run.snapshot().state in {state, *ends})
    snapshot = run.snapshot()
    assert snapshot.state == state, f"{snapshot.state}: {snapshot.message}"


def wait_for_batch(run: Run, batch: int) -> None:
    wait_until(lambda: run.snapshot().batch >= batch or not run.active)
    assert run.snapshot().batch >= batch, run.snapshot()


def step(run: Run, batches: int, only: Network | None = None) -> None:
    """Train so many batches one by one and wait until it is paused again; `only`: one network learns."""
    goal = run.snapshot().batch + batches
    for _ in range(batches):
        run.command(Step(only))
    wait_until(lambda: (run.snapshot().state, run.snapshot().batch) == ("paused", goal) or not run.active)
    assert run.snapshot().batch == goal


def go_on_to(run: Run, batch: int) -> None:
    """Train without a stop up to this batch, and pause there."""
    run.pause_at(batch)
    run.command(Resume())
    wait_until(lambda: (run.snapshot().state, run.snapshot().batch) == ("paused", batch))


def stop(run: Run) -> None:
    """End a run's training; afterwards its thread is gone, and the disk knows all."""
    run.command(Stop())
    wait_until(lambda: not run.active)
    assert run.snapshot().state == "stopped", run.snapshot().message


def finish(run: Run, epochs: int) -> None:
    """Let a run at rest go on to the end of so many epochs."""
    if run.snapshot().settings.epochs != epochs:
        run.command(SetKnobs({"epochs": epochs}))
    run.command(Resume())
    wait_until(lambda: not run.active)
    assert run.snapshot().state == "finished", run.snapshot().message
    assert run.snapshot().epoch == epochs


def figures(run: Run) -> Rows:
    """All figures of a run, batches x 4."""
    return run.series.rows(0, run.snapshot().batch).copy()


@dataclass(frozen=True)
class Trained:
    """What a run must come to: its figures (batches x 4), its whole state, and both networks' weights by epoch."""

    rows: Rows
    state: dict[str, Tensor]
    epochs: dict[int, dict[str, Tensor]]


def in_one_go(initial: Settings, batches: int, commands: Iterable[RecordedCommand] = ()) -> Trained:
    """Settings trained in one go, each command obeyed after the batch that it names. Knows no threads and no files."""
    trainer, commands = Trainer(initial), list(commands)
    rows, weights = np.empty((batches, 4), np.float32), {}
    for batch in range(batches + 1):
        now = [command for command in commands if command.batch == batch]
        for command in now:
            trainer.change(trainer.settings.changed(**command.values))
        steps = [command.kind for command in now if command.kind.startswith("step")]
        only: dict[str, Literal["d", "g"]] = {"step_d": "d", "step_g": "g"}
        if batch < batches:
            rows[batch] = trainer.step(only.get(steps[-1]) if steps else None)
            if trainer.batch % trainer.batches_per_epoch == 0:
                weights[trainer.epoch] = weights_file.weights_of_state(capture_state(trainer))
    return Trained(rows, capture_state(trainer), weights)


def reopened(run: Run) -> Run:
    """The same run as another process, or this one after a restart, finds it on disk."""
    return Run.open(run.folder, TrainingQueue(1))


def saved_state(run: Run) -> dict[str, Tensor]:
    """The training state of the last checkpoint on disk."""
    return checkpoint.read_state(run.folder, read_run_file(run.folder).newest)


def assert_as_if_in_one_go(run: Run) -> Trained:
    """Figures, state and kept weights of a run at rest are those of its settings and record, trained without a pause.

    Returns what it must have come to.
    """
    folder, batch = run.folder, run.snapshot().batch
    expected = in_one_go(run.run_file.initial_settings, batch, run.record.commands)
    np.testing.assert_array_equal(figures(run), expected.rows)
    assert_same_bits(saved_state(run), expected.state)
    for epoch in expected.epochs.keys() & set(epochs.numbers(folder)):
        assert_same_bits(epochs.read(folder, epoch)[0], expected.epochs[epoch])
    return expected


def assert_same_bits(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    """Two states of a trainer are equal in every bit."""
    assert one.keys() == other.keys()
    different = [name for name in one if not torch.equal(one[name], other[name])]
    assert different == []


@contextlib.contextmanager
def full_disk(room: int = 20_000) -> Iterator[None]:
    """The operating system refuses to make any file larger than `room` bytes (a checkpoint's weights need more)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The operating system refuses to change this folder. Root is refused nothing, so root is nobody meanwhile."""
    nobody = 65534
    mode = folder.stat().st_mode
    folder.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(nobody)
    try:
        yield
    finally:
        if user == 0:
            os.seteuid(user)
        folder.chmod(mode)


@contextlib.contextmanager
def full_disk_from(number: int) -> Iterator[list[str]]:
    """The disk is full from the n-th file on that is written (the first is number 0); the names of all that are."""
    begun: list[str] = []
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as full:

        def counted(write: Callable[..., None]) -> Callable[..., None]:
            def counting(path: Path, *args: object, **options: object) -> None:
                if len(begun) == number:
                    full.enter_context(full_disk(0))
                begun.append(path.name)
                write(path, *args, **options)

            return counting

        for name in ("write", "append"):
            patch.setattr(atomic_files, name, counted(getattr(atomic_files, name)))
        yield begun


def score_of(fid: float, epoch: int) -> Score:
    """What may have been measured of an epoch of such a small run."""
    quality = Quality(
        count=2000, seed=0, fid=fid, density=0.4, coverage=0.5, histogram=(0.1,) * 10, missing=(), confident=0.7,
        copies=0.01, copies_of=256,
    )  # fmt: skip
    return Score(epoch * BATCHES, epoch, averaged=False, quality=quality)
