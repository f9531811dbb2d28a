"""The frames of the live stream, read back as their description says."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from serving import Frame, decode

from gan.data.grid import grid_png
from gan.quality.metrics import Quality
from gan.quality.scores import Progress, Score
from gan.recording.marks import Mark
from gan.recording.metric_history import METRICS
from gan.runs.queue import TrainingQueue
from gan.runs.run import Run
from gan.runs.snapshot import Snapshot
from gan.server import messages
from gan.server.messages import Measured
from gan.settings import Settings

LENGTHS = st.sampled_from([0, 1, 2, 999, 1000, 1001, 1999, 2000, 2001, 100_000]) | st.integers(0, 6000)
MARK = Mark(3, "lr_g", "Generator learning rate", 0.0002, 0.001)


UNMEASURED = Measured((), Progress())


def score(epoch: int, fid: float = 9.87654321) -> Score:
    quality = Quality(
        count=2000, seed=0, fid=fid, density=0.123456789, coverage=0.5, histogram=(1 / 30,) * 10, missing=(1, 8),
        confident=0.7, copies=0.01, copies_of=256,
    )  # fmt: skip
    return Score(469 * epoch, epoch, averaged=True, quality=quality)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The snapshot of a run that nobody has started."""
    folder: Path = tmp_path_factory.mktemp("runs") / "demo"
    return Run.new(folder, Settings(), TrainingQueue(1)).snapshot()


def rows(count: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).gamma(2.0, 20.0, (count, len(METRICS))).astype(np.float32)


def catchup(snapshot: Snapshot, values: NDArray[np.float32], grid: bytes | None = None) -> Frame:
    at = dataclasses.replace(snapshot, batch=len(values), marks=(MARK,))
    return decode(messages.catchup(at, values, UNMEASURED, grid, len(values)))


@given(count=LENGTHS, seed=st.integers(0, 99))
def test_catchup_is_exact_and_small_for_any_length(fresh: Snapshot, count: int, seed: int) -> None:
    values = rows(count, seed)
    blobs = catchup(fresh, values).blobs
    ends = blobs["sum.x"].astype(int)
    assert len(ends) == min(count, messages.MAX_SUMS)
    assert (np.diff(ends, prepend=0) > 0).all()
    assert count == 0 or ends[-1] == count
    for column, name in enumerate(METRICS):
        figures = values[:, column]
        x = blobs[f"{name}.x"].astype(int)
        assert len(x) == len(blobs[f"{name}.y"]) <= messages.MAX_POINTS
        assert (np.diff(x, prepend=0) > 0).all()
        assert count == 0 or (x[0], x[-1]) == (1, count)
        np.testing.assert_array_equal(blobs[f"{name}.y"], figures[x - 1])
        np.testing.assert_allclose(blobs[f"{name}.sum"], figures.cumsum(dtype=np.float64)[ends - 1], rtol=1e-12)


@given(count=st.integers(1, 50_000), spike=st.floats(0, 1), height=st.sampled_from([-1e6, 1e6]))
def test_a_single_spike_stays_visible(fresh: Snapshot, count: int, spike: float, height: float) -> None:
    values = rows(count)
    place = int(spike * (count - 1))
    values[place] = height
    blobs = catchup(fresh, values).blobs
    for name in METRICS:
        assert (place + 1, height) in zip(blobs[f"{name}.x"].tolist(), blobs[f"{name}.y"].tolist(), strict=True)


@given(count=st.integers(1, 20_000), level=st.floats(0, 100, width=32))
def test_a_flat_series_stays_flat(fresh: Snapshot, count: int, level: float) -> None:
    blobs = catchup(fresh, np.full((count, len(METRICS)), level, np.float32)).blobs
    for name in METRICS:
        assert set(blobs[f"{name}.y"].tolist()) == {level}
        assert len(set(blobs[f"{name}.x"].tolist())) == len(blobs[f"{name}.x"])


def test_a_million_batches_fit_in_200_kb(fresh: Snapshot) -> None:
    noise = torch.rand((64, 1, 28, 28), generator=torch.Generator().manual_seed(1)) * 2 - 1
    grid = grid_png(noise)
    assert len(grid) > 45_000  # the largest that there is: noise does not compress
    marks = tuple(dataclasses.replace(MARK, batch=200 * number) for number in range(5000))
    at = dataclasses.replace(fresh, batch=1_000_000, marks=marks)
    measured = Measured(tuple(score(epoch) for epoch in range(1, 2133)), Progress(3, 100))
    message = messages.catchup(at, rows(1_000_000), measured, grid, 1_000_000)
    assert len(message) <= 200_000
    frame = decode(message)
    assert frame.blobs["grid"] == grid
    assert frame.header["grid_batch"] == 1_000_000
    assert 100 < len(frame.header["marks"]) <= messages.MAX_MARKS
    assert 50 < len(frame.header["scores"]) <= messages.MAX_SCORES + 1


def test_scores_are_told_in_few_bytes(fresh: Snapshot) -> None:
    at = dataclasses.replace(fresh, batch=938)
    frame = decode(messages.delta(at, 938, rows(0), [], Measured((score(2),), Progress(2, 7, "")), None, -1))
    assert frame.header["scores"] == [
        {
            "batch": 938, "epoch": 2, "averaged": True, "missing": [1, 8], "histogram": [33] * 10, "fid": 9.877,
            "density": 0.1235, "coverage": 0.5, "confident": 0.7, "copies": 0.01,
        }
    ]  # fmt: skip
    assert frame.header["measuring"] == {"done": 2, "of": 7, "note": "", "complete": False}


