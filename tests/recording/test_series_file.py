"""`series.npy`: figures that no batch can have are damage, and nothing in the file is ever run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stored import read_all, stored

from gan.recording import series_file
from gan.recording.atomic_files import DamagedRun


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
    np.testing.assert_array_equal(series_file.read_rows(tmp_path), rows)
    np.testing.assert_array_equal(np.concatenate(list(series_file.iter_rows(tmp_path, 10_000))), rows)


@pytest.mark.parametrize("length", [0, 1, 100])
def test_figures_may_be_few(tmp_path: Path, length: int) -> None:
    np.save(tmp_path / "series.npy", np.zeros((length, 4), np.float32))
    assert len(series_file.read_rows(tmp_path)) == length
