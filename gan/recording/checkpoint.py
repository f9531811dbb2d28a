"""A run on disk: written atomically, read back strictly. JSON, safetensors, NumPy and PNG; no pickle anywhere.

    <run>/run.json               what the run is and where it stands; names the states and the checksums of what follows
          previous.json          `run.json` of the checkpoint before, should that one be damaged
          commands.jsonl         every command with the batch at which it acted, one a line
          series.npy             float32, batches x (d_loss, g_loss, d_real_acc, d_fake_acc)
          state-<batch>-<checksum>.safetensors   weights, optimiser moments, random generators, fixed noise
          quality.json           see `gan.quality.scores`
          epochs/<epoch>.safetensors, grids/<epoch>.png, latest.png   see `gan.recording.epochs`
          aside/<number>/        see `gan.runs.set_aside`

Replacing `run.json` is what makes a checkpoint count: before that the old one stands, since a state file with another
content has another name and a longer `series.npy` still begins with the rows that the old `run.json` vouches for.
A state that turns out damaged is no loss: training goes on from the one before it (`gan.recording.recovery`).
"""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from gan import names, strict_json
from gan.limits import (
    MAX_BATCHES,
    MAX_COMMAND_LINE,
    MAX_COMMANDS,
    MAX_COMMANDS_FILE,
    MAX_RUN_FILE,
    MAX_RUN_VALUES,
    MAX_SERIES,
    MAX_STATE,
    MAX_TITLE,
    in_words,
)
from gan.recording import atomic_files, tensor_files
from gan.recording.atomic_files import DamagedRun
from gan.recording.series import METRICS, Command, MetricHistory, Rows
from gan.recording.tensor_files import NotTensors
from gan.settings import KNOBS, LIVE_KNOBS, Settings
from gan.strict_json import NotJSON

State = Literal["queued", "running", "paused", "stopped", "finished", "diverged", "failed", "interrupted"]
STEPS = ("step", "step_d", "step_g")
RECORDED = frozenset({"set", "pause", "resume", *STEPS, "stop", "shutdown"})
UNFINISHED: tuple[State, ...] = ("queued", "running", "paused")
SERIES_HEAD = 4096  # bytes; NumPy's head of such a file takes 128
ROWS_AT_ONCE = 65_536
LINES_AT_ONCE, PAUSE = 256, 0.0005  # so many commands, then so many seconds for other threads to answer requests
NOTHING = atomic_files.sha256(b"")

# seconds since 1970 that every clock and calendar can show
Moment = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]
Title = Annotated[str, Field(max_length=MAX_TITLE), AfterValidator(names.checked)]
Checksum = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Figure = Literal["d_loss", "g_loss", "d_real_acc", "d_fake_acc"]  # as in `history.SERIES`
StepVersions = tuple[Annotated[int, Field(ge=1, le=1_000_000)] | None, ...]  # None: not known
MOST_STEP_VERSIONS = 20  # that a record names; of more, the newest


