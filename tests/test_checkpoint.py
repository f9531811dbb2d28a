"""A run on disk: it is read back exactly, a write that fails changes nothing, and damage is told by its file."""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers import SMALL, assert_same_bits, full_disk
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gan import checkpoint
from gan.checkpoint import DamagedRun, RunFile
from gan.history import Command, Series
from gan.images import grid_png
from gan.trainer import Trainer

COMMANDS = [
    Command(batch=1, kind="pause", values={}, time=5.0),
    Command(batch=1, kind="set", values={"lr_g": 0.001, "latent_dim": 9}, time=6.5),
    Command(batch=1, kind="resume", values={}, time=7.0),
]


def a_run_file(**changes: Any) -> RunFile:
    now = time.time()
    return RunFile(
        name="demo", state="running", created=now, updated=now, app_version="0", torch_version=torch.__version__,
        initial_settings=SMALL, settings=SMALL, batches_per_epoch=13,
    ).model_copy(update=changes)  # fmt: skip


@functools.cache
def trained(batches: int) -> tuple[dict[str, Tensor], np.ndarray[Any, np.dtype[np.float32]], bytes]:
    trainer = Trainer(SMALL)
    rows = np.array([trainer.step() for _ in range(batches)], np.float32)
    return trainer.state(), rows, grid_png(trainer.sample())


