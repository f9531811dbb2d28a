"""Scripts of runs with penalties, labels, the minibatch standard deviation and halved learning rates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from exported_scripts import (
    MOVED,
    check_code,
    check_networks,
    losses,
    names_after,
    run_here,
)
from exporting import Moves, exported, write_run
from helpers import BATCHES, SMALL, wait_for
from PIL import Image

from gan.recording.commands import Resume, SetKnobs
from gan.runs.queue import TrainingQueue
from gan.runs.run import Run
from gan.settings import KNOBS


@pytest.mark.parametrize("loss", KNOBS["loss"].choices)
@pytest.mark.parametrize("step", ["reference", "fast"])
def test_penalties_are_reproduced(step: str, loss: str, tmp_path: Path) -> None:
    """Exactly those of the reference step; within rounding those of the fast step, which has them in closed form."""
    settings = SMALL.changed(step=step, loss=loss, optimizer_d="sgd", r1_gamma=1.0, penalty_every=2, scaling="0..1")
    moves: Moves = [
        (3, {"r2_gamma": 0.5, "dropout": 0.2}),
        (6, {"penalty_every": 1, "d_steps": 2}),
        (8, {"r1_gamma": 0.0}),
    ]
    rows = write_run(tmp_path / "run", settings, 12, moves, {7: "g", 9: "d"})
    code = exported(tmp_path / "run", "script").content
    check_code(code)
    found = run_here(code, tmp_path)
    assert ("to the last bit" in code.decode()) == (step == "reference")
    if step == "reference":
        assert np.array_equal(found, rows)
    else:
        np.testing.assert_allclose(found[:, :2], rows[:, :2], atol=1e-3)


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("step", ["reference", "fast"])
def test_the_gradient_penalty_is_reproduced(step: str, moved: bool, tmp_path: Path) -> None:
    """As the other penalties are; the code that clips weights is only there if the penalty is ever off."""
    settings = SMALL.changed(step=step, loss="wasserstein", optimizer_d="sgd", gradient_penalty=10.0, d_steps=2)
    moves: Moves = [(3, {"gradient_penalty": 0.0}), (6, {"gradient_penalty": 5.0, "d_steps": 1, "r1_gamma": 1.0})]
    if not moved:
        settings = settings.changed(d_steps=1, conditional="on")
    rows = write_run(tmp_path / "run", settings, 12, moves if moved else [], {7: "g", 9: "d"})
    code = exported(tmp_path / "run", "script").content
    check_code(code)
    assert (b"clamp_" in code) == moved
    found = run_here(code, tmp_path)
    if step == "reference":
        assert np.array_equal(found, rows)
    else:
        assert b"to the last bit" not in code
        np.testing.assert_allclose(found[:, :2], rows[:, :2], atol=1e-3)


@pytest.mark.parametrize("step", ["reference", "fast"])
def test_a_conditional_run_with_the_minibatch_deviation_is_reproduced(step: str, tmp_path: Path) -> None:
    told = {"conditional": "on", "minibatch_std": "on", "ema_decay": 0.9}
    settings = SMALL.changed(step=step, digits=[3, 8], batch_size=1001, **told)
    rows = write_run(tmp_path / "run", settings, 16, MOVED, {0: "g", 2: "d", 9: "d"})
    code = exported(tmp_path / "run", "script").content
    check_code(code)
    assert "MinibatchStd(), nn.Linear(16 + 1, 1)" in code.decode()
    names = names_after(code, tmp_path)
    assert np.array_equal(losses(tmp_path), rows)
    check_networks(names, tmp_path / "run")
    shown = Image.open(tmp_path / "generated.png").convert("L")
    kept = Image.open(tmp_path / "run" / "latest.png")
    assert np.abs(np.asarray(shown, int) - np.asarray(kept, int)).max() <= 1


def test_a_run_whose_step_a_penalty_changed_is_reproduced_within_rounding(tmp_path: Path) -> None:
    moves: Moves = [(3, {"r1_gamma": 1.0}), (8, {"r1_gamma": 0.0})]
    rows = write_run(tmp_path / "run", SMALL.changed(minibatch_std="on"), 12, moves)
    code = exported(tmp_path / "run", "script").content
    check_code(code)
    assert b"rounds\ndifferently from the run's fast step" in code
    np.testing.assert_allclose(run_here(code, tmp_path)[:, :2], rows[:, :2], atol=1e-3)


def test_halved_learning_rates_stand_in_the_script_as_moves(tmp_path: Path) -> None:
    """The schedule itself does not, also if it was turned on the way."""
    settings = SMALL.changed(epochs=4, lr_g=0.004, lr_d=0.002, halve_every=1, conditional="on", minibatch_std="on")
    run = Run.new(tmp_path / "rates", settings, TrainingQueue(1))
    run.pause_at(BATCHES + 3)
    run.launch()
    wait_for(run, "paused")
    run.command(SetKnobs({"halve_every": 3}))
    run.command(Resume())
    wait_for(run, "finished")
    run.join()
    code = exported(tmp_path / "rates", "script").content
    check_code(code)
    assert f'({BATCHES}, {{"lr_g": 0.002, "lr_d": 0.001}})' in code.decode()
    assert f'({3 * BATCHES}, {{"lr_g": 0.001, "lr_d": 0.0005}})' in code.decode()
    assert b"halve_every" not in code
    assert np.array_equal(run_here(code, tmp_path), run.series.rows(0, 4 * BATCHES))
