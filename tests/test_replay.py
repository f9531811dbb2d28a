"""A run trained again from its record: equal to the last bit, or told where it is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import SMALL, wait_for, wait_for_batch

from gan import checkpoint
from gan.__main__ import main
from gan.lab import Lab
from gan.replay import LOOSE_BATCHES, replay


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was steered, paused and stepped while it trained."""
    folder = tmp_path_factory.mktemp("runs")
    lab = Lab(folder)
    run = lab.start(SMALL.changed(epochs=24, dropout=0.5), "steered")
    changes: list[dict[str, Any]] = [
        {"lr_g": 0.001},
        {"latent_dim": 30, "dropout": 0.2},
        {"beta1_d": 0.7, "d_steps": 2},
        {"latent_dim": 5},
    ]
    for number, values in enumerate(changes):
        wait_for_batch(run, 30 * (number + 1))
        lab.command("steered", "set", values)
    lab.command("steered", "pause")
    lab.command("steered", "step")
    lab.command("steered", "resume")
    wait_for(run, "finished")
    lab.close()
    return folder / "steered"


@pytest.fixture
def steered(original: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(original, tmp_path / "steered"))


def test_a_steered_run_comes_out_the_same_to_the_last_bit(steered: Path) -> None:
    seen: list[int] = []
    outcome = replay(steered, seen.append)
    assert outcome.passed
    assert outcome.exact
    assert outcome.batches == 312 == seen[-1]


def test_the_first_batch_that_differs_is_named(steered: Path) -> None:
    run_file = checkpoint.read(steered)
    series = checkpoint.read_series(steered, run_file)
    rows = series.rows(0, run_file.batch)
    rows[149, 0] = np.nextafter(rows[149, 0], np.float32(9))  # the last bit of one figure
    state = checkpoint.read_state(steered, run_file)
    checkpoint.write(steered, run_file, state, series, b"")
    outcome = replay(steered)
    assert (outcome.passed, outcome.first_difference) == (False, 150)


def test_a_forgotten_command_is_found(steered: Path) -> None:
    run_file = checkpoint.read(steered)
    commands = checkpoint.read_commands(steered, run_file)
    checkpoint.write_commands(steered, commands[1:])
    checkpoint.write_run_file(steered, run_file.model_copy(update={"commands": len(commands) - 1}))
    # the generator's rate acts in batch + 1, and is first seen in the losses of the batch after that
    assert replay(steered).first_difference == commands[0].batch + 2


def test_with_another_torch_only_the_beginning_is_compared(steered: Path) -> None:
    run_file = checkpoint.read(steered)
    checkpoint.write_run_file(steered, run_file.model_copy(update={"torch_version": "1.0"}))
    outcome = replay(steered)
    assert (outcome.passed, outcome.exact, outcome.batches) == (True, False, LOOSE_BATCHES)


def test_the_command_says_equal_or_ends_with_1(
    steered: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(steered.parent))
    assert main(["replay", "steered"]) == 0
    assert json.loads(capsys.readouterr().out)["equal"] is True
    run_file = checkpoint.read(steered)
    checkpoint.write_run_file(
        steered, run_file.model_copy(update={"initial_settings": run_file.initial_settings.changed(seed=2)})
    )
    assert main(["replay", "steered"]) == 1
    assert json.loads(capsys.readouterr().out)["first_difference"] == 1
    assert main(["replay", "nobody"]) == 2