@pytest.mark.parametrize("count", [0, 1, 100, 101, 1000, 9999])
def test_the_best_score_and_the_last_one_are_among_the_few(fresh: Snapshot, count: int) -> None:
    best = 3 * count // 7
    scores = tuple(score(epoch, 1.0 if epoch == best else 2.0) for epoch in range(count))
    frame = decode(messages.catchup(fresh, rows(0), Measured(scores, Progress()), None, 0))
    told = [one["epoch"] for one in frame.header["scores"]]
    assert told == sorted(told)
    assert len(told) <= messages.MAX_SCORES + 1
    assert {best, count - 1} <= set(told) or count == 0


def moved(batches: list[int], knobs: list[str]) -> tuple[Mark, ...]:
    """A knob set to 1, then 2, then 3, ..., each at its batch."""
    now = dict.fromkeys(knobs, 0)
    marks = []
    for number, batch in enumerate(sorted(batches)):
        knob = knobs[number % len(knobs)]
        marks.append(Mark(batch, knob, "Discriminator learning rate", now[knob], number + 1))
        now[knob] = number + 1
    return tuple(marks)


def values_after(marks: list[dict[str, Any]], batch: int) -> dict[str, Any]:
    return {mark["knob"]: mark["after"] for mark in marks if mark["batch"] <= batch}


def sent(fresh: Snapshot, marks: tuple[Mark, ...], batch: int, per_epoch: int) -> list[dict[str, Any]]:
    at = dataclasses.replace(fresh, batch=batch, batches_per_epoch=per_epoch, marks=marks)
    return list(decode(messages.catchup(at, rows(batch), UNMEASURED, None, 0)).header["marks"])


def test_few_marks_are_all_sent(fresh: Snapshot) -> None:
    marks = moved([5] * messages.MAX_MARKS, ["lr_g"])
    told = [dataclasses.asdict(mark) for mark in marks]
    assert all(mark.pop("by") is None for mark in told)  # the teacher's marks name nobody
    assert sent(fresh, marks, 10, 469) == told


@settings(max_examples=30)
@given(
    batches=st.lists(st.integers(0, 3999), min_size=messages.MAX_MARKS + 1, max_size=600),
    per_epoch=st.integers(1, 5000),
    knobs=st.integers(1, 8),
)
def test_many_marks_become_few_that_come_to_the_same(
    fresh: Snapshot, batches: list[int], per_epoch: int, knobs: int
) -> None:
    marks = moved(batches, [f"knob_{number}" for number in range(knobs)])
    few = sent(fresh, marks, 4000, per_epoch)
    assert 0 < len(few) <= messages.MAX_MARKS
    assert [mark["batch"] for mark in few] == sorted(mark["batch"] for mark in few)
    assert values_after(few, 4000) == values_after([dataclasses.asdict(mark) for mark in marks], 4000)
    for knob in {mark.knob for mark in marks}:
        chain = [mark for mark in few if mark["knob"] == knob]
        assert [mark["before"] for mark in chain] == [0, *(mark["after"] for mark in chain[:-1])]


def test_marks_of_a_dragged_slider_keep_the_values_at_epoch_ends(fresh: Snapshot) -> None:
    marks = moved([epoch * 100 + batch for epoch in range(40) for batch in range(20)], ["lr_g", "lr_d"])
    few = sent(fresh, marks, 4000, 100)
    for end in range(0, 4000, 100):
        assert values_after(few, end - 1) == values_after([dataclasses.asdict(mark) for mark in marks], end - 1)


@given(first=st.integers(0, 10**9), count=st.integers(0, 300))
def test_delta_carries_the_raw_figures(fresh: Snapshot, first: int, count: int) -> None:
    values = rows(count)
    at = dataclasses.replace(fresh, batch=first + count, state="running", rate=83.5)
    frame = decode(messages.delta(at, first, values, [MARK], UNMEASURED, None, -1))
    assert frame.kind == "delta"
    assert (frame.header["from"], frame.header["to"]) == (first, first + count)
    assert frame.header["marks"] == [
        {"batch": 3, "knob": "lr_g", "label": "Generator learning rate", "before": 0.0002, "after": 0.001}
    ]
    np.testing.assert_array_equal(frame.blobs["rows"].reshape(-1, 4), values)
    assert "grid" not in frame.blobs
    assert "grid_batch" not in frame.header
    assert frame.header["run"]["rate"] == 83.5


def test_delta_of_a_slice_of_a_growing_array(fresh: Snapshot) -> None:
    values = rows(100)
    at = dataclasses.replace(fresh, batch=60)
    frame = decode(messages.delta(at, 50, values[50:60], [], UNMEASURED, b"png of any length", 60))
    np.testing.assert_array_equal(frame.blobs["rows"].reshape(-1, 4), values[50:60])
    assert frame.blobs["grid"] == b"png of any length"


@given(text=st.text(max_size=50))
def test_text_of_any_script_keeps_the_blobs_aligned(fresh: Snapshot, text: str) -> None:
    at = dataclasses.replace(fresh, batch=3, message=text)
    frame = decode(messages.catchup(at, rows(3), UNMEASURED, text.encode(), 3))
    assert frame.header["run"]["message"] == text
    assert frame.blobs["grid"] == text.encode()
    assert decode(messages.gone(text)).header == {"type": "gone", "message": text, "blobs": {}}


def test_run_holds_all_knobs_and_what_the_page_needs(fresh: Snapshot) -> None:
    run: dict[str, Any] = catchup(fresh, rows(2)).header["run"]
    assert run["settings"] == json.loads(Settings().model_dump_json())
    assert run.keys() >= {
        "name", "state", "message", "batch", "epoch", "epochs", "batches_per_epoch", "settings", "revision", "rate",
        "seconds", "saved", "grids", "created",
    }  # fmt: skip
    assert "marks" not in run  # they have a place of their own, and grow
