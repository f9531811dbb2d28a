"""`commands.jsonl`: commands are read back exactly, and one that no run can obey is damage."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stored import COMMANDS, a_run_file, stored

from gan.limits import MAX_BATCHES
from gan.recording import commands_file
from gan.recording.commands import RECORDED_KINDS, RecordedCommand
from gan.recording.run_file import RunFile

knobs = {
    "lr_g": st.floats(1e-6, 0.1),
    "latent_dim": st.integers(1, 512),
    "d_steps": st.integers(1, 10),
    "pace": st.floats(0, 1000),
    "kept_epochs": st.integers(1, 10_000),
}
times = st.floats(0, 1e10)
batches = st.integers(0, MAX_BATCHES)
others = st.sampled_from(sorted(RECORDED_KINDS - {"set"}))
set_knobs = st.builds(
    RecordedCommand.of_kind, batches, st.just("set"), st.fixed_dictionaries({}, optional=knobs), times
)
any_commands = st.lists(set_knobs | st.builds(RecordedCommand.of_kind, batches, others, st.just({}), times), max_size=6)


def vouching_for(commands: list[RecordedCommand]) -> RunFile:
    return a_run_file(commands=len(commands), commands_sha256=commands_file.checksum(commands))


@given(any_commands)
@settings(max_examples=30)
def test_commands_are_read_back_exactly_written_at_once_or_one_by_one(commands: list[RecordedCommand]) -> None:
    commands = sorted(commands, key=lambda command: command.batch)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        commands_file.write(Path(one), commands)
        for command in commands:
            commands_file.append(Path(other), command)
        assert commands_file.read(Path(one), vouching_for(commands)) == commands
        assert commands_file.read(Path(other), vouching_for(commands)) == commands


def test_a_last_line_without_its_end_is_what_a_kill_leaves_and_no_damage(tmp_path: Path) -> None:
    commands_file.write(tmp_path, COMMANDS)
    whole = (tmp_path / "commands.jsonl").read_bytes()
    for cut in range(len(commands_file.to_line(COMMANDS[-1])), 0, -1):
        (tmp_path / "commands.jsonl").write_bytes(whole[:-cut])
        assert commands_file.read_valid(tmp_path) == (COMMANDS[:-1], None)


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "explode"},
        {"kind": "peek"},
        {"batch": -1},
        {"batch": 1},  # commands before it acted later
        {"time": float("inf")},
        {"kind": "set", "values": {"lr_g": 5}},
        {"kind": "set", "values": {"seed": 5}},  # valid, but not while a run trains
        {"kind": "set", "values": {"<img>": 1}},
        {"kind": "pause", "values": {"lr_g": 0.001}},
        {"kind": "step_d", "values": {"lr_g": 0.001}},
        {"values": None},
        {"surprise": 1, "batch": "x"},
        {"surprise": 1},
        {"batch": 12_000_001},
        {"batch": 10**30},
        {"time": -1.0},
        {"time": 1e12},
        {"kind": "set", "values": {"lr_g": True}},
        {"kind": "set", "values": {"lr_g": float("nan")}},
        {"kind": "set", "values": {"lr_g": "0.001"}},
        {"kind": "set", "values": {"d_steps": 1.5}},
        {"kind": "set", "values": {"lr_g": [[[[0.001]]]]}},
    ],
)
def test_a_command_that_no_run_can_obey_is_damage(tmp_path: Path, entry: dict[str, Any]) -> None:
    """It and what comes after it are not among the good ones; the file tells which line it is."""
    command = {"batch": 5, "kind": "pause", "values": {}, "time": 1.0, **entry}
    with (stored(tmp_path) / "commands.jsonl").open("ab") as file:
        file.write(json.dumps(command).encode() + b"\n" + commands_file.to_line(COMMANDS[-1]))
    commands, complaint = commands_file.read_valid(tmp_path)
    assert commands == COMMANDS
    assert complaint is not None
    assert complaint.startswith("commands.jsonl ")
    assert complaint.endswith(f"(line {len(COMMANDS) + 1}).")
