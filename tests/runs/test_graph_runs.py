"""Runs that train several batches at a time, as on a GPU: commands act between two of them and are recorded exactly.

Without a GPU the step that is captured there runs uncaptured on the processor.
"""

from __future__ import annotations

import pytest
from helpers import (
    BATCHES,
    ENDLESS,
    SMALL,
    assert_as_if_in_one_go,
    go_on_to,
    reopened,
    step,
    stop,
    wait_for,
    wait_until,
)
from running import ON_CUDA, MakeRun

from gan.recording.commands import Resume, SetKnobs
from gan.recording.replay import replay_run
from gan.runs.run import Run

pytestmark = pytest.mark.usefixtures("by_graph")
KINDS = ["cpu", pytest.param("cuda", marks=ON_CUDA)]
WILD = {"loss": "least-squares", "optimizer_d": "sgd", "lr_d": 0.1, "momentum_d": 0.99, "dropout": 0.0,
        "d_hidden": [512, 512], "batch_size": 64}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_steered_run_is_recorded_exactly_resumes_and_replays(new_run: MakeRun, kind: str) -> None:
    run = new_run(ENDLESS.changed(device=kind, ema_decay=0.9), paused=True)
    wait_for(run, "paused")
    go_on_to(run, 20)
    run.command(SetKnobs({"lr_g": 0.001, "dropout": 0.2}))
    step(run, 2, "g")
    run.command(Resume())
    wait_until(lambda: run.snapshot().batch > 50)
    run.command(SetKnobs({"latent_dim": 5}))  # it acts wherever the run is by then
    wait_until(lambda: run.snapshot().batch > 4 * BATCHES + 20 and run.snapshot().settings.latent_dim == 5)
    stop(run)
    assert_as_if_in_one_go(run)
    again = reopened(run)
    again.launch(paused=True)
    wait_for(again, "paused")
    go_on_to(again, again.snapshot().batch + 20)
    stop(again)
    assert_as_if_in_one_go(again)
    outcome = replay_run(again.folder)
    assert outcome.exact
    assert outcome.passed


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_diverges_at_the_very_batch_at_which_it_diverges_one_by_one(new_run: MakeRun, kind: str) -> None:
    wild = SMALL.changed(device=kind, **WILD)
    run, slow = new_run(wild, "portions"), new_run(wild.changed(pace=1000.0), "one-by-one")
    for each in (run, slow):
        wait_until(lambda each=each: not each.active)  # type: ignore[misc]
    assert told(run) == told(slow)
    assert run.snapshot().state == "diverged"
    rows = run.series.rows(0, run.snapshot().batch)
    assert (rows == slow.series.rows(0, len(rows))).all()


def told(run: Run) -> tuple[int, str]:
    return run.snapshot().batch, run.snapshot().message