def write(folder: Path, batches: int, **changes: Any) -> RunFile:
    """A whole checkpoint after so many batches."""
    state, rows, png = trained(batches)
    run_file = a_run_file(batch=batches, epoch=batches // 13, commands=len(COMMANDS), **changes)
    checkpoint.write_commands(folder, COMMANDS)
    return checkpoint.write(folder, run_file, state, Series(rows.copy()), png)


def read_all(folder: Path) -> tuple[RunFile, list[Command], dict[str, Tensor], Series]:
    """What a resume reads."""
    run_file = checkpoint.read(folder)
    commands = checkpoint.read_commands(folder, run_file)
    return run_file, commands, checkpoint.read_state(folder, run_file), checkpoint.read_series(folder, run_file)


def assert_stands(folder: Path, batches: int) -> None:
    """The checkpoint after so many batches is whole."""
    run_file, commands, state, series = read_all(folder)
    assert run_file.batch == len(series) == batches
    assert commands[: len(COMMANDS)] == COMMANDS
    assert_same_bits(state, trained(batches)[0])
    np.testing.assert_array_equal(series.rows(0, batches), trained(batches)[1])


# --- there and back ----------------------------------------------------------------------------------------------


def test_a_checkpoint_is_read_back_exactly(tmp_path: Path) -> None:
    written = write(tmp_path / "demo", 15)
    assert checkpoint.read(tmp_path / "demo") == written
    assert_stands(tmp_path / "demo", 15)
    assert checkpoint.read_grid(tmp_path / "demo", None) == trained(15)[2]


def test_the_newer_checkpoint_replaces_the_older_one_and_leaves_no_other_file(tmp_path: Path) -> None:
    for batches in (3, 15):
        written = write(tmp_path, batches)
    assert_stands(tmp_path, 15)
    assert written.state_file is not None
    expected = {"run.json", "commands.json", "series.npy", "latest.png", written.state_file}
    assert {path.name for path in tmp_path.iterdir()} == expected


def test_a_run_is_called_as_its_folder_is(tmp_path: Path) -> None:
    write(tmp_path / "first", 3)
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    assert checkpoint.read(tmp_path / "second").name == "second"


def test_epoch_grids_are_kept_by_their_number(tmp_path: Path) -> None:
    checkpoint.write_grid(tmp_path, 1, b"one")
    checkpoint.write_grid(tmp_path, 10_000, b"last")
    assert checkpoint.read_grid(tmp_path, 1) == b"one"
    assert checkpoint.read_grid(tmp_path, 10_000) == b"last"
    assert checkpoint.read_grid(tmp_path, 2) is None
    assert checkpoint.read_grid(tmp_path, None) is None


def test_a_run_before_its_first_checkpoint_has_no_figures_and_no_state(tmp_path: Path) -> None:
    checkpoint.write_run_file(tmp_path, a_run_file())
    run_file = checkpoint.read(tmp_path)
    assert len(checkpoint.read_series(tmp_path, run_file)) == 0
    assert checkpoint.read_commands(tmp_path, run_file) == []
    with pytest.raises(DamagedRun, match="no checkpoint yet"):
        checkpoint.read_state(tmp_path, run_file)


knobs = {"lr_g": st.floats(1e-6, 0.1), "latent_dim": st.integers(1, 512), "d_steps": st.integers(1, 10)}
changes = st.builds(
    Command,
    batch=st.integers(0, 10**9),
    kind=st.just("set"),
    values=st.fixed_dictionaries({}, optional=knobs),
    time=st.floats(0, 1e10),
)


@given(st.lists(changes, max_size=5))
def test_commands_are_read_back_exactly(commands: list[Command]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        checkpoint.write_commands(Path(folder), commands)
        assert checkpoint.read_commands(Path(folder), a_run_file(commands=len(commands))) == commands


# --- a write that fails ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [0, 500, 100_000])
def test_a_full_disk_leaves_the_checkpoint_before_it(tmp_path: Path, room: int) -> None:
    """With room for nothing, for the commands alone, and for a part of the weights."""
    write(tmp_path, 3)
    before = sorted(path.name for path in tmp_path.iterdir())
    with full_disk(room), pytest.raises(OSError, match="File too large"):
        write(tmp_path, 15)
    assert_stands(tmp_path, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == before  # no half-written file either
    write(tmp_path, 15)
    assert_stands(tmp_path, 15)


@pytest.mark.parametrize("stuck", ["series.npy", "latest.png", "run.json"])
def test_a_failure_between_two_files_leaves_the_checkpoint_before_it(tmp_path: Path, stuck: str) -> None:
    """The files before the one that cannot be replaced (a folder stands in its way) are new already."""
    write(tmp_path, 3)
    kept = (tmp_path / stuck).read_bytes()
    (tmp_path / stuck).unlink()
    (tmp_path / stuck).mkdir()
    with pytest.raises(OSError, match="directory"):
        write(tmp_path, 15)
    (tmp_path / stuck).rmdir()
    (tmp_path / stuck).write_bytes(kept)
    assert_stands(tmp_path, 3)


def test_a_failure_leaves_the_checkpoint_of_the_same_batch_too(tmp_path: Path) -> None:
    """A paused run whose latent size is changed has another state after as many batches."""
    write(tmp_path, 3)
    state, rows, png = trained(3)
    changed = {**state, "fixed_noise": state["fixed_noise"] + 1}
    (tmp_path / "series.npy").rename(tmp_path / "kept")
    (tmp_path / "series.npy").mkdir()
    with pytest.raises(OSError, match="directory"):
        checkpoint.write(tmp_path, a_run_file(batch=3), changed, Series(rows.copy()), png)
    (tmp_path / "series.npy").rmdir()
    (tmp_path / "kept").rename(tmp_path / "series.npy")
    assert_stands(tmp_path, 3)


# --- damage ------------------------------------------------------------------------------------------------------


@functools.cache
def image_of_a_run() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), 5, state="stopped")
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


FILES = sorted(name.split("-")[0] for name in image_of_a_run() if name != "latest.png")


def whole_name(short: str) -> str:
    return next(name for name in image_of_a_run() if name.startswith(short))


def stored(folder: Path) -> Path:
    for name, content in image_of_a_run().items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("short", FILES)
def test_a_missing_file_is_named(tmp_path: Path, short: str) -> None:
    name = whole_name(short)
    (stored(tmp_path) / name).unlink()
    with pytest.raises(DamagedRun, match=name.replace(".", r"\.")):
        read_all(tmp_path)


@pytest.mark.parametrize("short", FILES)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, short: str) -> None:
    name = whole_name(short)
    (stored(tmp_path) / name).unlink()
    (tmp_path / name).mkdir()
    with pytest.raises(DamagedRun, match="cannot be read: Is a directory"):
        read_all(tmp_path)


