"""A run on disk: written atomically, read back strictly. JSON, safetensors, NumPy and PNG; no pickle anywhere.

    <run>/run.json               what the run is and where it stands; names the other files and their checksums
          commands.json          every command with the batch at which it acted
          state-<batch>-<checksum>.safetensors   weights, optimiser moments, random generators, fixed noise
          series.npy             float32, batches x (d_loss, g_loss, d_real_acc, d_fake_acc)
          grids/<epoch>.png      64 images of the fixed noise after each epoch
          latest.png             the same at the last checkpoint

Replacing `run.json` is what makes a checkpoint count: before that the old one stands, since a state file with another
content has another name and a longer `series.npy` still begins with the rows that the old `run.json` vouches for.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import json
import math
import os
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError, model_validator
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from gan.history import SERIES, Command, Series
from gan.settings import LIVE_KNOBS, Settings, SettingsError, parse

State = Literal["queued", "running", "paused", "stopped", "finished", "diverged", "failed", "interrupted"]
RECORDED = frozenset({"set", "pause", "resume", "step", "stop", "shutdown"})
UNFINISHED: tuple[State, ...] = ("queued", "running", "paused")


# seconds since 1970 that every clock and calendar can show
Moment = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]


class DamagedRun(Exception):
    """A run's files are not what they should be; the text says which and how."""


class RunFile(BaseModel):
    """`run.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    name: str
    state: State
    message: str = Field("", max_length=500)
    created: Moment
    updated: Moment
    app_version: str = Field(max_length=100)
    torch_version: str = Field(max_length=100)
    threads: int = 1
    initial_settings: Settings
    settings: Settings
    batch: int = Field(0, ge=0)
    epoch: int = Field(0, ge=0)
    batches_per_epoch: int = Field(1, ge=1, le=70_000)
    seconds: FiniteFloat = Field(0.0, ge=0)
    figures: dict[str, FiniteFloat] = {}
    commands: int = Field(0, ge=0, description="how many of commands.json the state has obeyed")
    state_file: str | None = Field(None, pattern=r"^state-\d{1,12}-[0-9a-f]{8}\.safetensors$")
    state_sha256: str = ""
    series_sha256: str = ""

    @model_validator(mode="after")
    def _adds_up(self) -> RunFile:
        if self.epoch != self.batch // self.batches_per_epoch:
            raise ValueError("so many batches are not so many epochs")
        if self.batch and self.state_file is None:
            raise ValueError("batches without weights")
        return self


_COMMANDS = TypeAdapter(list[Command])


def read(folder: Path) -> RunFile:
    """`run.json`, validated; raises `DamagedRun`."""
    try:
        run_file = RunFile.model_validate_json(_bytes(folder / "run.json"))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "its syntax"
        raise DamagedRun(f"run.json cannot be read ({where}).") from None
    return run_file.model_copy(update={"name": folder.name})  # the folder may have been copied or renamed


def read_commands(folder: Path, run_file: RunFile) -> list[Command]:
    """The record of commands; raises `DamagedRun`."""
    commands: list[Command] = []
    if (folder / "commands.json").exists():
        try:
            commands = _COMMANDS.validate_json(_bytes(folder / "commands.json"))
        except ValidationError:
            raise DamagedRun("commands.json cannot be read.") from None
    if len(commands) < run_file.commands:
        raise DamagedRun(f"commands.json lacks some of the {run_file.commands} commands that it had.")
    if not all(_can_be_obeyed(command) for command in commands):
        raise DamagedRun("commands.json holds a command that no run can obey.")
    return commands


def _can_be_obeyed(command: Command) -> bool:
    if command.kind not in RECORDED or command.batch < 0 or not math.isfinite(command.time):
        return False
    try:
        known = parse(command.values).model_dump(mode="json")
    except SettingsError:
        return False
    if command.kind != "set":
        return not command.values
    return command.values.keys() <= LIVE_KNOBS and all(known[name] == value for name, value in command.values.items())


def read_state(folder: Path, run_file: RunFile) -> dict[str, Tensor]:
    """The tensors of the last checkpoint; raises `DamagedRun`."""
    if run_file.state_file is None:
        raise DamagedRun("it has no checkpoint yet.")
    content = _bytes(folder / run_file.state_file)
    _check(run_file.state_file, content, run_file.state_sha256)
    try:
        return load_tensors(content)
    except Exception:  # the checksum of an upload vouches for nothing: whatever safetensors and torch make of it
        raise DamagedRun(f"{run_file.state_file} is not a safetensors file.") from None


def read_series(folder: Path, run_file: RunFile) -> Series:
    """The figures of every batch up to the last checkpoint; raises `DamagedRun`."""
    if run_file.state_file is None:
        return Series()
    content = _bytes(folder / "series.npy")
    try:
        rows = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    except Exception:  # whatever NumPy makes of damaged bytes, out of memory included
        raise DamagedRun("series.npy is not a NumPy file.") from None
    if rows.dtype != np.float32 or rows.ndim != 2 or rows.shape[1] != len(SERIES) or len(rows) < run_file.batch:
        raise DamagedRun(f"series.npy does not hold {run_file.batch} batches of {len(SERIES)} figures.")
    rows = np.ascontiguousarray(rows[: run_file.batch])
    _check("series.npy", rows.tobytes(), run_file.series_sha256)
    return Series(rows)


def read_grid(folder: Path, epoch: int | None) -> bytes | None:
    """The PNG of an epoch (from 1; None: of the last checkpoint), or None if there is none."""
    path = folder / "latest.png" if epoch is None else _grid_path(folder, epoch)
    try:
        return path.read_bytes()
    except OSError:
        return None


def write(folder: Path, run_file: RunFile, tensors: dict[str, Tensor], series: Series, latest: bytes) -> RunFile:
    """Write a whole checkpoint and return `run_file` as it was written.

    Raises:
        OSError: the disk is full, read-only, or gone; the checkpoint before this one still stands.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = np.ascontiguousarray(series.rows(0, run_file.batch))
    content = save_tensors(tensors)
    checksum = hashlib.sha256(content).hexdigest()
    name = f"state-{run_file.batch}-{checksum[:8]}.safetensors"
    written = run_file.model_copy(
        update={
            "state_file": name,
            "state_sha256": checksum,
            "series_sha256": hashlib.sha256(rows.tobytes()).hexdigest(),
        }
    )
    _write_atomically(folder / name, content)
    buffer = io.BytesIO()
    np.save(buffer, rows, allow_pickle=False)
    _write_atomically(folder / "series.npy", buffer.getvalue())
    _write_atomically(folder / "latest.png", latest, flush=False)
    write_run_file(folder, written)
    _remove_other_states(folder, name)
    return written


