"""`commands.jsonl`: every command with the batch at which it acted, one a line."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from gan.limits import MAX_BATCHES, MAX_COMMAND_LINE, MAX_COMMANDS, MAX_COMMANDS_FILE, in_words
from gan.recording import atomic_files
from gan.recording.atomic_files import EMPTY_SHA256, DamagedRun
from gan.recording.commands import RECORDED_KINDS, RecordedCommand
from gan.recording.run_file import Point
from gan.settings import KNOBS, LIVE_KNOBS

LINES_AT_ONCE, PAUSE = 256, 0.0005  # so many commands, then so many seconds for other threads to answer requests

_ENCODER = json.JSONEncoder(allow_nan=False)  # made once: a record may hold 100,000 lines


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the file; `kind` is set, pause, resume, step, step_d, step_g, stop or shutdown."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    batch: int
    kind: str
    values: dict[str, Any]
    time: float


_LINE = TypeAdapter(_Line)


def to_line(command: RecordedCommand) -> bytes:
    """A command as `commands.jsonl` holds it."""
    fields = {"batch": command.batch, "kind": command.kind, "values": command.values, "time": command.time}
    return _ENCODER.encode(fields).encode() + b"\n"


def checksum(commands: list[RecordedCommand]) -> str:
    return atomic_files.sha256(b"".join(map(to_line, commands)))


def prefix_checksums(commands: Iterable[RecordedCommand], counts: Iterable[int]) -> dict[int, str]:
    """The checksums of the first so many commands, for each of the counts that there are so many of; in one pass."""
    wanted, digest, found = set(counts), hashlib.sha256(), {0: EMPTY_SHA256}
    for count, command in enumerate(commands, start=1):
        digest.update(to_line(command))
        if count in wanted:
            found[count] = digest.hexdigest()
    return found


def read(folder: Path, point: Point) -> list[RecordedCommand]:
    """All commands, also those after `point`; raises `DamagedRun` if those up to it are not as they were written."""
    commands, complaint = read_valid(folder)
    if not matches(commands, point):
        raise DamagedRun(complaint or "commands.jsonl is not as it was written (its checksum differs).")
    return commands


def matches(commands: list[RecordedCommand], point: Point) -> bool:
    """Whether these begin with the commands up to `point` as they were written."""
    return len(commands) >= point.commands and checksum(commands[: point.commands]) == point.commands_sha256


def read_valid(folder: Path) -> tuple[list[RecordedCommand], str | None]:
    """The commands up to the first line that is none, and what is wrong with that one.

    A last line without its end is what a killed process leaves; it has not acted, and is no damage.
    """
    commands: list[RecordedCommand] = []
    try:
        commands.extend(iterate(folder))  # keeps those before the one that is none
    except DamagedRun as damage:
        return commands, str(damage)
    return commands, None


def iterate(folder: Path) -> Iterator[RecordedCommand]:
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
                fields = _LINE.validate_json(line)
            except ValidationError:
                raise DamagedRun(f"commands.jsonl cannot be read (line {number}).") from None
            if not _can_be_obeyed(fields, earliest):
                raise DamagedRun(f"commands.jsonl holds a command that no run can obey (line {number}).")
            earliest = fields.batch
            yield RecordedCommand.of_kind(fields.batch, fields.kind, fields.values, fields.time)
            if number % LINES_AT_ONCE == 0:
                time.sleep(PAUSE)


def _can_be_obeyed(line: _Line, earliest: int) -> bool:
    if line.kind not in RECORDED_KINDS or not earliest <= line.batch <= MAX_BATCHES or not 0 <= line.time <= 1e11:
        return False
    if line.kind != "set":
        return not line.values
    return all(name in LIVE_KNOBS and KNOBS[name].allows(value) for name, value in line.values.items())


def write(folder: Path, commands: list[RecordedCommand]) -> None:
    """Replace the record of commands; raises OSError."""
    atomic_files.write(folder / "commands.jsonl", b"".join(map(to_line, commands)))


def append(folder: Path, command: RecordedCommand) -> None:
    """Add one to the record; raises OSError."""
    atomic_files.append(folder / "commands.jsonl", to_line(command))
