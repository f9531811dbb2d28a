"""What a student predicted, as a lab report tells it: in words, and drawn curves as curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from gan.export import report_charts
from gan.export.report_charts import Chart
from gan.export.report_page import chart

Points = Sequence[tuple[float, float]]  # (batch, value)


@dataclass(frozen=True)
class DrawnCurve:
    """How somebody drew that a figure of a run goes on, and how it went.

    Attributes:
        run: the run's name; `title` is what people read for it.
        metric: a name of the figure, as "g_loss" or "fid"; `label` is what people read for it.
        before: how it had gone; real: how it went on, () if nobody knows yet.
    """

    run: str
    title: str
    metric: str
    label: str
    before: Points
    drawn: Points
    real: Points


@dataclass(frozen=True)
class Answer:
    """What a student predicted when the teacher, or a lesson, asked a question.

    `outcome`: what came out, if it is known; `right`: whether the prediction was, if that can be said.
    """

    question: str
    predicted: str
    outcome: str = ""
    right: bool | None = None
    curve: DrawnCurve | None = None


def charts_of(answers: Sequence[Answer]) -> dict[int, Chart]:
    """A chart for each answer that was drawn, by the answer's place."""
    drawn = ((place, answer.curve) for place, answer in enumerate(answers) if answer.curve is not None)
    return {
        place: report_charts.prediction(
            f"drawn-{place}", f"{curve.label} of {curve.title}", curve.label, curve.before, curve.drawn, curve.real
        )
        for place, curve in drawn
    }


_VERDICTS = {
    True: '<strong class="right">Right.</strong>',
    False: '<strong class="wrong">Not so.</strong>',
    None: "",
}


def answer_html(answer: Answer, drawn: Chart | None) -> str:
    outcome = f"<p>What came out: {escape(answer.outcome)}</p>" if answer.outcome else ""
    said = f"<p>Predicted: {escape(answer.predicted)}. {_VERDICTS[answer.right]}</p>"
    picture = "" if drawn is None else chart(drawn)
    return f'<div class="answer"><p><strong>{escape(answer.question)}</strong></p>{said}{outcome}{picture}</div>'
