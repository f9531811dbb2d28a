"""Damage to a run's files: each is found and told by the file's name; nothing that is read is trusted."""

from __future__ import annotations

import functools
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st
from stored import COMMANDS, after, read_all, write

from gan.recording import checkpoint
from gan.recording.atomic_files import DamagedRun
from gan.recording.checkpoint import RunFile


@functools.cache
def image_of_a_run() -> dict[str, bytes]:
    """The files of a run with one checkpoint; nothing is there to fall back on."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), 5, state="stopped")
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


FILES = sorted(name.split("-")[0] for name in image_of_a_run())


def whole_name(short: str) -> str:
    return next(name for name in image_of_a_run() if name.startswith(short))


def stored(folder: Path) -> Path:
    for name, content in image_of_a_run().items():
        (folder / name).write_bytes(content)
    return folder


@functools.cache
def as_written() -> RunFile:
    with tempfile.TemporaryDirectory() as temporary:
        return checkpoint.read(stored(Path(temporary)))


def as_pattern(short: str) -> str:
    return whole_name(short).replace(".", r"\.")


def test_these_are_the_files_of_a_run() -> None:
    assert FILES == ["commands.jsonl", "run.json", "series.npy", "state"]


@pytest.mark.parametrize("short", FILES)
def test_a_missing_file_is_named(tmp_path: Path, short: str) -> None:
    (stored(tmp_path) / whole_name(short)).unlink()
    with pytest.raises(DamagedRun, match=as_pattern(short)):
        read_all(tmp_path)


@pytest.mark.parametrize("short", FILES)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, short: str) -> None:
    (stored(tmp_path) / whole_name(short)).unlink()
    (tmp_path / whole_name(short)).mkdir()
    with pytest.raises(DamagedRun, match=as_pattern(short) + " cannot be read: Is a directory"):
        read_all(tmp_path)


@given(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True))
def test_a_truncated_file_is_named(short: str, share: float) -> None:
    content = image_of_a_run()[whole_name(short)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = stored(Path(temporary))
        (folder / whole_name(short)).write_bytes(content[: int(share * len(content))])
        with pytest.raises(DamagedRun, match=as_pattern(short)):
            read_all(folder)


@given(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
@settings(max_examples=300)
def test_a_flipped_byte_is_named_unless_it_changes_nothing(short: str, where: float, flip: int) -> None:
    """Only the layout of JSON and the header of NumPy have bytes that mean nothing."""
    content = bytearray(image_of_a_run()[whole_name(short)])
    at = int(where * len(content))
    content[at] ^= flip
    with tempfile.TemporaryDirectory() as temporary:
        folder = stored(Path(temporary))
        (folder / whole_name(short)).write_bytes(content)
        damage = ""
        try:
            run_file, commands, state, series = read_all(folder)
        except DamagedRun as error:
            damage = str(error)
    if damage:
        assert damage.startswith(whole_name(short))
    else:
        assert short != "state"
        assert run_file.model_dump(exclude={"name"}) == as_written().model_dump(exclude={"name"})
        assert commands == COMMANDS
        assert_same_bits(state, after(5).state)
        np.testing.assert_array_equal(series.rows(0, 5), after(5).rows)


@given(st.sampled_from(FILES), st.binary(max_size=300))
def test_other_bytes_in_a_files_place_are_named(short: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = stored(Path(temporary))
        (folder / whole_name(short)).write_bytes(content)
        with pytest.raises(DamagedRun, match=as_pattern(short)):
            read_all(folder)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.mkdir, (tmp_path / "sprung",)

    stored(tmp_path)
    trap = np.empty((5, 4), object)
    trap[:] = Trap()
    np.save(tmp_path / "series.npy", trap, allow_pickle=True)
    with pytest.raises(DamagedRun, match=r"series\.npy does not hold batches of 4 figures"):
        read_all(tmp_path)
    np.savez(tmp_path / "series", rows=np.zeros((5, 4), np.float32))
    (tmp_path / "series.npz").rename(tmp_path / "series.npy")
    with pytest.raises(DamagedRun, match=r"series\.npy is not a NumPy file"):
        read_all(tmp_path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "rows", [np.zeros((4, 4), np.float32), np.zeros((5, 3), np.float32), np.zeros((5, 4)), np.zeros(20, np.float32)]
)
def test_figures_of_another_shape_or_type_are_damage(tmp_path: Path, rows: np.ndarray[Any, Any]) -> None:
    np.save(stored(tmp_path) / "series.npy", rows)
    with pytest.raises(DamagedRun, match=r"series\.npy does not hold (5 )?batches of 4 figures"):
        read_all(tmp_path)


# --- by somebody who can count checksums -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", 1),
        ("format", 3),
        ("state", "elsewhere"),
        ("batch", -1),
        ("batch", 10**30),
        ("epoch", 7),
        ("batches_per_epoch", 0),
        ("batches_per_epoch", 10**12),
        ("created", 1e300),
        ("seconds", -1),
        ("figures", {"d_loss": "much"}),
        ("states", [{"batch": 5, "sha256": "../../secret"}]),
        ("states", [{"batch": 5, "sha256": "0" * 64}, {"batch": 3, "sha256": "0" * 64}]),
        ("states", [{"batch": 6, "sha256": "0" * 64}]),
        ("states", [{"batch": 5, "sha256": "0" * 64, "surprise": 1}]),
        ("series_sha256", "no checksum"),
        ("parent", "x" * 65),
        ("branched_at", -1),
        ("settings", {"lr_g": 7}),
        ("settings", {"surprise": 1}),
        ("surprise", 1),
        ("message", "x" * 501),
        ("name", "x" * 101),
        ("seconds", 1e11),
        ("commands", 10**6),
        ("threads", 0),
        ("threads", 10**9),
        ("size", 2**60),
        ("figures", {"surprise": 1.0}),
        ("parent", "../../demo"),
        ("branched_at", 10**5),
        ("states", [{"batch": 2, "commands": 3, "sha256": "0" * 64}, {"batch": 5, "commands": 1, "sha256": "0" * 64}]),
    ],
)
def test_a_field_of_run_json_out_of_its_range_is_damage(tmp_path: Path, field: str, value: Any) -> None:
    content = json.loads((stored(tmp_path) / "run.json").read_bytes())
    content.pop("checksum")
    (tmp_path / "run.json").write_bytes(checkpoint.run_json({**content, field: value}))
    with pytest.raises(DamagedRun, match=r"run\.json cannot be read"):
        read_all(tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"seconds": NaN, ', r"it holds NaN, which is no number"),
        ('{"seconds": 1e999, ', r"it holds a number that is too large"),
        ('{"size": 99999999999999999999999999999999999999999, ', r"it holds a number of too many digits"),
        ('{"epoch": 1, "epoch": 1, ', r"it holds a name twice"),
        ('{"message": ' + "[" * 5000, r"it is nested too deeply"),
    ],
)
def test_run_json_that_no_browser_could_read_is_damage(tmp_path: Path, text: str, reason: str) -> None:
    rest = (stored(tmp_path) / "run.json").read_text().removeprefix("{")
    (tmp_path / "run.json").write_text(text + rest)
    with pytest.raises(DamagedRun, match=rf"^run\.json cannot be read \({reason}\)\.$"):
        read_all(tmp_path)


@pytest.mark.parametrize("figure", [np.nan, np.inf, -np.inf])
def test_figures_that_are_not_finite_are_damage(tmp_path: Path, figure: float) -> None:
    rows = np.full((5, 4), 0.5, np.float32)
    rows[3, 1] = figure
    np.save(stored(tmp_path) / "series.npy", rows)
    with pytest.raises(DamagedRun, match=r"series\.npy holds figures that no batch can have"):
        read_all(tmp_path)


@pytest.mark.parametrize("accuracy", [-0.5, 100.5, 1e30])
def test_accuracies_that_are_no_percentages_are_damage(tmp_path: Path, accuracy: float) -> None:
    rows = np.full((5, 4), 0.5, np.float32)
    rows[3, 2] = accuracy
    np.save(stored(tmp_path) / "series.npy", rows)
    with pytest.raises(DamagedRun, match=r"series\.npy holds figures that no batch can have"):
        read_all(tmp_path)


def test_losses_may_be_any_finite_number(tmp_path: Path) -> None:
    rows = np.array([[-3e38, 3e38, 0, 100]], np.float32)
    np.save(tmp_path / "series.npy", rows)
    np.testing.assert_array_equal(checkpoint.read_rows(tmp_path), rows)
    np.testing.assert_array_equal(np.concatenate(list(checkpoint.rows_in(tmp_path, 10_000))), rows)


@pytest.mark.parametrize("length", [0, 1, 100])
def test_figures_may_be_few(tmp_path: Path, length: int) -> None:
    np.save(tmp_path / "series.npy", np.zeros((length, 4), np.float32))
    assert len(checkpoint.read_rows(tmp_path)) == length


@pytest.mark.parametrize("checksum", [None, "", "0" * 64, 5])
def test_run_json_with_another_checksum_or_none_is_damage(tmp_path: Path, checksum: Any) -> None:
    content = json.loads((stored(tmp_path) / "run.json").read_bytes())
    (tmp_path / "run.json").write_text(json.dumps({**content, "checksum": checksum}))
    with pytest.raises(DamagedRun, match=r"run\.json is not as it was written \(its checksum differs\)"):
        read_all(tmp_path)


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
        file.write(json.dumps(command).encode() + b"\n" + checkpoint.line_of(COMMANDS[-1]))
    commands, complaint = checkpoint.read_good_commands(tmp_path)
    assert commands == COMMANDS
    assert complaint is not None
    assert complaint.startswith("commands.jsonl ")
    assert complaint.endswith(f"(line {len(COMMANDS) + 1}).")
