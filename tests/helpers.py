"""What the tests of runs share: small settings, waiting for a condition, a full disk, and a run replayed by hand."""

from __future__ import annotations

import contextlib
import resource
import threading
import time
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from gan import data
from gan.history import Mark, Rows
from gan.run import Run
from gan.settings import Settings, parse
from gan.trainer import Trainer

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
SEVENS = data.load(SMALL.dataset, SMALL.split, SMALL.digits)  # held here, so that they are picked out once
ENDLESS = SMALL.changed(epochs=10_000)


def wait_until(condition: Callable[[], object], timeout: float = 30.0) -> None:
    """Return as soon as `condition` holds; fail if it does not in `timeout` seconds."""
    deadline = time.monotonic() + timeout
    pulse = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        pulse.wait(0.002)


def wait_for(run: Run, state: str) -> None:
    """Wait until a run is in this state; any state that it cannot leave by itself ends the waiting."""
    ends = {"stopped", "finished", "diverged", "failed", "interrupted"}
    wait_until(lambda: run.snapshot().state in {state, *ends})
    snapshot = run.snapshot()
    assert snapshot.state == state, f"{snapshot.state}: {snapshot.message}"


def wait_for_batch(run: Run, batch: int) -> None:
    wait_until(lambda: run.snapshot().batch >= batch or not run.active)
    assert run.snapshot().batch >= batch, run.snapshot()


def figures(run: Run) -> Rows:
    """All figures of a run, batches x 4."""
    return run.series.rows(0, run.snapshot().batch).copy()


def replayed(initial: Settings, marks: Iterable[Mark], batches: int) -> tuple[Rows, dict[str, Tensor]]:
    """What a run must come to: its settings trained in one go, each knob turned after the batch that its mark names."""
    trainer = Trainer(initial)
    changes = list(marks)
    rows = np.empty((batches, 4), np.float32)
    for batch in range(batches + 1):
        for mark in changes:
            if mark.batch == batch:
                trainer.change(trainer.settings.changed(**{mark.knob: mark.after}))
        if batch < batches:
            rows[batch] = trainer.step()
    return rows, trainer.state()


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
