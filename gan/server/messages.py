"""The binary messages of the live stream: a JSON header and typed arrays, encoded once for all viewers.

    uint32, little endian: length of the header | header (UTF-8 JSON, space-padded so that 4 + length is a multiple
    of 8) | blobs, each padded to a multiple of 8 bytes; header.blobs names each with dtype, offset and length

A "catchup" message holds the whole run in a size that does not grow with it: the minima and maxima of buckets, so
that spikes stay visible (tsdownsample), and running sums at bucket ends, from which a moving average over any window
follows.
A "delta" message holds the raw figures of the batches since. Both tell scores of the images: all (of a long run some),
or those that are new.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tsdownsample import MinMaxDownsampler

from gan import strict_json
from gan.quality.scores import Progress, Score
from gan.recording.marks import Mark
from gan.recording.metric_history import METRICS, Rows
from gan.runs.snapshot import Snapshot

MAX_POINTS = 2000
MAX_SUMS = 1000
MAX_MARKS = 250  # in a catch-up
MAX_SCORES = 100  # in a catch-up
MAX_DELTA = 1000  # batches; beyond this a catch-up is the smaller message
JPEG = b"\xff\xd8"  # as such a file begins

Blobs = dict[str, NDArray[Any] | bytes]
_DOWNSAMPLER = MinMaxDownsampler()  # type: ignore[no-untyped-call]
_DTYPES = {np.dtype("u1"): "u1", np.dtype("<u4"): "u4", np.dtype("<f4"): "f4", np.dtype("<f8"): "f8"}


def catchup(
    snapshot: Snapshot, rows: Rows, quality: Measured, grid: bytes | None, grid_batch: int
) -> bytes:  # fmt: skip
    """Everything a new viewer needs. `rows`: the figures of batches 1 to `snapshot.batch`."""
    marks = _fewer(snapshot.marks, snapshot.batches_per_epoch)
    told = quality._replace(scores=_telling(quality.scores)).told()
    return _message("catchup", snapshot, marks, _reduced(rows), grid, grid_batch, told)


def delta(
    snapshot: Snapshot, first: int, rows: Rows, marks: Sequence[Mark], quality: Measured, grid: bytes | None,
    grid_batch: int,
) -> bytes:  # fmt: skip
    """The news since batch `first`: the raw figures of batches first+1 to `snapshot.batch`.

    `quality`: the scores that are new.
    """
    span = {"from": first, "to": snapshot.batch} | quality.told()
    blobs: Blobs = {"rows": np.ascontiguousarray(rows, "<f4")}
    return _message("delta", snapshot, marks, blobs, grid, grid_batch, span)


class Measured(NamedTuple):
    """The quality of a run's images: its scores, the progress of measuring further epochs, and what all of it means.

    `explanation`: see `gan.explain`; None if there is no news of it.
    """

    scores: tuple[Score, ...]
    progress: Progress
    explanation: dict[str, Any] | None = None

    def told(self) -> dict[str, Any]:
        return {
            "scores": [score_fields(score) for score in self.scores],
            "measuring": dataclasses.asdict(self.progress),
        } | ({} if self.explanation is None else {"explanation": self.explanation})


def score_fields(score: Score) -> dict[str, Any]:
    """A score as the page needs it, in few bytes; the histogram is per mille, and so is what is read as asked."""
    q = score.quality
    asked = q.as_asked and {"as_asked": [None if share is None else round(1000 * share) for share in q.as_asked]}
    shown = {"fid": q.fid, "density": q.density, "coverage": q.coverage, "confident": q.confident, "copies": q.copies}
    return {
        "batch": score.batch, "epoch": score.epoch, "averaged": score.averaged, "missing": q.missing,
        "histogram": [round(1000 * share) for share in q.histogram],
    } | {name: float(f"{value:.4g}") for name, value in shown.items()} | (asked or {})  # fmt: skip


def _telling(scores: tuple[Score, ...]) -> tuple[Score, ...]:
    """At most about MAX_SCORES of them, evenly spread, with the best and the last one."""
    stride = -(-len(scores) // MAX_SCORES) or 1
    best = min(scores, key=lambda score: score.quality.fid, default=None)
    return tuple(score for index, score in enumerate(reversed(scores)) if index % stride == 0 or score is best)[::-1]


def gone(message: str) -> bytes:
    """The run is no longer there."""
    return encode({"type": "gone", "message": message}, {})


def run_fields(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as JSON values, without the marks."""
    fields = {
        field.name: getattr(snapshot, field.name) for field in dataclasses.fields(snapshot) if field.name != "marks"
    }
    desk, turn = (None if each is None else dataclasses.asdict(each) for each in (snapshot.desk, snapshot.turn))
    return fields | {"settings": snapshot.settings.model_dump(mode="json"), "desk": desk, "turn": turn}


