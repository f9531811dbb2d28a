"""The scores of a run: in the order of their batches, whole on disk or not there, void where the run went back."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.quality import scores
from gan.quality.metrics import Quality
from gan.quality.scores import Score, Scores
from gan.recording import atomic_files
from gan.recording.atomic_files import DamagedRun

QUALITY = Quality(
    count=2000, seed=0, fid=8.5, density=0.4, coverage=0.5, histogram=(0.1,) * 10, missing=(), confident=0.7,
    copies=0.01, copies_of=256,
)  # fmt: skip


def score(batch: int) -> Score:
    return Score(batch, batch // 10, averaged=False, quality=QUALITY)


def batches(of: Scores) -> list[int]:
    return [one.batch for one in of.all]


def test_scores_are_kept_in_order_whatever_the_order_they_come_in(tmp_path: Path) -> None:
    kept = Scores(tmp_path)
    for batch in (30, 10, 20, 10):
        kept.add(score(batch), kept.line)
    assert batches(kept) == [10, 20, 30]
    assert Scores(tmp_path).all == kept.all == (score(10), score(20), score(30))


def test_what_was_measured_of_a_future_that_is_void_is_forgotten(tmp_path: Path) -> None:
    kept = Scores(tmp_path)
    for batch in (10, 20, 30):
        kept.add(score(batch), kept.line)
    taken = kept.line
    kept.go_back(20)
    assert batches(kept) == [10, 20] == batches(Scores(tmp_path))
    kept.add(score(40), taken)  # of weights that were taken before
    assert batches(kept) == [10, 20]
    again = dataclasses.replace(score(20), averaged=True)
    kept.add(again, taken)  # of the checkpoint itself, such as the last one of a finished run that a knob wakes
    assert kept.all == (score(10), again)
    kept.add(score(40), kept.line)
    assert batches(kept) == [10, 20, 40]


def test_a_deleted_run_stays_deleted(tmp_path: Path) -> None:
    kept = Scores(tmp_path / "run")
    kept.add(score(10), kept.line)
    assert not (tmp_path / "run").exists()
    assert batches(kept) == [10]


def forged(**changes: Any) -> bytes:
    """A file with one score, changed by somebody who can count checksums."""
    values = dataclasses.asdict(score(10))
    own = {name: value for name, value in changes.items() if name in values or name == "surprise"}
    values = values | own | {"quality": values["quality"] | {n: v for n, v in changes.items() if n not in own}}
    listed = [values]
    text = json.dumps(listed, separators=(",", ":"))
    return json.dumps({"scores": listed, "checksum": atomic_files.sha256(text.encode())}).encode()


def test_the_forger_of_these_tests_can_forge() -> None:
    assert scores.unpacked(forged()) == (score(10),)
    assert scores.unpacked(forged(fid=9.5))[0].quality.fid == 9.5


@pytest.mark.parametrize(
    "changes",
    [
        {"fid": math.nan}, {"fid": math.inf}, {"fid": -1}, {"fid": "8"  "x"}, {"density": math.nan}, {"coverage": 1.5},
        {"batch": -1}, {"batch": 10**9}, {"batch": 10**40}, {"epoch": -1}, {"epoch": 10_001}, {"surprise": 1},
        {"unknown": 1}, {"histogram": [0.1] * 9}, {"histogram": [math.nan] * 10}, {"histogram": [2.0] * 10},
        {"missing": [10]}, {"missing": [1] * 11}, {"count": 10**12}, {"confident": -0.1}, {"copies": "x" * 1000},
    ],
)  # fmt: skip
def test_a_score_that_cannot_be_is_damage(changes: dict[str, Any]) -> None:
    with pytest.raises(DamagedRun, match=r"^quality\.json cannot be read"):
        scores.unpacked(forged(**changes))


def test_scores_out_of_order_are_damage() -> None:
    for given_batches in ((10, 10), (20, 10)):
        with pytest.raises(DamagedRun, match="not in order"):
            scores.unpacked(scores.packed(score(batch) for batch in given_batches))


def test_scores_that_cannot_be_of_a_run_do_not_fit_it() -> None:
    odd = dataclasses.replace(score(20), epoch=7)
    assert scores.fitting((score(10), odd, score(30), score(40)), batch=30, batches_per_epoch=10) == (
        score(10), score(30),
    )  # fmt: skip


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_flipped_byte_is_found(where: int, flip: int) -> None:
    content = bytearray(scores.packed([score(10), score(20)]))
    content[where % len(content)] ^= flip
    try:
        found = scores.unpacked(bytes(content))
    except DamagedRun:
        return
    assert found == (score(10), score(20))  # only a space was written in another way


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"scores": 1, "checksum": ""}', b"[" * 100_000])
def test_other_files_are_none(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DamagedRun):
        scores.unpacked(content)
    (tmp_path / scores.NAME).write_bytes(content)
    assert Scores(tmp_path).all == ()


def test_a_score_is_plain_json(tmp_path: Path) -> None:
    scores.write(tmp_path, [score(10)])
    kept = json.loads((tmp_path / scores.NAME).read_text())["scores"]
    assert kept[0]["batch"] == 10
    assert kept[0]["quality"]["fid"] == 8.5
