"""A run as a TensorBoard event file: the figures of every batch, the knobs, the epochs' grids and their quality."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from gan.export import record
from gan.export.record import ExportedRecord
from gan.quality import scores
from gan.quality.scores import Score
from gan.recording.atomic_files import DamagedRun
from gan.recording.epochs import read_grid
from gan.recording.metric_history import METRICS

TAGS = {
    "d_loss": "loss/discriminator",
    "g_loss": "loss/generator",
    "d_real_acc": "accuracy/real",
    "d_fake_acc": "accuracy/fake",
}
QUALITY = ("fid", "density", "coverage", "confident", "copies")


def events(folder: Path) -> bytes:
    """The whole file. Steps are batches (from 1); times are evenly spaced over the run's training time.

    Raises:
        DamagedRun
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    run = record.read(folder)
    start, pace = run.run_file.created, run.run_file.seconds / len(run.rows)
    out = io.BytesIO()
    writer = RecordWriter(out)
    writer.write(Event(wall_time=start, file_version="brain.Event:2").SerializeToString())
    for step, values in _steps(folder, run):
        event = Event(wall_time=start + pace * step, step=step, summary=Summary(value=values))
        writer.write(event.SerializeToString())
    return out.getvalue()


def _steps(folder: Path, run: ExportedRecord) -> Iterator[tuple[int, list[Any]]]:
    """Batch number and values of each batch."""
    from tensorboard.compat.proto.summary_pb2 import Summary

    tags = [TAGS[name] for name in METRICS]
    knobs = _knob_points(run)
    quality = {score.batch: score for score in scores.read(folder)}
    per_epoch = run.run_file.batches_per_epoch
    for step, row in enumerate(run.rows.tolist(), 1):
        points = [*zip(tags, row, strict=True), *knobs.get(step, [])]
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in points]
        if step in quality:
            values += _quality_values(quality[step])
        if step % per_epoch == 0 and (png := read_grid(folder, step // per_epoch)) is not None:
            values.append(Summary.Value(tag="grid", image=_image(step // per_epoch, png)))
        yield step, values


def _knob_points(run: ExportedRecord) -> dict[int, list[tuple[str, float]]]:
    """A knob's value at the first and last batch and on both sides of each move, which draws a line with steps."""
    points: dict[int, list[tuple[str, float]]] = {}
    for knob in run.knobs():
        values = run.values(knob)
        moves = [move.batch for move in run.moves if knob in move.values]
        steps = {1, len(values), *(b for b in moves if b), *(b + 1 for b in moves)}
        for step in steps:
            points.setdefault(step, []).append((f"knobs/{knob}", float(values[step - 1])))
    return points


def _quality_values(score: Score) -> list[Any]:
    """The figures of an epoch's images, each with the number of images measured."""
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata

    about = SummaryMetadata(summary_description=f"After each epoch, measured on {score.quality.count:,} images.")
    return [
        Summary.Value(tag=f"quality/{name}", simple_value=getattr(score.quality, name), metadata=about)
        for name in QUALITY
    ]


def _image(epoch: int, png: bytes) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary

    try:
        width, height = Image.open(io.BytesIO(png)).size
    except Exception:  # Pillow raises many kinds of errors for damaged bytes
        raise DamagedRun(f"the image grid of epoch {epoch} is not a PNG.") from None
    return Summary.Image(width=width, height=height, colorspace=1, encoded_image_string=png)
