"""The charts of a lab report, made by Plotly: losses, accuracies, FID, and how often each digit appears.

Colours are those of the light theme; the report's page replaces them in the dark one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from tsdownsample import MinMaxDownsampler

from gan.data.class_names import CLASS_NAMES
from gan.quality.metrics import Quality
from gan.quality.scores import Score
from gan.recording.metric_history import METRICS, Rows

POINTS = 3000  # of a line; a longer one keeps the smallest and the largest value of each stretch
MEANS = 100  # stretches in which a run is averaged, so that noisy curves can be read
FID_TICKS = tuple(step * 10.0**power for power in range(-2, 5) for step in (1, 2, 5))
MOST_LINES = 60  # of knob moves in a chart
GENERATOR, DISCRIMINATOR, DRAWN, TEXT = "#c2410c", "#0369a1", "#6d28d9", "#1c1f26"  # each is known to report.js
LOSSES = (("d_loss", "Discriminator", DISCRIMINATOR), ("g_loss", "Generator", GENERATOR))
ACCURACIES = (("d_real_acc", "Real images", DISCRIMINATOR), ("d_fake_acc", "Generated images", GENERATOR))

Points = Sequence[tuple[float, float]]  # (batch, value)
Drawn = Sequence[tuple[str, Points]]  # what somebody drew: the figure's name, and the points

_DOWNSAMPLER = MinMaxDownsampler()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Chart:
    """A chart with what is said of it: `meaning` stands below it."""

    name: str
    title: str
    meaning: str
    figure: go.Figure


def losses(rows: Rows, moves: Sequence[int], drawn: Drawn = ()) -> Chart:
    """`moves`: the batches after which knobs were turned, each of which gets a numbered line."""
    figure = _by_batch(rows, LOSSES, moves, "Loss")
    _add_drawn(figure, {name: label for name, label, _ in LOSSES}, drawn)
    return Chart("losses", "Losses", _averaged(rows), figure)


def accuracies(rows: Rows, moves: Sequence[int], drawn: Drawn = ()) -> Chart:
    figure = _by_batch(rows, ACCURACIES, moves, "Recognised, in %")
    _add_drawn(figure, {name: label for name, label, _ in ACCURACIES}, drawn)
    figure.update_yaxes(range=[-3, 103])
    meaning = f"How many images the discriminator judges rightly; 50 % is guessing. {_averaged(rows)}"
    return Chart("accuracies", "The discriminator's accuracy", meaning, figure)


def quality(measured: Sequence[Score], drawn: Drawn = ()) -> Chart:
    batches, fids = [score.batch for score in measured], [score.quality.fid for score in measured]
    said = [f"FID {score.quality.fid:.3g} after epoch {score.epoch}" for score in measured]
    line = go.Scatter(
        x=batches, y=fids, mode="lines+markers", name="FID", text=said, hoverinfo="text", line={"color": GENERATOR},
    )  # fmt: skip
    figure = _figure([line], "Batch", "FID, 0 is best")
    figure.update_layout(showlegend=False)
    _add_drawn(figure, {"fid": "FID"}, [(name, _above_zero(points)) for name, points in drawn])
    figure.update_yaxes(type="log", tickvals=FID_TICKS, ticktext=[f"{tick:g}" for tick in FID_TICKS])
    meaning = "The Fréchet distance between generated and real images; lower is better."
    return Chart("fid", "Image quality", meaning, figure)


def prediction(name: str, title: str, label: str, before: Points, drawn: Points, real: Points) -> Chart:
    """What somebody drew, against how the figure really went on (() if nobody knows)."""
    traces = [
        _line(before, "Before", {"width": 1.5, "color": TEXT}),
        _line(drawn, "Predicted", {"width": 2.4, "dash": "dash", "color": DRAWN}),
        *([_line(real, "What came out", {"width": 2.4, "color": GENERATOR})] if real else []),
    ]
    figure = _figure(traces, "Batch", label)
    figure.update_layout(height=260)
    return Chart(name, title, "Dashed: as it was drawn before it came.", figure)


def histogram(quality: Quality, dataset: str, digits: Sequence[int]) -> Chart:
    """How often the classifier reads each class among the generated images."""
    names = [CLASS_NAMES[dataset][digit] for digit in digits]
    shares = [100 * quality.histogram[digit] for digit in digits]
    bars = go.Bar(x=names, y=shares, marker={"color": GENERATOR}, hovertemplate="%{x}: %{y:.1f} %<extra></extra>")
    figure = _figure([bars], "", "Share, in %")
    figure.update_xaxes(type="category")
    figure.add_hline(100 / len(digits), line={"dash": "dot", "width": 1.5, "color": TEXT})
    meaning = f"What {quality.count:,} generated images show. Dotted: each equally often."
    what = "digits" if dataset == "mnist" else "classes"
    return Chart("classes", f"Which {what} it makes", meaning, figure)


# --- parts -------------------------------------------------------------------------------------------------------


def _by_batch(rows: Rows, lines: Sequence[tuple[str, str, str]], moves: Sequence[int], title: str) -> go.Figure:
    traces = []
    for name, label, colour in lines:
        values = rows[:, METRICS.index(name)].astype(np.float32)
        batches, kept = _downsampled(values)
        faint = {"opacity": 0.3, "line": {"width": 1, "color": colour}, "showlegend": False, "hoverinfo": "skip"}
        traces.append(go.Scatter(x=batches, y=kept, mode="lines", name=label, **faint))
        batches, means = _means(values)
        traces.append(go.Scatter(x=batches, y=means, mode="lines", name=label, line={"width": 2.4, "color": colour}))
    figure = _figure(traces, "Batch", title)
    figure.update_layout(hovermode="x unified")
    for number, batch in enumerate(moves[:MOST_LINES], start=1):
        numbered: dict[str, Any] = {"text": str(number), "textposition": "start", "xanchor": "left", "textangle": 0}
        numbered["font"] = {"size": 11, "color": TEXT}
        figure.add_vline(batch, line={"dash": "dot", "width": 1, "color": TEXT}, label=numbered)
    return figure


def _add_drawn(figure: go.Figure, labels: Mapping[str, str], drawn: Drawn) -> None:
    """Curves that somebody drew over those of a chart."""
    for metric, points in drawn:
        if metric in labels:
            dashed = {"width": 2.4, "dash": "dash", "color": DRAWN}
            figure.add_trace(_line(points, f"{labels[metric]}, predicted", dashed))
            figure.update_layout(showlegend=True)


def _line(points: Points, name: str, line: dict[str, Any]) -> go.Scatter:
    batches, values = [batch for batch, _ in points], [value for _, value in points]
    return go.Scatter(x=batches, y=values, mode="lines" if len(points) > 1 else "markers", name=name, line=line)


def _above_zero(points: Points) -> Points:
    """What a logarithmic axis can show."""
    return [(batch, value) for batch, value in points if value > 0]


def _figure(traces: Sequence[go.Scatter | go.Bar], x: str, y: str) -> go.Figure:
    layout = go.Layout(
        template="none",
        height=320,
        margin={"t": 36, "r": 12, "b": 44, "l": 56},
        legend={"orientation": "h", "y": 1, "yanchor": "bottom"},
        xaxis={"title": {"text": x}, "exponentformat": "none"},
        yaxis={"title": {"text": y}},
    )
    return go.Figure(list(traces), layout)


def _downsampled(values: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Batches (from 1) and values, at most `POINTS` of them."""
    kept = np.arange(len(values)) if len(values) <= POINTS else _DOWNSAMPLER.downsample(values, n_out=POINTS)
    return (kept + 1).astype(np.int32), values[kept]


def _means(values: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The mean of each stretch, at the stretch's last batch."""
    length = _stretch(len(values))
    starts = np.arange(0, len(values), length)
    ends = np.minimum(starts + length, len(values))
    means = np.add.reduceat(values.astype(np.float64), starts) / (ends - starts)
    return ends.astype(np.int32), means.astype(np.float32)


def _stretch(batches: int) -> int:
    return max(1, batches // MEANS)


def _averaged(rows: Rows) -> str:
    length = _stretch(len(rows))
    return f"Faint: every batch. Strong: the mean of every {length:,} batches." if length > 1 else "Every batch."
