"""A run as a lab report: one HTML file that holds everything and needs no network, to read, print and write notes into.

It has the settings, the knob moves, charts that can be zoomed, the images of some epochs, their quality, a student's
answers with what came out, a box for notes, and the script that trains the run again. It takes 1.3 to 1.7 MB, most of
which is Plotly's JavaScript.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from gan.data.class_names import named
from gan.data.grid import is_grid_png
from gan.export import ExportError, record, report_charts
from gan.export.predicted import Answer, answer_html, charts_of
from gan.export.report_charts import Chart
from gan.export.report_page import chart, folded, page, paragraph, picture, section, table
from gan.export.script import script
from gan.quality import scores
from gan.quality.scores import Score
from gan.recording import commands_file, epochs, notes
from gan.recording.marks import Mark, marks_of
from gan.recording.run_file import RunFile
from gan.settings import KNOBS, Settings, without_effect

PICTURES = 8  # grids of images, at most
MOST_MOVES = 300  # knob moves in the table


def report(folder: Path, answers: Sequence[Answer] = (), own_notes: str | None = None, league: str = "") -> bytes:
    """The report of the run in a folder; raises `DamagedRun`.

    Args:
        own_notes: what stands in the box for notes; None: what its owner noted of the run.
        league: a sentence on how the run did in a league.
    """
    found = record.read(folder)
    run_file = found.run_file
    measured = scores.fitting(scores.read(folder), run_file.batch, run_file.batches_per_epoch)
    commands = commands_file.read(folder, run_file)[: run_file.commands]
    moves = _by_batch(marks_of(run_file.initial_settings, commands))
    drawn = charts_of(answers)
    charts = [*_charts(found, measured, list(moves), answers), *drawn.values()]
    by_name = {one.name: chart(one) for one in charts}
    figures = [by_name[name] for name in ("losses", "accuracies", "fid") if name in by_name]
    sections = [
        _heading(run_file, measured),
        section("Settings", _settings(run_file)),
        section("Knob moves", _moves(moves)),
        section("Charts", *figures),
        section("Images", _images(folder, run_file, measured)),
        section("Quality of the images", _quality(run_file, measured, league), by_name.get("classes", "")),
        *([section("Predictions", *_answers(answers, drawn))] if answers else []),
        section("Notes", NOTES.format(escape(notes.read(folder) if own_notes is None else own_notes))),
        section("Train it again", _script(folder)),
    ]
    return page(run_file.name, f"{run_file.shown_name}: lab report", sections, charts)


def chosen_epochs(kept: Sequence[int], best: int | None, most: int = PICTURES) -> list[int]:
    """Of the epochs that have images: the first, the best, the last and some between, more of them early."""
    if len(kept) <= most:
        return list(kept)
    places = np.geomspace(1, len(kept), most - 1).round().astype(int) - 1
    wanted = {kept[place] for place in places.tolist()}
    return sorted(wanted if best is None or best not in kept else {*wanted, best})


# --- sections ----------------------------------------------------------------------------------------------------


def _heading(run_file: RunFile, measured: Sequence[Score]) -> str:
    fid, epoch = scores.best_fid(measured)
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(run_file.created))
    ended = f"{run_file.epoch} epoch{'' if run_file.epoch == 1 else 's'}"
    parts = [
        f"by {run_file.desk.name}" if run_file.desk else "",
        f"begun {made}",
        _origin(run_file),
        f"{run_file.batch:,} batches ({ended}) in {run_file.seconds:,.0f} s",
        "" if fid is None else f"best FID {fid:.3g} after epoch {epoch}",
    ]
    said = ", ".join(filter(None, parts))
    return f"<header><h1>{escape(run_file.shown_name)}</h1>{paragraph(f'A lab report of LiveGAN: {said}.')}</header>"


def _origin(run_file: RunFile) -> str:
    if run_file.parent is None or run_file.branched_at is None:
        return ""
    after = f"after epoch {run_file.branched_at}" if run_file.branched_at else "at its beginning"
    return f"branched from {run_file.parent} {after}"


def _settings(run_file: RunFile) -> str:
    """The settings at the beginning: those that matter most in sight, all others folded."""
    settings = run_file.initial_settings
    values, idle = settings.model_dump(mode="json"), without_effect(settings.model_dump(mode="json"))
    shown = [name for name in KNOBS if name not in idle]
    first = [name for name in shown if KNOBS[name].group == "Steering" or name in settings.differing()]
    others = [name for name in shown if name not in first]
    head = ("Setting", "Value at the start", "Default")

    def row(name: str) -> tuple[str, str, str]:
        knob = KNOBS[name]
        return knob.label, _shown(name, values[name], settings), _shown(name, knob.default, settings)

    own = [] if run_file.networks is None else [paragraph(f"Networks of one's own: {run_file.networks.text}.")]
    versions = f"Trained with LiveGAN {run_file.app_version} and torch {run_file.torch_version}"
    versions += f" on {run_file.processor}." if run_file.processor else "."
    everything = folded(f"{len(others)} more settings, all at their defaults", table(head, map(row, others)))
    return "\n".join([*own, table(head, map(row, first)), everything, paragraph(versions)])


def _moves(moves: dict[int, list[Mark]]) -> str:
    if not moves:
        return paragraph("No knob was turned while it trained.")
    numbered = [(number, mark) for number, marks in enumerate(moves.values(), start=1) for mark in marks]
    head: tuple[str, ...] = ("No.", "After batch", "Knob", "From", "To", "By")
    rows: list[tuple[str, ...]] = [
        (str(number), f"{mark.batch:,}", mark.label, *_before_and_after(mark), mark.by or "")
        for number, mark in numbered[:MOST_MOVES]
    ]
    if not any(mark.by for _, mark in numbered):  # nobody but the teacher, or whoever has LiveGAN alone
        head, rows = head[:-1], [row[:-1] for row in rows]
    left_out = len(numbered) - len(rows)
    more = [paragraph(f"{left_out:,} more moves are in the script below.")] if left_out else []
    return "\n".join([paragraph("The charts show each number where it acted."), table(head, rows), *more])


def _images(folder: Path, run_file: RunFile, measured: Sequence[Score]) -> str:
    fids = {score.epoch: score.quality.fid for score in measured if score.batch % run_file.batches_per_epoch == 0}
    best = min(fids, key=lambda epoch: fids[epoch], default=None)
    there = [epoch for epoch in range(1, run_file.epoch + 1) if epochs.has_grid(folder, epoch)]
    found = [(_caption(epoch, fids, best), epochs.read_grid(folder, epoch)) for epoch in chosen_epochs(there, best)]
    if not found:
        found = [(f"After batch {run_file.batch:,}", epochs.read_grid(folder, None))]
    pictures = [picture(png, caption) for caption, png in found if png is not None and is_grid_png(png)]
    if not pictures:
        return paragraph("No images of this run are kept.")
    return paragraph("The same 64 noise vectors each time.") + f'<div class="grids">{"".join(pictures)}</div>'


def _caption(epoch: int, fids: dict[int, float], best: int | None) -> str:
    fid = f", FID {fids[epoch]:.3g}" if epoch in fids else ""
    return f"Epoch {epoch}{fid}{' (best)' if epoch == best else ''}"


def _quality(run_file: RunFile, measured: Sequence[Score], league: str) -> str:
    told = paragraph(league) if league else ""
    if not measured:
        return told or paragraph("Its images have not been measured.")
    best, last = min(measured, key=lambda score: score.quality.fid), measured[-1]
    columns = [("Best", best)] if best is last else [("Best", best), ("Last", last)]
    dataset = run_file.initial_settings.dataset
    rows = [
        ("Epoch", *(str(score.epoch) for _, score in columns)),
        ("FID (0 is best)", *(f"{score.quality.fid:.4g}" for _, score in columns)),
        ("Density (about 1 is best)", *(f"{score.quality.density:.3f}" for _, score in columns)),
        ("Coverage (real images: 0.96)", *(f"{score.quality.coverage:.3f}" for _, score in columns)),
        ("Confidently read", *(f"{score.quality.confident:.0%}" for _, score in columns)),
        ("Missing", *(named(dataset, score.quality.missing) or "none" for _, score in columns)),
        ("Copies of training images", *(f"{score.quality.copies:.1%}" for _, score in columns)),
        ("Images measured", *(f"{score.quality.count:,}" for _, score in columns)),
    ]
    return told + table(("", *(label for label, _ in columns)), rows)


def _answers(answers: Sequence[Answer], drawn: dict[int, Chart]) -> list[str]:
    return [answer_html(answer, drawn.get(place)) for place, answer in enumerate(answers)]


NOTES = """\
<p class="notes-hint">Write what you saw and what you make of it. Save the report to keep your notes;
nothing is sent anywhere.</p>
<label class="muted" for="notes">Your notes</label>
<textarea id="notes" rows="8">
{}</textarea>
<p class="notes-in-print"></p>
<button type="button" id="save-notes">Save with notes</button><button type="button" id="print">Print</button>"""


def _script(folder: Path) -> str:
    try:
        source = script(folder).decode()
    except ExportError as error:
        return paragraph(str(error))
    said = (
        "This script in plain torch trains the run again, knob moves and all. Saved in LiveGAN's folder, it reads the "
        "images there; elsewhere it downloads them first."
    )
    button = '<button type="button" id="save-script">Save the script</button>'
    listing = f'<pre id="script" tabindex="0">{escape(source)}</pre>'
    return paragraph(said) + folded(f"The script, {source.count(chr(10)):,} lines", listing) + button


# --- parts -------------------------------------------------------------------------------------------------------


def _charts(
    found: record.ExportedRecord, measured: Sequence[Score], moves: Sequence[int], answers: Sequence[Answer]
) -> list[Chart]:
    settings, name = found.run_file.initial_settings, found.run_file.name
    curves = [answer.curve for answer in answers if answer.curve is not None and answer.curve.run == name]
    drawn = [(curve.metric, curve.drawn) for curve in curves]  # they belong over the run's own curves, too
    charts = [report_charts.losses(found.rows, moves, drawn), report_charts.accuracies(found.rows, moves, drawn)]
    if measured:
        charts.append(report_charts.quality(measured, drawn))
        charts.append(report_charts.histogram(measured[-1].quality, settings.dataset, settings.digits))
    return charts


def _by_batch(marks: Iterable[Mark]) -> dict[int, list[Mark]]:
    """Marks by the batch after which they act; those of one batch share a number."""
    found: dict[int, list[Mark]] = {}
    for mark in marks:
        found.setdefault(mark.batch, []).append(mark)
    return found


def _before_and_after(mark: Mark) -> tuple[str, str]:
    if mark.knob not in KNOBS:  # a step of one network alone
        return "", ""
    return _shown(mark.knob, mark.before), _shown(mark.knob, mark.after)


def _shown(name: str, value: Any, settings: Settings | None = None) -> str:
    """The value of a knob as people read it."""
    knob = KNOBS[name]
    if name == "digits" and settings is not None:
        return named(settings.dataset, value)
    if value == 0 and knob.zero:
        return knob.zero
    if isinstance(value, list | tuple):
        text = ", ".join(map(str, value))
    else:
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"{text} {knob.unit}".strip()