def _mark_fields(mark: Mark) -> dict[str, Any]:
    fields = dataclasses.asdict(mark)
    if mark.by is None:  # as nearly always
        del fields["by"]
    return fields


def _reduced(rows: Rows) -> Blobs:
    count = len(rows)
    blobs: Blobs = {}
    edges = np.linspace(0, count, min(count, MAX_SUMS), endpoint=False).astype(np.int64)
    ends = np.append(edges[1:], count) if count else edges
    blobs["sum.x"] = ends.astype("<u4")
    for column, name in enumerate(METRICS):
        values = np.ascontiguousarray(rows[:, column])
        kept = _minmax(values)
        blobs[f"{name}.x"] = (kept + 1).astype("<u4")
        blobs[f"{name}.y"] = values[kept].astype("<f4")
        sums = np.add.reduceat(values, edges, dtype=np.float64) if count else np.empty(0)
        blobs[f"{name}.sum"] = np.cumsum(sums).astype("<f8")
    return blobs


def _minmax(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """The indices of at most MAX_POINTS values, ascending: the first, the last, and every bucket's extremes."""
    last = len(values) - 1
    if last < MAX_POINTS:
        return np.arange(last + 1)
    extremes = np.asarray(_DOWNSAMPLER.downsample(values, n_out=MAX_POINTS - 2), np.int64)
    return np.unique(np.concatenate([[0], extremes, [last]]))


def _fewer(marks: Sequence[Mark], per_epoch: int) -> Sequence[Mark]:
    """At most MAX_MARKS marks: those of one knob that are close together become one, from the first value to the last.

    What is close grows from 2 batches of an epoch over whole epochs to many, so the values at an epoch's end stay true
    as long as they can.
    """
    span = 2
    while len(marks) > MAX_MARKS:
        merged: dict[tuple[str, int, int], Mark] = {}
        for mark in marks:
            epoch, batch = divmod(mark.batch, per_epoch)
            place = (epoch, batch // span) if span < per_epoch else (epoch // (span // per_epoch), 0)
            first = merged.pop((mark.knob, *place), mark)  # so that the dictionary is in the order of the last ones
            merged[mark.knob, *place] = dataclasses.replace(mark, before=first.before)
        marks = list(merged.values())
        span = 2 * span if 2 * span < per_epoch or span >= per_epoch else per_epoch
    return marks


def _message(
    kind: str,
    snapshot: Snapshot,
    marks: Sequence[Mark],
    blobs: Blobs,
    grid: bytes | None,
    grid_batch: int,
    more: Mapping[str, Any],
) -> bytes:
    header = {"type": kind, "run": run_fields(snapshot), "marks": [_mark_fields(mark) for mark in marks], **more}
    if grid is not None:
        blobs["grid"] = grid
        header["grid_batch"] = grid_batch
    return encode(header, blobs)


def encode(header: dict[str, Any], blobs: Blobs) -> bytes:
    """A message; bytes are those of a PNG or a JPEG. Raises `NotJSON`."""
    table, chunks, offset = {}, [], 0
    for name, blob in blobs.items():
        if isinstance(blob, bytes):
            dtype, content = "jpeg" if blob.startswith(JPEG) else "png", blob
        else:
            dtype, content = _DTYPES[blob.dtype], blob.tobytes()
        table[name] = {"dtype": dtype, "offset": offset, "length": len(content)}
        chunks += [content, bytes(-len(content) % 8)]
        offset += len(content) + -len(content) % 8
    text = strict_json.dumps({**header, "blobs": table}).encode()
    text += b" " * (-(4 + len(text)) % 8)
    return b"".join([struct.pack("<I", len(text)), text, *chunks])
