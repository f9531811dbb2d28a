"""A run trained again from its record alone: equal to the last bit, or told where it is not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers import SMALL, finish, go_on_to, step

from gan.__main__ import main
from gan.recording import atomic_files, checkpoint, commands_file, epochs, series_file, weights_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import Network, SetKnobs
from gan.recording.metric_history import Rows
from gan.recording.replay import LOOSE, LOOSE_BATCHES, replay_run
from gan.recording.run_file import read_run_file, write_run_file
from gan.recording.step_version import STEP_VERSION
from gan.runs.registry import RunRegistry
from gan.runs.trim import trim_run


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was steered, paused and stepped while it trained."""
    folder = tmp_path_factory.mktemp("runs")
    registry = RunRegistry(folder)
    settings = SMALL.changed(batch_size=128, epochs=3, g_norm="batch")  # 49 batches an epoch
    run = registry.start(settings, "steered", paused=True)
    changes: list[dict[str, Any]] = [
        {"lr_g": 0.001},
        {"latent_dim": 30, "dropout": 0.2},
        {"beta1_d": 0.7, "d_steps": 2, "ema_decay": 0.99},
        {"latent_dim": 5},
    ]
    for number, values in enumerate(changes):
        go_on_to(run, 30 * (number + 1))
        registry.command("steered", SetKnobs(values))
    steps: list[Network | None] = [None, "d", "d", "g"]
    for only in steps:
        step(run, 1, only)
    finish(run, 3)
    registry.close()
    return folder / "steered"


@pytest.fixture
def steered(original: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(original, tmp_path / "steered"))


def test_a_steered_run_comes_out_the_same_to_the_last_bit(steered: Path) -> None:
    seen: list[int] = []
    outcome = replay_run(steered, seen.append)
    assert outcome.passed
    assert outcome.exact
    assert outcome.batches == 3 * 49 == seen[-1]
    told = "the figures of 147 batches, the weights of 3 epochs and the last full state, bit by bit"
    assert (outcome.weights_equal, outcome.compared) == (True, told)


def test_the_first_batch_that_differs_is_named(steered: Path) -> None:
    def spoil(rows: Rows) -> None:
        rows[99, 0] = np.nextafter(rows[99, 0], np.float32(9))  # the last bit of one figure

    with_figures(steered, spoil)
    outcome = replay_run(steered)
    assert (outcome.passed, outcome.first_difference) == (False, 100)


def with_figures(folder: Path, change: Callable[[Rows], None]) -> None:
    """Change the run's figures, and vouch for them."""
    run_file = read_run_file(folder)
    rows = series_file.read(folder, run_file).rows(0, run_file.batch).copy()
    change(rows)
    series_file.write(folder, rows)
    vouched = run_file.model_copy(update={"series_sha256": atomic_files.sha256(rows.tobytes())})
    write_run_file(folder, vouched)


@pytest.mark.parametrize(
    ("kind", "knob", "later"),
    # the generator's rate acts in the next batch, and is first seen in the losses of the one after that
    [("set", "lr_g", 2), ("set", "latent_dim", 1), ("step_d", "", 2), ("step_g", "", 1)],
)
def test_a_forgotten_command_is_found(steered: Path, kind: str, knob: str, later: int) -> None:
    run_file = read_run_file(steered)
    commands = commands_file.read(steered, run_file)
    forgotten = [command for command in commands if command.kind == kind and knob in [*command.values, ""]][-1]
    commands.remove(forgotten)
    commands_file.write(steered, commands)
    vouched = {"commands": len(commands), "commands_sha256": commands_file.checksum(commands), "states": ()}
    write_run_file(steered, run_file.model_copy(update=vouched))
    assert replay_run(steered).first_difference == forgotten.batch + later


def test_weights_of_an_epoch_that_differ_are_found(steered: Path) -> None:
    epoch = epochs.numbers(steered)[1]
    weights, settings, batch = epochs.read(steered, epoch)
    weights["generator.linears.0.bias"][0] = torch.nextafter(weights["generator.linears.0.bias"][0], torch.tensor(9.0))
    epochs.write(steered, epoch, weights_file.pack(weights, settings, batch, epoch))
    outcome = replay_run(steered)
    assert (outcome.passed, outcome.first_difference, outcome.weights_equal) == (False, None, False)


@pytest.mark.parametrize("name", ["generator.linears.0.weight", "optimizer_d.linears.0.weight.exp_avg", "fixed_noise"])
def test_a_last_state_that_differs_is_found(steered: Path, name: str) -> None:
    run_file = read_run_file(steered)
    state = checkpoint.read_state(steered, run_file.newest)
    state[name].view(-1)[-1] += 1e-4
    commands = commands_file.read(steered, run_file)
    checkpoint.write(steered, run_file, state, series_file.read(steered, run_file), commands)
    outcome = replay_run(steered)
    assert (outcome.passed, outcome.first_difference, outcome.weights_equal) == (False, None, False)