class Point(BaseModel):
    """How far the run was at some batch, and the checksums of what its record held up to there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: int = Field(0, ge=0, le=MAX_BATCHES)
    seconds: FiniteFloat = Field(0.0, ge=0, le=1e10)
    commands: int = Field(0, ge=0, le=MAX_COMMANDS, description="how many commands had been obeyed")
    commands_sha256: Checksum = NOTHING
    series_sha256: Checksum = NOTHING


class FullState(Point):
    """A file from which training goes on exactly."""

    sha256: Checksum

    @property
    def file(self) -> str:
        return f"state-{self.batch}-{self.sha256[:8]}.safetensors"


class RunFile(Point):
    """`run.json`. `states` are the full states on disk, oldest first."""

    format: Literal[2] = 2
    name: str = Field(max_length=100)
    title: Title | None = Field(None, description="what people read for its name, where that differs from `name`")
    state: State
    message: str = Field("", max_length=500)
    created: Moment
    updated: Moment
    app_version: str = Field(max_length=100)
    torch_version: str = Field(max_length=200)
    processor: str = Field("", max_length=200, description="what trained it; several, if it moved")
    step_versions: StepVersions | None = Field(
        None,
        max_length=MOST_STEP_VERSIONS,
        description="of the training step, oldest first; see `gan.recording.step_version`",
    )
    threads: int = Field(1, ge=1, le=10_000)
    parent: str | None = Field(
        None, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="the run that this one is a branch of"
    )
    branched_at: int | None = Field(None, ge=0, le=10_000, description="the epoch after which it left its parent")
    initial_settings: Settings
    settings: Settings
    epoch: int = Field(0, ge=0)
    batches_per_epoch: int = Field(1, ge=1, le=70_000)
    figures: dict[Figure, FiniteFloat] = {}
    size: int = Field(0, ge=0, le=2**50, description="bytes on disk at the last checkpoint")
    states: tuple[FullState, ...] = ()
    course: int = Field(0, ge=0, le=10**9, description="how many times training went back: later epochs may differ")
    repeats_until: int = Field(0, ge=0, le=10**12, description="up to here it repeats a record: no time limit ends it")
    ends_at: int | None = Field(None, ge=1, le=MAX_BATCHES, description="the batch before which training again ends")

    @model_validator(mode="after")
    def _adds_up(self) -> RunFile:
        if self.epoch != self.batch // self.batches_per_epoch:
            raise ValueError("so many batches are not so many epochs")
        if self.ends_at is not None and self.ends_at < self.batch:
            raise ValueError("a run that is past its end")
        batches = [state.batch for state in self.states]
        if batches != sorted(set(batches)) or any(batch > self.batch for batch in batches):
            raise ValueError("states that are not in the order of their batches")
        obeyed = [state.commands for state in self.states]
        if obeyed != sorted(obeyed) or any(count > self.commands for count in obeyed):
            raise ValueError("a state that has obeyed more than the run, or than a later one")
        return self

    @property
    def shown_name(self) -> str:
        """What people read for its name."""
        return self.title or self.name

    @property
    def newest(self) -> FullState | None:
        """The state of the last checkpoint, if it was kept."""
        return self.states[-1] if self.states and self.states[-1].batch == self.batch else None

    @property
    def resumable(self) -> bool:
        """Whether a state was kept to go on from; a run that was trimmed has none."""
        return self.batch == 0 or bool(self.states)


_COMMAND = TypeAdapter(Command)
_LINE = json.JSONEncoder(allow_nan=False)  # made once: a record may hold 100,000 lines


def read(folder: Path) -> RunFile:
    """`run.json`, or the one before it if that one is damaged; raises `DamagedRun`."""
    try:
        return _read(folder, "run.json")
    except DamagedRun as damage:
        try:
            run_file = _read(folder, "previous.json")
        except DamagedRun:
            raise damage from None
        return run_file.model_copy(update={"message": f"{damage} The checkpoint before it is used."})


def _read(folder: Path, name: str) -> RunFile:
    content = atomic_files.read(folder / name, MAX_RUN_FILE)
    try:
        values = strict_json.loads(content, MAX_RUN_VALUES)
        checksum = values.pop("checksum", None)
        run_file = RunFile.model_validate(values)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "its numbers do not add up"
        raise DamagedRun(f"{name} cannot be read ({where[:80]}).") from None
    except NotJSON as error:
        raise DamagedRun(f"{name} cannot be read ({error}).") from None
    except (ValueError, AttributeError, TypeError):
        raise DamagedRun(f"{name} cannot be read (its syntax).") from None
    if checksum != _seal(values):
        raise DamagedRun(f"{name} is not as it was written (its checksum differs).")
    return run_file.model_copy(update={"name": folder.name})  # the folder may have been copied or renamed


def _seal(values: dict[str, Any]) -> str:
    """The checksum that `run.json` carries of its own values."""
    return atomic_files.sha256(json.dumps(values, allow_nan=False, sort_keys=True, separators=(",", ":")).encode())


def run_json(values: dict[str, Any]) -> bytes:
    """`run.json` of these values, with its checksum."""
    return json.dumps({**values, "checksum": _seal(values)}, allow_nan=False, indent=1).encode()


def write_run_file(folder: Path, run_file: RunFile) -> None:
    """Replace `run.json` alone; raises OSError."""
    atomic_files.write(folder / "run.json", run_json(run_file.model_dump(mode="json")))


# --- commands ----------------------------------------------------------------------------------------------------


def line_of(command: Command) -> bytes:
    """A command as `commands.jsonl` holds it."""
    fields = {"batch": command.batch, "kind": command.kind, "values": command.values, "time": command.time}
    return _LINE.encode(fields).encode() + b"\n"


def commands_checksum(commands: list[Command]) -> str:
    return atomic_files.sha256(b"".join(map(line_of, commands)))


def command_sums(commands: Iterable[Command], counts: Iterable[int]) -> dict[int, str]:
    """The checksums of the first so many commands, for each of the counts that there are so many of; in one pass."""
    wanted, digest, found = set(counts), hashlib.sha256(), {0: NOTHING}
    for count, command in enumerate(commands, start=1):
        digest.update(line_of(command))
        if count in wanted:
            found[count] = digest.hexdigest()
    return found


def read_commands(folder: Path, point: Point) -> list[Command]:
    """All commands, also those after `point`; raises `DamagedRun` if those up to it are not as they were written."""
    commands, complaint = read_good_commands(folder)
    if not holds(commands, point):
        raise DamagedRun(complaint or "commands.jsonl is not as it was written (its checksum differs).")
    return commands


def holds(commands: list[Command], point: Point) -> bool:
    """Whether these begin with the commands up to `point` as they were written."""
    return len(commands) >= point.commands and commands_checksum(commands[: point.commands]) == point.commands_sha256


def read_good_commands(folder: Path) -> tuple[list[Command], str | None]:
    """The commands up to the first line that is none, and what is wrong with that one.

    A last line without its end is what a killed process leaves; it has not acted, and is no damage.
    """
    commands: list[Command] = []
    try:
        commands.extend(commands_in(folder))  # keeps those before the one that is none
    except DamagedRun as damage:
        return commands, str(damage)
    return commands, None


def commands_in(folder: Path) -> Iterator[Command]:
    """The commands one by one, read line by line; raises `DamagedRun` at the first line that is none."""
    path = folder / "commands.jsonl"
    if not path.exists():
        return
    earliest = 0
    with atomic_files.opened(path, MAX_COMMANDS_FILE) as file:
        for number, line in enumerate(iter(lambda: file.readline(MAX_COMMAND_LINE), b""), start=1):
            if len(line) == MAX_COMMAND_LINE:
                raise DamagedRun(f"commands.jsonl holds a line of more than {in_words(MAX_COMMAND_LINE)} ({number}).")
            if not line.endswith(b"\n"):
                return
            if number > MAX_COMMANDS:
                raise DamagedRun(f"commands.jsonl holds more than {MAX_COMMANDS:,} commands.")
            try:
                command = _COMMAND.validate_json(line)
            except ValidationError:
                raise DamagedRun(f"commands.jsonl cannot be read (line {number}).") from None
            if not _can_be_obeyed(command, earliest):
                raise DamagedRun(f"commands.jsonl holds a command that no run can obey (line {number}).")
            earliest = command.batch
            yield command
            if number % LINES_AT_ONCE == 0:
                time.sleep(PAUSE)


def _can_be_obeyed(command: Command, earliest: int) -> bool:
    if command.kind not in RECORDED or not earliest <= command.batch <= MAX_BATCHES or not 0 <= command.time <= 1e11:
        return False
    if command.kind != "set":
        return not command.values
    return all(name in LIVE_KNOBS and KNOBS[name].allows(value) for name, value in command.values.items())


def write_commands(folder: Path, commands: list[Command]) -> None:
    """Replace the record of commands; raises OSError."""
    atomic_files.write(folder / "commands.jsonl", b"".join(map(line_of, commands)))


def add_command(folder: Path, command: Command) -> None:
    """Add one to the record; raises OSError."""
    atomic_files.append(folder / "commands.jsonl", line_of(command))


# --- series ------------------------------------------------------------------------------------------------------


def read_series(folder: Path, point: Point) -> MetricHistory:
    """The figures of every batch up to `point`; raises `DamagedRun`."""
    if point.batch == 0:
        return MetricHistory()
    rows = read_rows(folder)
    if len(rows) < point.batch:
        raise DamagedRun(f"series.npy does not hold {point.batch} batches of {len(METRICS)} figures.")
    rows = np.ascontiguousarray(rows[: point.batch])
    atomic_files.check("series.npy", rows.data, point.series_sha256)
    return MetricHistory(rows)


def read_rows(folder: Path) -> Rows:
    """All figures that `series.npy` holds, checked by nobody; raises `DamagedRun`."""
    content = atomic_files.read(folder / "series.npy", MAX_SERIES)
    count, start = _series_head(content[:SERIES_HEAD], len(content))
    if not count:  # NumPy makes no array of nothing
        return np.empty((0, len(METRICS)), np.float32)
    rows: Rows = np.frombuffer(content, np.float32, offset=start).reshape(count, len(METRICS))
    for part in range(0, count, ROWS_AT_ONCE):
        _check_rows(rows[part : part + ROWS_AT_ONCE])
    return rows


def rows_in(folder: Path, most: int) -> Iterator[Rows]:
    """The same some at a time, of a file of at most `most` bytes; raises `DamagedRun`."""
    path = folder / "series.npy"
    with atomic_files.opened(path, most) as file:
        count, start = _series_head(file.read(SERIES_HEAD), path.stat().st_size)
        file.seek(start)
        for part in range(0, count, ROWS_AT_ONCE):
            size = min(ROWS_AT_ONCE, count - part) * len(METRICS)
            rows: Rows = np.frombuffer(file.read(size * 4), np.float32, size).reshape(-1, len(METRICS))
            _check_rows(rows)
            yield rows


def _series_head(head: bytes, size: int) -> tuple[int, int]:
    """How many batches a file of figures holds that begins so, and where they begin; raises `DamagedRun`."""
    file = io.BytesIO(head)
    try:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("nothing but the first version was ever written")
        shape, by_column, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=SERIES_HEAD)
    except Exception:  # whatever NumPy makes of damaged bytes
        raise DamagedRun("series.npy is not a NumPy file.") from None
    if dtype != np.float32 or by_column or len(shape) != 2 or shape[1] != len(METRICS):
        raise DamagedRun(f"series.npy does not hold batches of {len(METRICS)} figures.")
    if shape[0] < 0 or size != file.tell() + 4 * shape[0] * shape[1]:
        raise DamagedRun("series.npy is not a NumPy file.")
    return int(shape[0]), file.tell()


def _check_rows(rows: Rows) -> None:
    """Raises `DamagedRun` for losses that are not finite, and accuracies that are no percentages."""
    accuracies = rows[:, 2:]
    if not np.isfinite(rows).all() or (len(rows) and (accuracies.min() < 0 or accuracies.max() > 100)):
        raise DamagedRun("series.npy holds figures that no batch can have.")


def series_sums(parts: Iterable[Rows], counts: Iterable[int]) -> dict[int, str]:
    """The checksums of the first so many rows, for each of the counts that there are so many of; in one pass."""
    wanted, digest, found, done = sorted(set(counts)), hashlib.sha256(), {0: NOTHING}, 0
    for rows in parts:
        begin, done = done, done + len(rows)
        taken = 0
        for count in (each for each in wanted if begin < each <= done):
            digest.update(np.ascontiguousarray(rows[taken : count - begin]).data)
            found[count], taken = digest.hexdigest(), count - begin
        digest.update(np.ascontiguousarray(rows[taken:]).data)
    return found


def write_rows(folder: Path, rows: Rows) -> None:
    """Replace the figures; raises OSError."""
    buffer = io.BytesIO()
    np.save(buffer, rows, allow_pickle=False)
    atomic_files.write(folder / "series.npy", buffer.getvalue())


# --- full states and whole checkpoints ---------------------------------------------------------------------------


def read_state(folder: Path, state: FullState | None) -> dict[str, Tensor]:
    """The tensors of a full state; raises `DamagedRun`."""
    if state is None:
        raise DamagedRun("its training state was not kept.")
    content = atomic_files.read(folder / state.file, MAX_STATE)
    atomic_files.check(state.file, content, state.sha256)
    try:
        tensor_files.head_of(content)
        tensors = load_tensors(content)
        tensor_files.check_tensors(tensors)
    except NotTensors as error:
        raise DamagedRun(f"{state.file} is not a whole safetensors file: {error}.") from None
    except Exception:  # the checksum of an upload vouches for nothing: whatever safetensors and torch make of it
        raise DamagedRun(f"{state.file} is not a safetensors file.") from None
    return tensors


def write(
    folder: Path, run_file: RunFile, tensors: dict[str, Tensor], series: MetricHistory, commands: list[Command]
) -> RunFile:
    """Write a whole checkpoint at `run_file.batch`; its state joins `run_file.states`, which else stay as they are.

    Args:
        commands: those obeyed so far; they are on disk already.

    Returns:
        `run_file` as it was written; its `size` is that of the folder without states that it does not name.

    Raises:
        OSError: the disk is full, read-only, or gone; the checkpoint before this one still stands.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = np.ascontiguousarray(series.rows(0, run_file.batch))
    content = save_tensors(tensors)
    point = Point(
        batch=run_file.batch, seconds=run_file.seconds, commands=len(commands),
        commands_sha256=commands_checksum(commands), series_sha256=atomic_files.sha256(rows.data),
    ).model_dump()  # fmt: skip
    state = FullState(sha256=atomic_files.sha256(content), **point)
    before = [kept for kept in run_file.states if kept.batch < state.batch]
    written = run_file.model_copy(update={**point, "states": (*before, state)})
    atomic_files.write(folder / state.file, content)
    write_rows(folder, rows)
    size = atomic_files.size(folder) - sum(path.stat().st_size for path in _left_over(folder, written))
    written = written.model_copy(update={"size": size})
    keep_previous(folder)
    write_run_file(folder, written)
    return written


def keep_previous(folder: Path) -> None:
    """Let the present `run.json` be `previous.json` too. Raises OSError."""
    if (folder / "run.json").exists():
        temporary = folder / ".previous.json.tmp"
        atomic_files.remove(temporary)
        atomic_files.link(folder / "run.json", temporary)
        temporary.replace(folder / "previous.json")


def remove_other_states(folder: Path, run_file: RunFile) -> None:
    """Remove the states that `run_file` does not name, and what a killed process left half-written."""
    for path in _left_over(folder, run_file):
        atomic_files.remove(path)


def _left_over(folder: Path, run_file: RunFile) -> list[Path]:
    kept = {state.file for state in run_file.states}
    return [path for path in [*folder.glob("state-*.safetensors"), *folder.glob(".*.tmp")] if path.name not in kept]
