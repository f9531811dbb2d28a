"""Everything in a folder checked: files that are whole each by itself, and yet cannot be of one run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers import BATCHES, score_of
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor
from zips import contents, with_fields

from gan.quality import scores
from gan.recording import atomic_files, checkpoint, commands_file, epochs, weights_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import RecordedCommand, SetKnobs
from gan.recording.run_file import FullState
from gan.runs.verify import verify
from gan.views import health_history
from gan.views.health_history import HealthPoint, LayerSizes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole run of two epochs."""
    for name, content in contents().items():
        atomic_files.write(tmp_path / name, content)
    return tmp_path


def complaint(folder: Path) -> str:
    with pytest.raises(DamagedRun) as damaged:
        verify(folder)
    return str(damaged.value)


def forge(folder: Path, commands: list[RecordedCommand] | None = None, **fields: Any) -> None:
    """Write other fields of `run.json`, and other commands, by somebody who can count checksums."""
    if commands is not None:
        commands_file.write(folder, commands)
        fields |= {"commands": len(commands), "commands_sha256": commands_file.checksum(commands), "states": []}
    (folder / "run.json").write_bytes(with_fields(**fields))


def knobs(**changes: Any) -> dict[str, Any]:
    run_file = json.loads(contents()["run.json"])
    return {name: run_file[name] | changes for name in ("settings", "initial_settings")}


def test_a_whole_run_is_as_it_was(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert verify(folder).batch == 2 * BATCHES
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_more_epochs_than_the_settings_allow_are_damage(folder: Path) -> None:
    forge(folder, **knobs(epochs=1))
    assert complaint(folder) == "it has trained more epochs than its settings allow."


def test_epochs_may_have_been_raised_and_lowered_on_the_way(folder: Path) -> None:
    ends = knobs(epochs=1)
    raised = RecordedCommand(BATCHES, SetKnobs({"epochs": 9}), 5.0)
    lowered = RecordedCommand(2 * BATCHES, SetKnobs({"epochs": 1}), 6.0)
    steered = RecordedCommand(3, SetKnobs({"lr_g": knobs()["settings"]["lr_g"]}), 4.0)
    forge(folder, [steered, raised, lowered], **ends)
    assert verify(folder).settings.epochs == 1
    too_late = RecordedCommand(BATCHES + 1, SetKnobs({"epochs": 9}), 5.0)
    forge(folder, [steered, too_late, lowered], **ends)
    assert complaint(folder) == "it has trained more epochs than its settings allow."


def test_a_command_of_a_batch_that_was_not_trained_is_damage(folder: Path) -> None:
    later = RecordedCommand(2 * BATCHES + 1, SetKnobs({"lr_g": 0.001}), 4.0)
    forge(folder, [later], **knobs(epochs=9))
    assert complaint(folder) == "commands.jsonl holds a command that the run cannot have obeyed yet."


def test_what_a_running_run_was_ahead_of_its_checkpoint_is_removed(folder: Path) -> None:
    """A zip that is made while a run trains holds it."""
    weights, settings, _ = epochs.read(folder, 2)
    epochs.write(folder, 3, weights_file.pack(weights, settings, 3 * BATCHES, 3))
    epochs.write_grid(folder, 3, contents()["latest.png"])
    scores.write(folder, [score_of(8.0, 2), score_of(7.0, 3)])
    verify(folder)
    assert epochs.numbers(folder) == [1, 2]
    assert epochs.read_grid(folder, 3) is None
    assert scores.read(folder) == (score_of(8.0, 2),)


def test_a_score_of_another_epoch_than_that_of_its_batch_is_damage(folder: Path) -> None:
    (folder / "quality.json").write_bytes(
        scores.packed([scores.Score(BATCHES, 2, averaged=False, quality=score_of(8.0, 1).quality)])
    )
    assert complaint(folder) == "quality.json holds scores of epochs that are not those of their batches."


@pytest.mark.parametrize(("batch", "epoch"), [(BATCHES, 2), (2 * BATCHES, 1), (5, 1), (0, 0)])
def test_weights_of_another_epoch_or_batch_are_damage(folder: Path, batch: int, epoch: int) -> None:
    weights, settings, _ = epochs.read(folder, 1)
    epochs.write(folder, 1, weights_file.pack(weights, settings, batch, epoch))
    assert complaint(folder) == "00001.safetensors holds the weights of another epoch."


def test_weights_that_are_not_finite_are_damage(folder: Path) -> None:
    weights, settings, batch = epochs.read(folder, 1)
    weights["generator.linears.0.bias"][3] = torch.nan
    epochs.write(folder, 1, weights_file.pack(weights, settings, batch, 1))
    told = "00001.safetensors does not hold the weights of an epoch: generator.linears.0.bias holds numbers that are "
    assert complaint(folder) == told + "not finite."
    with pytest.raises(DamagedRun, match="not finite"):
        epochs.read(folder, 1)


def state_with(folder: Path, **changes: Tensor) -> FullState:
    """Put a state with other tensors in place of the newest one."""
    *others, newest = json.loads(contents()["run.json"])["states"]
    old = FullState(**newest)
    content = save_tensors({**load_tensors((folder / old.file).read_bytes()), **changes})
    state = old.model_copy(update={"sha256": atomic_files.sha256(content)})
    (folder / old.file).unlink()
    (folder / state.file).write_bytes(content)
    forge(folder, states=[*others, state.model_dump()])
    return state


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("generator.linears.0.bias", torch.full((16,), torch.nan), "holds numbers that are not finite"),
        ("optimizer_g.linears.0.bias.exp_avg", torch.full((16,), torch.inf), "holds numbers that are not finite"),
        ("optimizer_g.linears.0.bias.exp_avg_sq", torch.full((16,), -1.0), "holds negative numbers"),
        ("optimizer_d.linears.0.bias.step", torch.tensor(-5.0), "holds negative numbers"),
        ("fixed_noise", torch.full((64, 8), torch.nan), "holds numbers that are not finite"),
    ],
)
def test_a_state_with_numbers_that_no_training_leaves_is_damage(
    folder: Path, name: str, value: Tensor, reason: str
) -> None:
    state = state_with(folder, **{name: value})
    assert complaint(folder) == f"{state.file} is not a whole safetensors file: {name} {reason}."
    with pytest.raises(DamagedRun, match=reason):
        checkpoint.read_state(folder, state)


