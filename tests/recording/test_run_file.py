"""`run.json`: nothing in it is trusted before it is checked, and the one before it stands in for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from stored import assert_stands, read_all, stored, write

from gan.recording.atomic_files import DamagedRun
from gan.recording.run_file import read_run_file, run_json


def test_a_run_is_called_as_its_folder_is(tmp_path: Path) -> None:
    write(tmp_path / "first", 3)
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    assert read_run_file(tmp_path / "second").name == "second"


@pytest.mark.parametrize("damage", [b"", b"{", b"null", b'{"format": 2}'])
def test_if_run_json_is_damaged_the_one_before_it_counts_and_says_so(tmp_path: Path, damage: bytes) -> None:
    first = write(tmp_path, 3)
    write(tmp_path, 15, states=first.states)
    (tmp_path / "run.json").write_bytes(damage)
    found = read_run_file(tmp_path)
    assert found.message.startswith("run.json cannot be read (")
    assert found.message.endswith("). The checkpoint before it is used.")
    assert found.model_copy(update={"message": ""}) == first.model_copy(update={"name": tmp_path.name})
    assert_stands(tmp_path, 3)


def test_if_run_json_is_lost_the_one_before_it_counts(tmp_path: Path) -> None:
    first = write(tmp_path, 3)
    write(tmp_path, 15, states=first.states)
    (tmp_path / "run.json").unlink()
    assert read_run_file(tmp_path).message == "run.json is missing. The checkpoint before it is used."
    assert_stands(tmp_path, 3)


def test_if_both_are_damaged_run_json_is_named(tmp_path: Path) -> None:
    write(tmp_path, 3)
    write(tmp_path, 15)
    for name in ("run.json", "previous.json"):
        (tmp_path / name).write_bytes(b"{")
    with pytest.raises(DamagedRun, match=r"^run\.json cannot be read \(its syntax\)\.$"):
        read_run_file(tmp_path)


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
    (tmp_path / "run.json").write_bytes(run_json({**content, field: value}))
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


@pytest.mark.parametrize("checksum", [None, "", "0" * 64, 5])
def test_run_json_with_another_checksum_or_none_is_damage(tmp_path: Path, checksum: Any) -> None:
    content = json.loads((stored(tmp_path) / "run.json").read_bytes())
    (tmp_path / "run.json").write_text(json.dumps({**content, "checksum": checksum}))
    with pytest.raises(DamagedRun, match=r"run\.json is not as it was written \(its checksum differs\)"):
        read_all(tmp_path)
