"""A run on disk: written atomically, read back strictly. JSON, safetensors, NumPy and PNG; no pickle anywhere.

    <run>/run.json               what the run is and where it stands; names the states and the checksums of what follows
          previous.json          `run.json` of the checkpoint before, should that one be damaged
          commands.jsonl         every command with the batch at which it acted, one a line
          series.npy             float32, batches x (d_loss, g_loss, d_real_acc, d_fake_acc)
          state-<batch>-<checksum>.safetensors   weights, optimiser moments, random generators, fixed noise
          quality.json           see `gan.quality.scores`
          health.json            see `gan.views.health_history`
          epochs/<epoch>.safetensors, grids/<epoch>.png, latest.png   see `gan.recording.epochs`
          aside/<number>/        see `gan.runs.set_aside`

A checkpoint counts once `run.json` is replaced. Until then the old one stands: a state file with another content has
another name, and a longer `series.npy` still begins with the rows whose checksum the old `run.json` names.
A damaged state is no loss: training continues from the one before it (`gan.recording.recovery`).
"""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from gan.limits import MAX_STATE
from gan.recording import atomic_files, commands_file, series_file, tensor_files
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import RecordedCommand
from gan.recording.metric_history import MetricHistory
from gan.recording.run_file import FullState, Point, RunFile, write_run_file
from gan.recording.tensor_files import NotTensors


def read_state(folder: Path, state: FullState | None) -> dict[str, Tensor]:
    """The tensors of a full state; raises `DamagedRun`."""
    if state is None:
        raise DamagedRun("its training state was not kept.")
    content = atomic_files.read(folder / state.file, MAX_STATE)
    atomic_files.check(state.file, content, state.sha256)
    try:
        tensor_files.parse_header(content)
        tensors = load_tensors(content)
        tensor_files.check_tensors(tensors)
    except NotTensors as error:
        raise DamagedRun(f"{state.file} is not a whole safetensors file: {error}.") from None
    except Exception:  # an upload may hold anything under its checksum: whatever safetensors and torch raise for that
        raise DamagedRun(f"{state.file} is not a safetensors file.") from None
    return tensors


def write(
    folder: Path, run_file: RunFile, tensors: dict[str, Tensor], series: MetricHistory, commands: list[RecordedCommand]
) -> RunFile:
    """Write a whole checkpoint at `run_file.batch`, and add its state to `run_file.states`.

    Args:
        tensors: the trainer's state.
        commands: the commands obeyed so far, which are on disk already.

    Returns:
        `run_file` as it was written. Its `size` does not count states that it does not name.

    Raises:
        OSError: the disk is full, read-only, or gone; the previous checkpoint still stands.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = series.rows(0, run_file.batch)
    content = save_tensors(tensors)
    point = Point(
        batch=run_file.batch, seconds=run_file.seconds, commands=len(commands),
        commands_sha256=commands_file.checksum(commands), series_sha256=series_file.checksum(rows),
    ).model_dump()  # fmt: skip
    state = FullState(sha256=atomic_files.sha256(content), **point)
    before = [kept for kept in run_file.states if kept.batch < state.batch]
    written = run_file.model_copy(update={**point, "states": (*before, state)})
    atomic_files.write(folder / state.file, content)
    series_file.write(folder, rows)
    size = atomic_files.size(folder) - sum(path.stat().st_size for path in _left_over(folder, written))
    written = written.model_copy(update={"size": size})
    keep_previous(folder)
    write_run_file(folder, written)
    return written


def keep_previous(folder: Path) -> None:
    """Give the present `run.json` the second name `previous.json`; raises OSError."""
    if (folder / "run.json").exists():
        temporary = folder / ".previous.json.tmp"
        atomic_files.remove(temporary)
        atomic_files.link(folder / "run.json", temporary)
        temporary.replace(folder / "previous.json")


def remove_other_states(folder: Path, run_file: RunFile) -> None:
    """Remove the states that `run_file` does not name, and files that a killed process left half-written."""
    for path in _left_over(folder, run_file):
        atomic_files.remove(path)


def _left_over(folder: Path, run_file: RunFile) -> list[Path]:
    kept = {state.file for state in run_file.states}
    return [path for path in [*folder.glob("state-*.safetensors"), *folder.glob(".*.tmp")] if path.name not in kept]
