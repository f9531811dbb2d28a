"""Damage to a run's files: each is found and told by the file's name; nothing that is read is trusted."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from helpers import assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st
from stored import (
    COMMANDS,
    after,
    as_pattern,
    as_written,
    image_of_a_run,
    read_all,
    stored,
    whole_name,
)

from gan.recording.atomic_files import DamagedRun

FILES = sorted(name.split("-")[0] for name in image_of_a_run())


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
