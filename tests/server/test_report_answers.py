"""A student's answers in the words of a lab report."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gan.export.predicted import Answer, DrawnCurve
from gan.server.report_answers import in_words


def asked(kind: str, mine: Any, right: Any = None, **more: Any) -> dict[str, Any]:
    about = {
        "ask": "What then?",
        "answers": ["It learns faster.", "No"],
        "because": "",
        "nearest": False,
        "curve": None,
    }
    return about | {"kind": kind, "mine": mine, "right": right} | more


def test_a_choice_is_right_or_not_once_the_teacher_has_told() -> None:
    assert in_words([asked("choice", 0)]) == [Answer("What then?", "It learns faster")]
    told = in_words([asked("choice", 0, 1, because="Each step is small."), asked("choice", 1, 1)])
    assert told == [
        Answer("What then?", "It learns faster", "No. Each step is small.", right=False),
        Answer("What then?", "No", "No.", right=True),
    ]


def test_numbers_and_curves_say_what_came_out_and_who_was_nearest() -> None:
    (number,) = in_words([asked("number", 20.0, 8.5, nearest=True)])
    assert number == Answer("What then?", "20", "8.5. Yours was among the nearest.")
    before, mine, real = [(0.0, 0.7), (1.0, 0.7)], [(1.0, 0.7), (500.0, 0.4)], [(1.0, 0.7), (500.0, 1.25)]
    axes = {"run": "demo", "title": "Demo", "metric": "g_loss", "before": before}
    (curve,) = in_words([asked("curve", mine, real, curve=axes)])
    assert curve.predicted == "a curve from 0.7 at batch 1 to 0.4 at batch 500"
    assert curve.outcome == "a curve from 0.7 at batch 1 to 1.25 at batch 500."
    drawn = DrawnCurve("demo", "Demo", "g_loss", "Generator's loss", before, mine, real)
    assert curve.curve == drawn
    (untold,) = in_words([asked("curve", mine, None, curve=axes)])
    assert (untold.outcome, untold.curve) == ("", replace(drawn, real=()))


def test_questions_that_were_not_answered_are_left_out() -> None:
    assert in_words([asked("choice", None, 1)]) == []
