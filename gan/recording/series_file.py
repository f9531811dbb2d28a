"""`series.npy`: the four figures of every batch, as a float32 array of NumPy's format."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from gan.limits import MAX_SERIES
from gan.recording import atomic_files
from gan.recording.atomic_files import EMPTY_SHA256, DamagedRun
from gan.recording.metric_history import METRICS, MetricHistory, Rows
from gan.recording.run_file import Point

SERIES_HEAD = 4096  # bytes; NumPy's head of such a file takes 128
ROWS_AT_ONCE = 65_536


def read(folder: Path, point: Point) -> MetricHistory:
    """The figures of every batch up to `point`; raises `DamagedRun`."""
    if point.batch == 0:
        return MetricHistory()
    rows = read_rows(folder)
    if len(rows) < point.batch:
        raise DamagedRun(f"series.npy does not hold {point.batch} batches of {len(METRICS)} figures.")
    rows = np.ascontiguousarray(rows[: point.batch])
    atomic_files.check("series.npy", rows.data, point.series_sha256)
    return MetricHistory(rows)


def read_rows(folder: Path) -> Rows:
    """All figures that `series.npy` holds, checked by nobody; raises `DamagedRun`."""
    content = atomic_files.read(folder / "series.npy", MAX_SERIES)
    count, start = _series_head(content[:SERIES_HEAD], len(content))
    if not count:  # NumPy makes no array of nothing
        return np.empty((0, len(METRICS)), np.float32)
    rows: Rows = np.frombuffer(content, np.float32, offset=start).reshape(count, len(METRICS))
    for part in range(0, count, ROWS_AT_ONCE):
        _check_rows(rows[part : part + ROWS_AT_ONCE])
    return rows


def iter_rows(folder: Path, most: int) -> Iterator[Rows]:
    """The same some at a time, of a file of at most `most` bytes; raises `DamagedRun`."""
    path = folder / "series.npy"
    with atomic_files.opened(path, most) as file:
        count, start = _series_head(file.read(SERIES_HEAD), path.stat().st_size)
        file.seek(start)
        for part in range(0, count, ROWS_AT_ONCE):
            size = min(ROWS_AT_ONCE, count - part) * len(METRICS)
            rows: Rows = np.frombuffer(file.read(size * 4), np.float32, size).reshape(-1, len(METRICS))
            _check_rows(rows)
            yield rows


def _series_head(head: bytes, size: int) -> tuple[int, int]:
    """How many batches a file of figures holds that begins so, and where they begin; raises `DamagedRun`."""
    file = io.BytesIO(head)
    try:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("nothing but the first version was ever written")
        shape, by_column, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=SERIES_HEAD)
    except Exception:  # whatever NumPy makes of damaged bytes
        raise DamagedRun("series.npy is not a NumPy file.") from None
    if dtype != np.float32 or by_column or len(shape) != 2 or shape[1] != len(METRICS):
        raise DamagedRun(f"series.npy does not hold batches of {len(METRICS)} figures.")
    if shape[0] < 0 or size != file.tell() + 4 * shape[0] * shape[1]:
        raise DamagedRun("series.npy is not a NumPy file.")
    return int(shape[0]), file.tell()


def _check_rows(rows: Rows) -> None:
    """Raises `DamagedRun` for losses that are not finite, and accuracies that are no percentages."""
    accuracies = rows[:, 2:]
    if not np.isfinite(rows).all() or (len(rows) and (accuracies.min() < 0 or accuracies.max() > 100)):
        raise DamagedRun("series.npy holds figures that no batch can have.")


def prefix_checksums(parts: Iterable[Rows], counts: Iterable[int]) -> dict[int, str]:
    """The checksums of the first so many rows, for each of the counts that there are so many of; in one pass."""
    wanted, digest, found, done = sorted(set(counts)), hashlib.sha256(), {0: EMPTY_SHA256}, 0
    for rows in parts:
        begin, done = done, done + len(rows)
        taken = 0
        for count in (each for each in wanted if begin < each <= done):
            digest.update(np.ascontiguousarray(rows[taken : count - begin]).data)
            found[count], taken = digest.hexdigest(), count - begin
        digest.update(np.ascontiguousarray(rows[taken:]).data)
    return found


def write(folder: Path, rows: Rows) -> None:
    """Replace the figures; raises OSError."""
    buffer = io.BytesIO()
    np.save(buffer, rows, allow_pickle=False)
    atomic_files.write(folder / "series.npy", buffer.getvalue())