def write_run_file(folder: Path, run_file: RunFile) -> None:
    """Replace `run.json` alone; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_atomically(folder / "run.json", run_file.model_dump_json(indent=1).encode())


def write_commands(folder: Path, commands: list[Command]) -> None:
    """Replace the record of commands; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps([dataclasses.asdict(command) for command in commands], indent=0)
    _write_atomically(folder / "commands.json", text.encode())


def write_grid(folder: Path, epoch: int, png: bytes) -> None:
    """Keep the grid of an epoch (from 1); raises OSError."""
    path = _grid_path(folder, epoch)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_atomically(path, png, flush=False)


def _grid_path(folder: Path, epoch: int) -> Path:
    return folder / "grids" / f"{epoch:05d}.png"


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DamagedRun(f"{path.name} is missing.") from None
    except OSError as error:
        raise DamagedRun(f"{path.name} cannot be read: {error.strerror}.") from None


def _check(name: str, content: bytes, sha256: str) -> None:
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DamagedRun(f"{name} is not as it was written (its checksum differs).")


def _write_atomically(path: Path, content: bytes, *, flush: bool = True) -> None:
    """Write beside the name, flush to the disk, rename into place: a reader sees the old file or the new one.

    Without `flush` a loss of power (not the death of the process) may leave an empty file: good enough for a picture.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            if flush:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _remove_other_states(folder: Path, kept: str) -> None:
    for path in [*folder.glob("state-*.safetensors"), *folder.glob(".*.tmp")]:
        if path.name != kept:
            with contextlib.suppress(OSError):
                path.unlink()
