"""`series.npy`: the four metrics of every batch, a float32 array of batches x metrics in NumPy's format."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from gan.limits import MAX_SERIES
from gan.recording import atomic_files
from gan.recording.atomic_files import EMPTY_SHA256, DamagedRun
from gan.recording.metric_history import METRICS, NO_ROWS, MetricHistory, Rows
from gan.recording.run_file import Point

NAME = "series.npy"
MAX_HEADER = 4096  # bytes; NumPy's header of such a file takes 128
ROWS_AT_ONCE = 65_536


def read(folder: Path, point: Point) -> MetricHistory:
    """The metrics of every batch up to `point`; raises `DamagedRun`."""
    if point.batch == 0:
        return MetricHistory()
    rows = read_rows(folder)
    if len(rows) < point.batch:
        raise DamagedRun(f"{NAME} does not hold {point.batch} batches of {len(METRICS)} figures.")
    rows = np.ascontiguousarray(rows[: point.batch])
    atomic_files.check(NAME, rows.data, point.series_sha256)
    return MetricHistory(rows)


def read_rows(folder: Path) -> Rows:
    """All rows of the file, without a look at their checksum; raises `DamagedRun`."""
    content = atomic_files.read(folder / NAME, MAX_SERIES)
    count, start = _header(content[:MAX_HEADER], len(content))
    if not count:  # NumPy makes no array of nothing
        return NO_ROWS
    rows: Rows = np.frombuffer(content, np.float32, offset=start).reshape(count, len(METRICS))
    for part in range(0, count, ROWS_AT_ONCE):
        _check_rows(rows[part : part + ROWS_AT_ONCE])
    return rows


def iter_rows(folder: Path, most: int) -> Iterator[Rows]:
    """All rows of a file of at most `most` bytes, some at a time; raises `DamagedRun`."""
    path = folder / NAME
    with atomic_files.opened(path, most) as file:
        count, start = _header(file.read(MAX_HEADER), path.stat().st_size)
        file.seek(start)
        for part in range(0, count, ROWS_AT_ONCE):
            size = min(ROWS_AT_ONCE, count - part) * len(METRICS)
            rows: Rows = np.frombuffer(file.read(size * 4), np.float32, size).reshape(-1, len(METRICS))
            _check_rows(rows)
            yield rows


def _header(head: bytes, size: int) -> tuple[int, int]:
    """The number of batches in a file, and where their rows begin.

    Args:
        head: the beginning of the file.
        size: bytes of the whole file.

    Raises:
        DamagedRun: this is no such file.
    """
    file = io.BytesIO(head)
    try:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("only the first version was ever written")
        shape, by_column, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=MAX_HEADER)
    except Exception:  # whatever NumPy raises for damaged bytes
        raise DamagedRun(f"{NAME} is not a NumPy file.") from None
    if dtype != np.float32 or by_column or len(shape) != 2 or shape[1] != len(METRICS):
        raise DamagedRun(f"{NAME} does not hold batches of {len(METRICS)} figures.")
    if shape[0] < 0 or size != file.tell() + 4 * shape[0] * shape[1]:
        raise DamagedRun(f"{NAME} is not a NumPy file.")
    return int(shape[0]), file.tell()


def _check_rows(rows: Rows) -> None:
    """Raise `DamagedRun` for losses that are not finite, and for accuracies that are no percentages."""
    accuracies = rows[:, 2:]
    if not np.isfinite(rows).all() or (len(rows) and (accuracies.min() < 0 or accuracies.max() > 100)):
        raise DamagedRun(f"{NAME} holds figures that no batch can have.")


def checksum(rows: Rows) -> str:
    """The checksum of these rows, as a `Point` names it."""
    return atomic_files.sha256(np.ascontiguousarray(rows).data)


def prefix_checksums(parts: Iterable[Rows], counts: Iterable[int]) -> dict[int, str]:
    """The checksum of the first `count` rows for each of `counts`, in one pass; counts beyond the rows are left out."""
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
    """Replace the file; raises OSError."""
    buffer = io.BytesIO()
    np.save(buffer, rows, allow_pickle=False)
    atomic_files.write(folder / NAME, buffer.getvalue())
