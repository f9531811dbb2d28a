"""Exports of a run: its epochs as a film, its figures as tables, its weights, and the run itself as a script.

Exports read the run's folder as the last checkpoint left it and never write to it. `tensorboard`, `onnx` and `mp4` need
the packages in `requirements-export.txt`. A format's modules are imported when it is first made, so that a page can
list the formats at no cost. May import the rooms from `quality` down.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gan.errors import LiveGANError
from gan.recording.atomic_files import DamagedRun
from gan.recording.run_file import read_run_file


class ExportError(LiveGANError):
    """This run cannot be exported in this format."""


class Exported(NamedTuple):
    """One file: its content, name and media type."""

    content: bytes
    filename: str
    media_type: str


@dataclass(frozen=True)
class Format:
    """One format of exports.

    `maker` is the full name of a function that turns the run's folder into the file's content; `needs` are the import
    names of optional packages.
    """

    label: str
    meaning: str
    filename: str
    media_type: str
    maker: str
    needs: tuple[str, ...] = ()

    def make(self, folder: Path, **more: object) -> bytes:
        """The file's content; raises `DamagedRun`, `ExportError`, OSError."""
        module, _, function = self.maker.rpartition(".")
        content: bytes = getattr(importlib.import_module(module), function)(folder, **more)
        return content


FORMATS: dict[str, Format] = {
    "report": Format(
        "Lab report", "Settings, charts, images, quality and a box for notes in one page, to read and print.",
        "{name}-report.html", "text/html", "gan.export.lab_report.report",
    ),
    "gif": Format(
        "GIF", "The image grids of all epochs as an animation.", "{name}.gif", "image/gif", "gan.export.film.gif",
    ),
    "mp4": Format(
        "MP4", "The image grids of all epochs as a film.", "{name}.mp4", "video/mp4", "gan.export.film.mp4", ("av",),
    ),
    "csv": Format(
        "CSV", "Losses, accuracies and knobs of every batch.", "{name}.csv", "text/csv", "gan.export.tables.csv",
    ),
    "parquet": Format(
        "Parquet", "The same table, typed and packed.", "{name}.parquet", "application/vnd.apache.parquet",
        "gan.export.tables.parquet",
    ),
    "tensorboard": Format(
        "TensorBoard", "An event file: scalars of every batch, image grids and quality of the epochs.",
        "events.out.tfevents.{created}.{name}", "application/octet-stream", "gan.export.tensorboard.events",
        ("tensorboard",),
    ),
    "safetensors": Format(
        "safetensors", "The generator's weights.", "{name}.safetensors", "application/octet-stream",
        "gan.recording.weights.generator_file",
    ),
    "onnx": Format(
        "ONNX", "The generator, to run without Python.", "{name}.onnx", "application/octet-stream",
        "gan.export.onnx.generator", ("onnx", "onnxscript"),
    ),
    "script": Format(
        "Python script", "The run in plain torch, knob moves and all.", "{name}.py", "text/x-python",
        "gan.export.script.script",
    ),
    "notebook": Format(
        "Notebook", "The same for Jupyter.", "{name}.ipynb", "application/x-ipynb+json", "gan.export.script.notebook",
    ),
}  # fmt: skip


def missing(kind: str) -> str | None:
    """One sentence that says what to install for this format; None if nothing is missing. Imports nothing."""
    form = FORMATS[kind]
    absent = [package for package in form.needs if importlib.util.find_spec(package) is None]
    if not absent:
        return None
    packages, them = ("packages", "them") if len(absent) > 1 else ("package", "it")
    remedy = f"install {them} with `pip install -r requirements-export.txt`"
    return f"{form.label} needs the {packages} {' and '.join(absent)}; {remedy}."


def export_run(folder: Path, kind: str, **more: object) -> Exported:
    """The run in `folder`, as its last checkpoint left it, in the format `kind` (a key of `FORMATS`).

    Args:
        more: what the format's maker takes besides the folder.

    Raises:
        ExportError: the run is damaged or too short, or a package is missing.
    """
    name = folder.name
    sentence = missing(kind)
    if sentence is not None:
        raise ExportError(sentence)
    form = FORMATS[kind]
    try:
        content, created = _made(folder, form, more)
    except DamagedRun as error:
        raise ExportError(f"Run {name} cannot be exported: {error}") from None
    except OSError as error:
        raise ExportError(f"Run {name} cannot be exported: {error.strerror or error}.") from None
    return Exported(content, form.filename.format(name=name, created=int(created)), form.media_type)


def _made(folder: Path, form: Format, more: dict[str, object]) -> tuple[bytes, float]:
    """The file, and when its run was made. Retries, since a training run may replace its checkpoint meanwhile."""
    while True:
        run_file = read_run_file(folder)
        if run_file.batch == 0:
            raise ExportError(f"Run {folder.name} has no batch on disk yet; train it first.")
        try:
            return form.make(folder, **more), run_file.created
        except DamagedRun:
            if read_run_file(folder).states == run_file.states:
                raise
