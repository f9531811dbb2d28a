"""The series of a run: it grows, many read while one writes, and a million batches stay small."""

from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan.recording.metric_history import METRICS, MetricHistory
from gan.training.reference_step import BatchMetrics


def figures_of(batch: int) -> BatchMetrics:
    """Figures that show which batch they belong to."""
    return BatchMetrics(float(batch), float(batch + 0.25), float(batch + 0.5), float(batch + 0.75))


def test_a_row_holds_the_four_figures_of_a_batch_in_their_order() -> None:
    series = MetricHistory()
    series.append(BatchMetrics(d_loss=0.7, g_loss=0.6, d_real_acc=50.0, d_fake_acc=25.0))
    assert METRICS == ("d_loss", "g_loss", "d_real_acc", "d_fake_acc")
    assert len(series) == 1
    assert series.rows(0, 1).tolist() == [pytest.approx([0.7, 0.6, 50.0, 25.0])]
    assert series.rows(0, 1).dtype == np.float32


@given(st.integers(0, 9000), st.integers(0, 9000))
@settings(max_examples=30)
def test_rows_survive_growth_in_their_order(first: int, then: int) -> None:
    series = MetricHistory(np.array([figures_of(batch) for batch in range(first)], np.float32).reshape(-1, 4))
    for batch in range(first, first + then):
        series.append(figures_of(batch))
    assert len(series) == first + then
    np.testing.assert_array_equal(series.rows(0, len(series))[:, 0], np.arange(first + then))
    np.testing.assert_array_equal(series.rows(0, len(series))[:, 3], np.arange(first + then) + 0.75)


def test_a_truncated_series_is_one_of_its_own() -> None:
    series = MetricHistory()
    for batch in range(10):
        series.append(figures_of(batch))
    short = series.truncated(4)
    short.append(figures_of(100))
    assert short.rows(0, 5)[:, 0].tolist() == [0, 1, 2, 3, 100]
    assert series.rows(0, 10)[:, 0].tolist() == list(range(10))


def test_readers_see_whole_rows_while_a_writer_appends() -> None:
    series = MetricHistory()
    total = 60_000  # through four growths
    torn: list[int] = []
    reads = [0, 0]
    done = threading.Event()

    def read(reader: int) -> None:
        while not done.is_set():
            count = len(series)
            rows = series.rows(0, count)
            expected = np.arange(count, dtype=np.float32)[:, None] + np.array([0, 0.25, 0.5, 0.75], np.float32)
            if len(rows) != count or not np.array_equal(rows, expected):
                torn.append(count)
            reads[reader] += 1

    readers = [threading.Thread(target=read, args=(reader,)) for reader in range(2)]
    for reader in readers:
        reader.start()
    batch = 0
    while batch < total or min(reads) < 20:  # both readers read while it grows
        if batch < total:
            series.append(figures_of(batch))
        batch += 1
    done.set()
    for reader in readers:
        reader.join()
    assert len(series) == total
    assert torn == []


@pytest.mark.parametrize("restored", [4096 * 2**7, 600_000, 999_999])
def test_a_million_batches_take_less_than_32_mb(restored: int) -> None:
    tracemalloc.start()
    series = MetricHistory(
        np.zeros((restored, 4), np.float32)
    )  # 4096 * 2**7 is where a run that never stopped grows last
    for batch in range(restored, restored + 1000):
        series.append(figures_of(batch))
    kept, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert series.rows(restored, len(series))[-1].tolist() == list(figures_of(restored + 999))
    assert 16 * len(series) <= kept < 32_000_000