def test_a_trimmed_run_is_compared_by_what_is_left_of_its_weights(steered: Path) -> None:
    trim_run(steered, {1, 3}, half=True)
    assert replay_run(steered).passed
    kept, settings, batch = epochs.read(steered, 3)
    kept["averaged.linears.0.bias"][0] += 0.01
    epochs.write(steered, 3, weights_file.pack(kept, settings, batch, 3, half=True))
    assert not replay_run(steered).weights_equal


def test_a_run_without_its_weights_is_replayed_by_its_figures(steered: Path) -> None:
    """One that was trimmed to be given away."""
    for _, path in epochs.paths(steered):
        path.unlink()
    write_run_file(steered, read_run_file(steered).model_copy(update={"states": ()}))
    outcome = replay_run(steered)
    assert (outcome.passed, outcome.weights_equal) == (True, None)
    assert outcome.compared == "the figures of 147 batches, bit by bit; no weights are kept"


@pytest.mark.parametrize("pattern", ["series.npy", "commands.jsonl", "epochs/*", "state-*"])
def test_a_damaged_file_is_named_not_replayed(steered: Path, pattern: str) -> None:
    path = max(steered.glob(pattern), key=lambda path: path.stat().st_mtime_ns)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DamagedRun, match=path.name.replace(".", r"\.")):
        replay_run(steered)


OTHER = STEP_VERSION + 1


@pytest.mark.parametrize(
    ("elsewhere", "told"),
    [
        ({"torch_version": "1.0"}, "with torch 1.0"),
        ({"processor": "abacus"}, "on abacus"),
        ({"step_versions": (OTHER,)}, f"by version {OTHER} of the training step, and this is version {STEP_VERSION}."),
        ({"step_versions": (OTHER, STEP_VERSION)}, f"by versions {OTHER} and {STEP_VERSION} of the training step"),
    ],
)
def test_of_a_run_from_elsewhere_only_the_beginning_is_compared(
    steered: Path, elsewhere: dict[str, Any], told: str
) -> None:
    run_file = read_run_file(steered)
    write_run_file(steered, run_file.model_copy(update=elsewhere))
    outcome = replay_run(steered)
    assert (outcome.passed, outcome.exact, outcome.batches) == (True, False, LOOSE_BATCHES)
    assert outcome.weights_equal is None  # none was compared
    assert outcome.compared == f"the losses of the first {LOOSE_BATCHES} batches, within {LOOSE}; no weights"
    assert told in outcome.reason


def test_a_run_without_a_version_is_compared_bit_by_bit_as_long_as_the_bits_agree(steered: Path) -> None:
    run_file = read_run_file(steered)
    write_run_file(steered, run_file.model_copy(update={"step_versions": None}))
    outcome = replay_run(steered)
    assert (outcome.passed, outcome.exact, outcome.weights_equal, outcome.reason) == (True, True, True, "")


def test_a_run_without_a_version_whose_last_bits_differ_is_called_one_of_another_step(steered: Path) -> None:
    """Instead of one that differs at batch 1."""

    def spoil(rows: Rows) -> None:
        rows[:, 0] = np.nextafter(rows[:, 0], np.float32(9))

    with_figures(steered, spoil)
    assert replay_run(steered).first_difference == 1
    write_run_file(steered, read_run_file(steered).model_copy(update={"step_versions": None}))
    outcome = replay_run(steered)
    assert (outcome.passed, outcome.exact, outcome.weights_equal) == (True, False, None)
    assert outcome.reason == (
        "It was trained by a training step without a version number, and its last bits differ from batch 1 on; "
        f"this is version {STEP_VERSION}."
    )


def test_a_run_from_elsewhere_may_differ_a_little_but_not_more(steered: Path) -> None:
    run_file = read_run_file(steered)
    write_run_file(steered, run_file.model_copy(update={"torch_version": "1.0"}))

    def add(difference: float) -> Callable[[Rows], None]:
        def change(rows: Rows) -> None:
            rows[49, 1] += difference

        return change

    with_figures(steered, add(0.5 * LOOSE))
    assert replay_run(steered).passed
    with_figures(steered, add(1.5 * LOOSE))
    assert (replay_run(steered).passed, replay_run(steered).first_difference) == (False, 50)


def test_the_command_says_equal_or_ends_with_1(
    steered: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(steered.parent))
    assert main(["replay", "steered"]) == 0
    assert json.loads(capsys.readouterr().out)["equal"] is True
    run_file = read_run_file(steered)
    write_run_file(steered, run_file.model_copy(update={"initial_settings": run_file.initial_settings.changed(seed=2)}))
    assert main(["replay", "steered"]) == 1
    assert json.loads(capsys.readouterr().out)["first_difference"] == 1
    assert main(["replay", "nobody"]) == 2


def test_the_command_says_what_it_could_not_compare(
    steered: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(steered.parent))
    write_run_file(steered, read_run_file(steered).model_copy(update={"step_versions": (OTHER,)}))
    assert main(["replay", "steered"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "name": "steered", "batches": LOOSE_BATCHES, "equal": True, "first_difference": None, "weights_equal": None,
        "tolerance": LOOSE, "compared": f"the losses of the first {LOOSE_BATCHES} batches, within {LOOSE}; no weights",
    }  # fmt: skip
    assert f"livegan: It was trained by version {OTHER} of the training step" in err