@given(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True))
def test_a_truncated_file_is_named(short: str, share: float) -> None:
    name = whole_name(short)
    content = image_of_a_run()[name]
    with tempfile.TemporaryDirectory() as temporary:
        folder = stored(Path(temporary))
        (folder / name).write_bytes(content[: int(share * len(content))])
        with pytest.raises(DamagedRun, match=name.replace(".", r"\.")):
            read_all(folder)


@given(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
@settings(max_examples=300)
def test_a_flipped_byte_is_named_or_is_harmless(short: str, where: float, flip: int) -> None:
    """Weights and figures are checksummed: every flip is found. One in the JSON may make another valid value."""
    name = whole_name(short)
    content = bytearray(image_of_a_run()[name])
    at = int(where * len(content))
    content[at] ^= flip
    with tempfile.TemporaryDirectory() as temporary:
        folder = stored(Path(temporary))
        (folder / name).write_bytes(content)
        damage = ""
        try:
            run_file, _commands, state, series = read_all(folder)
        except DamagedRun as error:
            damage = str(error)
    if damage:
        names = [*image_of_a_run(), "state-", "no checkpoint"]  # run.json may now name another state file, or none
        assert any(name in damage for name in names)
    else:
        in_numpys_header = short == "series.npy" and at < 128
        assert short in ("run.json", "commands.json") or in_numpys_header
        assert run_file.batch == 5
        assert_same_bits(state, trained(5)[0])
        np.testing.assert_array_equal(series.rows(0, 5), trained(5)[1])


@given(st.sampled_from(FILES), st.binary(max_size=300))
def test_other_bytes_in_a_files_place_are_named(short: str, content: bytes) -> None:
    name = whole_name(short)
    with tempfile.TemporaryDirectory() as temporary:
        folder = stored(Path(temporary))
        (folder / name).write_bytes(content)
        with pytest.raises(DamagedRun, match=name.replace(".", r"\.")):
            read_all(folder)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.mkdir, (tmp_path / "sprung",)

    stored(tmp_path)
    trap = np.empty((5, 4), object)
    trap[:] = Trap()
    np.save(tmp_path / "series.npy", trap, allow_pickle=True)
    with pytest.raises(DamagedRun, match=r"series\.npy is not a NumPy file"):
        read_all(tmp_path)
    np.save(tmp_path / "other.npy", np.zeros(3))
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
    with pytest.raises(DamagedRun, match=r"series\.npy does not hold 5 batches"):
        read_all(tmp_path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", 2),
        ("state", "elsewhere"),
        ("batch", -1),
        ("batch", 10**30),
        ("epoch", 7),
        ("batches_per_epoch", 0),
        ("batches_per_epoch", 10**12),
        ("created", 1e300),
        ("seconds", -1),
        ("figures", {"d_loss": "much"}),
        ("state_file", "../../secret.safetensors"),
        ("state_file", "state-5.safetensors\n"),
        ("settings", {"lr_g": 7}),
        ("settings", {"surprise": 1}),
        ("surprise", 1),
        ("message", "x" * 501),
    ],
)
def test_a_field_of_run_json_out_of_its_range_is_damage(tmp_path: Path, field: str, value: Any) -> None:
    stored(tmp_path)
    content = json.loads((tmp_path / "run.json").read_bytes())
    (tmp_path / "run.json").write_text(json.dumps({**content, field: value}))
    with pytest.raises(DamagedRun, match=r"run\.json|series\.npy"):
        read_all(tmp_path)


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "explode"},
        {"batch": -1},
        {"kind": "set", "values": {"lr_g": 5}},
        {"kind": "set", "values": {"seed": 5}},  # valid, but not while a run trains
        {"kind": "set", "values": {"<img>": 1}},
        {"kind": "pause", "values": {"lr_g": 0.001}},
        {"values": None},
        {"surprise": 1, "batch": "x"},
    ],
)
def test_a_command_that_no_run_can_obey_is_damage(tmp_path: Path, entry: dict[str, Any]) -> None:
    stored(tmp_path)
    command = {"batch": 5, "kind": "pause", "values": {}, "time": 1.0, **entry}
    recorded = json.loads((tmp_path / "commands.json").read_bytes())
    (tmp_path / "commands.json").write_text(json.dumps([*recorded, command]))
    with pytest.raises(DamagedRun, match=r"commands\.json"):
        read_all(tmp_path)
