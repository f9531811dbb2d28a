"""A run as a self-contained Python script or notebook in plain torch: the lecture's loop, knob moves and all.

The script draws the run's random numbers from generators with the same seeds in the same order, and does the arithmetic
of the run's step with autograd. On the same kind of machine and version of torch it therefore reproduces the run's
losses to the last bit, unless a run with penalties trained through the fast step: that has them in closed form, which
rounds differently. The script contains only what the run's settings need.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from gan.export import ExportError, record
from gan.export.plan import ScriptPlan
from gan.export.script_chapters import chapters, generated

ABOUT = """\
The LiveGAN run "{name}": the lecture's GAN (Sebastian Raschka, STAT 453, L18.4), knob moves and all.

{exactness} The last d_loss was {d_loss:.6f}."""
EXACT = """\
It draws the run's random numbers in the run's order, so with torch {torch} on the same kind of machine its losses
are the run's to the last bit; elsewhere rounding differs and they drift apart."""
ROUNDED = """\
It draws the run's random numbers in the run's order (torch {torch}). It leaves penalties to autograd, which rounds
differently from the run's fast step, so its losses agree with the run's at first and drift apart."""
BY_GRAPH = """\
It draws the run's random numbers in the run's order (torch {torch}). The run's GPU held learning rates in single
precision, so its losses agree with the run's at first and drift apart."""

SHOW = """\
from torchvision.transforms.functional import to_pil_image

to_pil_image(utils.make_grid({images}, nrow=8, normalize=True))
"""


def script(folder: Path) -> bytes:
    """A Python script that trains the run again; it writes `losses.csv` and `generated.png`.

    The script reads LiveGAN's copy of the data set (`--data`, or found near the script or the working folder).

    Raises:
        DamagedRun
    """
    plan = _plan(folder)
    parts = [f'"""{_about(plan)}"""\n\n']
    parts += [chapter.heading + chapter.code for chapter in chapters(plan)]
    return "".join(parts).encode()


def notebook(folder: Path) -> bytes:
    """The same as a Jupyter notebook (nbformat 4.5), which also shows the images. Raises `DamagedRun`."""
    plan = _plan(folder)
    title, _, rest = _about(plan).partition("\n\n")
    cells = [_cell("markdown", f"# {plan.title}\n\n{title}\n\n{rest}")]
    for chapter in chapters(plan, notebook=True):
        cells += [_cell("markdown", f"## {chapter.title}")] if chapter.title else []
        cells += [_cell("code", chapter.code)]
    cells += [_cell("code", SHOW.format(images=generated(plan)))]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}, allow_nan=False, indent=1
    ).encode()


def _plan(folder: Path) -> ScriptPlan:
    """Raises `DamagedRun`, `ExportError`."""
    found = record.read(folder)
    own = found.run_file.networks
    if own is not None:
        raise ExportError(
            f"Run {folder.name} trains networks of its own ({own.file}), and this export has the fully connected ones "
            f"alone; `python -m gan train --networks {own.file}` trains them again."
        )
    return ScriptPlan.of(found)


def _about(plan: ScriptPlan) -> str:
    d_loss = float(plan.record.rows[-1, 0])
    version = re.sub(r"[^\w.+-]", "", plan.record.run_file.torch_version)  # an uploaded run may contain any text here
    exactness = (EXACT if plan.exact else BY_GRAPH if plan.by_graph else ROUNDED).format(torch=version)
    return ABOUT.format(name=plan.title, exactness=exactness, d_loss=d_loss)


def _cell(kind: str, source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source.strip("\n").splitlines(keepends=True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