def test_a_random_generator_that_would_draw_what_is_no_number_is_damage(folder: Path) -> None:
    """torch keeps the second of two normal numbers in a generator's state, for the next who asks."""
    rng = torch.Generator().manual_seed(1)
    torch.empty(1, dtype=torch.float64).normal_(generator=rng)
    content = rng.get_state().numpy().copy()
    kept = content.view(np.float64)[627:630]
    assert np.isfinite(kept).all()
    kept[:] = np.nan
    state_with(folder, **{"rng.noise": torch.from_numpy(content)})
    assert complaint(folder) == "its state does not fit its settings (rng.noise)."


def test_a_state_of_a_random_generator_may_not_be_large(folder: Path) -> None:
    state_with(folder, **{"rng.noise": torch.zeros(100_000, dtype=torch.uint8)})
    assert complaint(folder) == "its state does not fit its settings (rng.noise)."


# --- health of the gradients -------------------------------------------------------------------------------------


def health_points(*batches: int, layers: int = 2) -> list[HealthPoint]:
    sizes = (LayerSizes(1.0, 0.5, 0.001),) * layers
    return [HealthPoint(batch, sizes, sizes, 0.5, (1.0, 1.0, 0.0), (0.9, 0.8, 0.1)) for batch in batches]


def test_health_that_was_measured_after_the_last_checkpoint_is_removed(folder: Path) -> None:
    health_history.write(folder, health_points(BATCHES, 2 * BATCHES, 3 * BATCHES))
    verify(folder)
    assert [point.batch for point in health_history.read(folder)] == [BATCHES, 2 * BATCHES]


def test_health_of_other_layers_than_the_runs_is_damage(folder: Path) -> None:
    health_history.write(folder, health_points(BATCHES, layers=3))
    assert complaint(folder) == "health.json holds layers that the run's networks have not."
