"""The scores of a run: in the order of their batches, whole on disk or not there, void where the run went back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan import scores
from gan.files import DamagedRun
from gan.quality import Quality
from gan.scores import Score, Scores

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
    kept.add(score(40), kept.line)
    assert batches(kept) == [10, 20, 40]


def test_a_deleted_run_stays_deleted(tmp_path: Path) -> None:
    kept = Scores(tmp_path / "run")
    kept.add(score(10), kept.line)
    assert not (tmp_path / "run").exists()
    assert batches(kept) == [10]


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
