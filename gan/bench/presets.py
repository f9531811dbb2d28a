"""What presets reach in equal time: images and figures after 10 s, 60 s and 10 min, as a picture for the README.

Time is wall-clock time from the request to start the run.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from gan.bench import Result, Say
from gan.data.grid import grid_png
from gan.presets import PRESETS
from gan.quality.metrics import Quality, labels_to_measure, measure, samples
from gan.quality.reference import reference
from gan.recording import weights_file
from gan.recording.atomic_files import write
from gan.recording.weights import generator_of
from gan.runs.registry import ROOT, RunRegistry
from gan.settings import Settings, parse
from gan.training.sampling import GRID_IMAGES
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state

COMPARED = ("lecture", "sharp", "chosen-digits")
MOMENTS = (10, 60, 600)  # seconds
COUNT, SEED = 10_000, 0  # samples that are measured
PICTURE = ROOT / "docs" / "presets.png"
SIDE, GAP, LINE = 242, 18, 22  # pixels: of a grid, between grids, of a line of text

Taken = tuple[dict[str, Tensor], int]  # weights at some moment, and batches trained until then


def compare(
    say: Say, *, moments: Sequence[int] = MOMENTS, presets: Sequence[str] = COMPARED, count: int = COUNT,
    picture: Path = PICTURE, given: Mapping[str, object] | None = None,
) -> Result:  # fmt: skip
    """Train the presets one after another, and draw their images.

    Args:
        given: knobs that override those of every preset.
    """
    knobs = {preset.name: preset.values for preset in PRESETS if preset.name in presets}
    settings = {name: parse({**knobs[name], "epochs": 10_000, **(given or {})}) for name in presets}
    figures: dict[str, list[Result]] = {}
    rows = []
    for name, knobs_of in settings.items():
        say(f"{name}, {max(moments)} seconds")
        taken = _train(knobs_of, moments)
        found = [_judged(weights, knobs_of, count) for weights, _ in taken]
        rows.append((name, [(grid, quality.fid) for grid, quality in found]))
        figures[name] = [
            {"seconds": moment, "batches": batches} | _told(quality)
            for moment, (_, batches), (_, quality) in zip(moments, taken, found, strict=True)
        ]
    _draw(rows, moments, picture)
    return {"presets": figures, "samples": count, "cores": os.cpu_count(), "torch": torch.__version__}


def _told(quality: Quality) -> Result:
    return {
        "fid": round(quality.fid, 3),
        "coverage": round(quality.coverage, 3),
        "least_digit": round(min(quality.histogram), 3),
        "missing": quality.missing,
    } | ({} if quality.as_asked is None else {"as_asked": [each and round(each, 3) for each in quality.as_asked]})


def _train(settings: Settings, moments: Sequence[int]) -> list[Taken]:
    """A run's weights at these moments; nothing else trains meanwhile, since a run uses two cores."""
    with tempfile.TemporaryDirectory() as folder:
        registry = RunRegistry(Path(folder))
        began = time.monotonic()
        run = registry.start(settings, "run")
        taken: list[Taken] = []
        for moment in moments:
            time.sleep(max(0.0, began + moment - time.monotonic()))
            taken.append(run.peek(_weights_of).result())
        registry.close()
    return taken


def _weights_of(trainer: Trainer) -> Taken:
    return weights_file.weights_of_state(capture_state(trainer)), trainer.batch


def _judged(weights: dict[str, Tensor], settings: Settings, count: int) -> tuple[Image.Image, Quality]:
    """The first images as a grid, and the quality of all of them."""
    real = reference(settings)
    labels = labels_to_measure(settings, real, count, SEED)
    images = samples(generator_of(weights, settings), settings, count, SEED, labels)
    grid = Image.open(io.BytesIO(grid_png(images[:GRID_IMAGES].view(-1, 1, 28, 28))))
    return grid, measure(images, real, SEED, labels=labels)


def _draw(rows: list[tuple[str, list[tuple[Image.Image, float]]]], moments: Sequence[int], path: Path) -> None:
    labels = {preset.name: preset.label for preset in PRESETS}
    width = len(moments) * (SIDE + GAP) + GAP
    height = len(rows) * (SIDE + 2 * LINE + GAP) + LINE + GAP
    page = Image.new("RGB", (width, height), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    for column, seconds in enumerate(moments):
        after = f"after {seconds} s" if seconds < 120 else f"after {seconds // 60} min"
        pen.text((GAP + column * (SIDE + GAP), GAP // 2), after, "black", font)
    for row, (name, found) in enumerate(rows):
        top = LINE + GAP // 2 + row * (SIDE + 2 * LINE + GAP)
        pen.text((GAP, top), labels[name], "black", font)
        for column, (grid, fid) in enumerate(found):
            left = GAP + column * (SIDE + GAP)
            page.paste(grid, (left, top + LINE))
            pen.text((left, top + LINE + SIDE + 3), f"FID {fid:.3g}", "black", font)
    write(path, _png(page))


def _png(page: Image.Image) -> bytes:
    out = io.BytesIO()
    page.save(out, "PNG", optimize=True)
    return out.getvalue()
