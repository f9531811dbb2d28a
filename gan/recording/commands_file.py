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
from gan.recording.run_file import DeskName, Point
from gan.settings import KNOBS, LIVE_KNOBS

NAME = "commands.jsonl"
# after each 256 commands half a millisecond in which other threads answer requests
LINES_AT_ONCE, PAUSE = 256, 0.0005

_ENCODER = json.JSONEncoder(allow_nan=False)  # made once: a record may hold 100,000 lines


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the file; `kind` is set, pause, resume, step, step_d, step_g, stop or shutdown.

    `by` is absent unless a student asked for it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    batch: int
    kind: str
    values: dict[str, Any]
    time: float
    by: DeskName | None = None


_LINE = TypeAdapter(_Line)


def to_line(command: RecordedCommand) -> bytes:
    """A command as a line of the file."""
    fields = {"batch": command.batch, "kind": command.kind, "values": command.values, "time": command.time}
    fields |= {} if command.by is None else {"by": command.by}
    return _ENCODER.encode(fields).encode() + b"\n"


def checksum(commands: list[RecordedCommand]) -> str:
    """The checksum of these commands, as a `Point` names it."""
    return atomic_files.sha256(b"".join(map(to_line, commands)))


def prefix_checksums(commands: Iterable[RecordedCommand], counts: Iterable[int]) -> dict[int, str]:
    """The checksum of the first `count` commands for each of `counts`, in one pass; larger counts are left out."""
    wanted, digest, found = set(counts), hashlib.sha256(), {0: EMPTY_SHA256}
    for count, command in enumerate(commands, start=1):
        digest.update(to_line(command))
        if count in wanted:
            found[count] = digest.hexdigest()
    return found


def read(folder: Path, point: Point) -> list[RecordedCommand]:
    """All commands, including those after `point`.

    Raises:
        DamagedRun: those up to `point` are not as they were written.
    """
    commands, complaint = read_valid(folder)
    if not matches(commands, point):
        raise DamagedRun(complaint) if complaint else atomic_files.altered(NAME)
    return commands


def matches(commands: list[RecordedCommand], point: Point) -> bool:
    """Whether the first of these are the commands up to `point`, as they were written."""
    return len(commands) >= point.commands and checksum(commands[: point.commands]) == point.commands_sha256


def read_valid(folder: Path) -> tuple[list[RecordedCommand], str | None]:
    """The commands before the first invalid line, and what is wrong with that line.

    An incomplete last line is what a killed process leaves. That command has not acted, so this is no damage.
    """
    commands: list[RecordedCommand] = []
    try:
        commands.extend(iterate(folder))  # if it raises, those before the invalid line are kept
    except DamagedRun as damage:
        return commands, str(damage)
    return commands, None


def iterate(folder: Path) -> Iterator[RecordedCommand]:
    """Read the commands one by one; raises `DamagedRun` at the first invalid line."""
    path = folder / NAME
    if not path.exists():
        return
    earliest = 0
    with atomic_files.opened(path, MAX_COMMANDS_FILE) as file:
        for number, line in enumerate(iter(lambda: file.readline(MAX_COMMAND_LINE), b""), start=1):
            if len(line) == MAX_COMMAND_LINE:
                raise DamagedRun(f"{NAME} holds a line of more than {in_words(MAX_COMMAND_LINE)} ({number}).")
            if not line.endswith(b"\n"):
                return
            if number > MAX_COMMANDS:
                raise DamagedRun(f"{NAME} holds more than {MAX_COMMANDS:,} commands.")
            try:
                fields = _LINE.validate_json(line)
            except ValidationError:
                raise DamagedRun(f"{NAME} cannot be read (line {number}).") from None
            if not _can_be_obeyed(fields, earliest):
                raise DamagedRun(f"{NAME} holds a command that no run can obey (line {number}).")
            earliest = fields.batch
            yield RecordedCommand.of_kind(fields.batch, fields.kind, fields.values, fields.time, fields.by)
            if number % LINES_AT_ONCE == 0:
                time.sleep(PAUSE)


def _can_be_obeyed(line: _Line, earliest: int) -> bool:
    if line.kind not in RECORDED_KINDS or not earliest <= line.batch <= MAX_BATCHES or not 0 <= line.time <= 1e11:
        return False
    if line.kind != "set":
        return not line.values
    return all(name in LIVE_KNOBS and KNOBS[name].allows(value) for name, value in line.values.items())


def write(folder: Path, commands: list[RecordedCommand]) -> None:
    """Replace the file; raises OSError."""
    atomic_files.write(folder / NAME, b"".join(map(to_line, commands)))


def append(folder: Path, command: RecordedCommand) -> None:
    """Append one command; raises OSError."""
    atomic_files.append(folder / NAME, to_line(command))
