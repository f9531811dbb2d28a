"""The rules of questions and answers: plain data in, plain data out."""

from __future__ import annotations

from typing import Any

import pytest

from gan.classroom import answers, questions
from gan.classroom.questions import Act, Asked, Kind, Question, QuestionRefused, question_of
from gan.limits import MAX_CURVES_SHOWN, MAX_POINTS

AXES = {"run": "demo", "title": "Demo", "metric": "g_loss", "from_batch": 100, "to_batch": 200, "low": 0.0, "high": 4.0}
CHOICE = question_of({"kind": "choice", "ask": "Who wins?", "choices": ["the forger", "the detective"], "right": 1})
NUMBER = question_of({"kind": "number", "ask": "Which FID after two epochs?"})
CURVE = question_of({"kind": "curve", "ask": "How does the loss go on?", "axes": AXES})
SENTENCE = r"^[A-Z][^\n]{10,220}\.$"


def asked(question: Question, *acts: Act, right: Any = None) -> Asked:
    """A question, asked at 0 and open for 60 seconds, after some acts at 10."""
    state = questions.asked_now(question, 0.0)
    for act in acts:
        state = questions.after(state, act, 10.0, right if act is Act.TELL else None)
    return state


# --- what can be asked -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [
    {"kind": "choice", "ask": "Which?"},
    {"kind": "choice", "ask": "Which?", "choices": ["one"]},
    {"kind": "choice", "ask": "Which?", "choices": ["a"] * 7},
    {"kind": "choice", "ask": "Which?", "choices": ["a", "b"], "right": 2},
    {"kind": "choice", "ask": "Which?", "choices": ["a", "\u200b"]},
    {"kind": "choice", "ask": " \n ", "choices": ["a", "b"]},
    {"kind": "number", "ask": "x" * 301},
    {"kind": "number", "ask": "How many?", "choices": ["a", "b"]},
    {"kind": "number", "ask": "How many?", "right": float("nan")},
    {"kind": "number", "ask": "How many?", "seconds": 1},
    {"kind": "number", "ask": "How many?", "seconds": float("inf")},
    {"kind": "number", "ask": "How many?", "more": 1},
    {"kind": "curve", "ask": "How?"},
    {"kind": "curve", "ask": "How?", "axes": {**AXES, "metric": "accuracy"}},
    {"kind": "curve", "ask": "How?", "axes": {**AXES, "to_batch": 100}},
    {"kind": "curve", "ask": "How?", "axes": {**AXES, "high": 0.0}},
    {"kind": "curve", "ask": "How?", "axes": {**AXES, "run": "../x"}},
    {"kind": "essay", "ask": "Why?"},
    {},
])  # fmt: skip
def test_what_is_no_question_is_refused_with_one_sentence(fields: dict[str, Any]) -> None:
    with pytest.raises(QuestionRefused, match=SENTENCE):
        question_of(fields)


def test_a_refusal_counts_the_answers_from_one_as_the_form_does() -> None:
    with pytest.raises(QuestionRefused, match=r"^This is no question: answer 2 is empty\.$"):
        question_of({"kind": "choice", "ask": "Who wins?", "choices": ["the forger", "\u200b"]})
    with pytest.raises(QuestionRefused, match=r"^This is no question: its text is empty\.$"):
        question_of({"kind": "number", "ask": "\u200b"})


def test_a_question_is_one_line_of_text_that_can_be_seen() -> None:
    assert question_of({"kind": "number", "ask": " How\n many\u202e\u0000 ? "}).ask == "How many ?"
    assert question_of({"kind": "number", "ask": "<script>alert(1)</script>"}).ask == "<script>alert(1)</script>"


# --- answers -----------------------------------------------------------------------------------------------------


def test_an_answer_has_the_form_that_its_question_asks_for() -> None:
    assert questions.checked_value(CHOICE, 1) == 1
    assert questions.checked_value(NUMBER, 40) == 40.0
    drawn = questions.checked_value(CURVE, [[100, 0.123456], [199.96, 4]])
    assert drawn == ((100.0, 0.1235), (200.0, 4.0))


NO_CHOICES: list[Any] = [-1, 2, 1.0, True, "1", None, [], "<script>"]
NO_NUMBERS: list[Any] = [True, "4", None, float("nan"), float("inf"), 1e13, 10**400, [4]]
NO_LINES: list[Any] = [
    3, "line", [], [[100, 1]], [[100, 1], [100, 2]], [[150, 1], [120, 1]], [[99, 1], [150, 1]], [[100, 1], [201, 1]],
    [[100, -0.1], [150, 1]], [[100, 1], [150, 4.1]], [[100, 1], [150]], [[100, 1], [150, float("nan")]],
    [[100, 1], [150, "1"]], [[100, 1], [150, True]], [100, 1], [[100 + i / 100, 1] for i in range(MAX_POINTS + 1)],
    [[100.01, 1], [100.02, 1]], {"0": [100, 1]},
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "value"),
    [
        *[(CHOICE, wrong) for wrong in NO_CHOICES],
        *[(NUMBER, wrong) for wrong in NO_NUMBERS],
        *[(CURVE, wrong) for wrong in NO_LINES],
    ],
)
def test_another_form_or_something_out_of_range_is_refused_with_one_sentence(question: Question, value: Any) -> None:
    with pytest.raises(QuestionRefused, match=SENTENCE):
        questions.checked_value(question, value)


# --- from asking to telling --------------------------------------------------------------------------------------


def test_a_question_is_open_until_its_time_is_up_or_the_teacher_closes_it() -> None:
    state = asked(NUMBER)
    assert state.is_open(59.9)
    assert not state.is_open(60.0)
    assert not asked(NUMBER, Act.CLOSE).is_open(10.1)
    assert not asked(NUMBER, Act.END).is_open(10.1)
    assert asked(NUMBER, Act.CLOSE, Act.MORE_TIME).is_open(80.0)


@pytest.mark.parametrize("act", [Act.SHOW, Act.TELL])
def test_nothing_is_shown_or_told_while_it_can_be_answered(act: Act) -> None:
    with pytest.raises(QuestionRefused, match=r"^Close the question first"):
        asked(CHOICE, act, right=0)


def test_once_answers_were_shown_nobody_answers_any_more() -> None:
    with pytest.raises(QuestionRefused, match=SENTENCE):
        asked(NUMBER, Act.CLOSE, Act.SHOW, Act.MORE_TIME)


def test_what_is_right_stays_hidden_until_the_teacher_tells_it() -> None:
    closed = questions.view(asked(CHOICE, Act.CLOSE, Act.SHOW), 11.0)
    assert (closed["right"], closed["known"], closed["told"]) == (None, True, False)
    told = questions.view(asked(CHOICE, Act.CLOSE, Act.SHOW, Act.TELL), 11.0)
    assert (told["right"], told["told"]) == (1, True)
    with pytest.raises(QuestionRefused, match=r"nobody has said so yet"):
        asked(NUMBER, Act.CLOSE, Act.TELL)
    assert asked(NUMBER, Act.CLOSE, Act.TELL, right=40).right == 40.0


def test_while_the_server_is_down_no_time_passes() -> None:
    state = asked(NUMBER)
    again = questions.resumed(state, alive=40.0, now=55.0)
    assert questions.view(again, 55.0)["left"] == 20.0
    assert questions.resumed(state, alive=61.0, now=70.0) == state  # its time was up
    assert questions.resumed(asked(NUMBER, Act.CLOSE), alive=11.0, now=12.0) == asked(NUMBER, Act.CLOSE)
    assert not questions.resumed(state, alive=40.0, now=100_000.0).is_open(100_000.0)


# --- the nearest -------------------------------------------------------------------------------------------------


def test_of_numbers_the_nearest_are_marked_all_if_they_are_equally_near() -> None:
    assert answers.nearest(Kind.NUMBER, {"a": 30.0, "b": 50.0, "c": 20.0}, 40) == ["a", "b"]
    assert answers.nearest(Kind.NUMBER, {}, 40) == []


def test_of_choices_the_right_one_is_marked_and_nobody_if_all_were_wrong() -> None:
    assert answers.nearest(Kind.CHOICE, {"a": 1, "b": 0, "c": 1}, 1) == ["a", "c"]
    assert answers.nearest(Kind.CHOICE, {"a": 0}, 1) == []


def test_of_curves_the_least_mean_squared_distance_wins() -> None:
    real = ((100.0, 1.0), (200.0, 3.0))
    drawn = {
        "flat": ((100.0, 2.0), (200.0, 2.0)),
        "close": ((100.0, 1.1), (150.0, 2.1), (200.0, 3.1)),
        "falls": ((100.0, 3.0), (200.0, 1.0)),
    }
    far = {name: answers.distance(Kind.CURVE, line, real) for name, line in drawn.items()}
    assert far["close"] == pytest.approx(0.01)
    assert far["flat"] == pytest.approx(1 / 3, rel=0.02)  # the mean of (x - 2)^2 for x from 1 to 3
    assert far["falls"] == pytest.approx(4 / 3, rel=0.02)
    assert answers.nearest(Kind.CURVE, drawn, real) == ["close"]


def test_a_curve_counts_only_where_it_is_known_how_it_went() -> None:
    real = ((100.0, 1.0), (150.0, 1.0))  # the run has not trained to the end of the axis
    ends_high = ((100.0, 1.0), (150.0, 1.0), (200.0, 4.0))
    assert answers.distance(Kind.CURVE, ends_high, real) == pytest.approx(0.0)
    late = ((140.0, 1.0), (200.0, 1.0))  # begun late: its nearest point counts before
    assert answers.distance(Kind.CURVE, late, real) == pytest.approx(0.0)


# --- what is shown -----------------------------------------------------------------------------------------------


def test_answers_are_shown_without_names_unless_the_teacher_wants_them() -> None:
    given, names = {"a": 30.0, "b": 50.0}, {"a": "Zoë", "b": "<b>Max</b>"}
    state = asked(NUMBER, Act.CLOSE, Act.SHOW, Act.TELL, right=45)
    assert "Zoë" not in str(answers.shown(state, given, names))
    named = answers.shown(questions.after(state, Act.NAMES, 11.0), given, names)
    assert [(entry["value"], entry["name"], entry["nearest"]) for entry in named["entries"]] == [
        (30.0, "Zoë", False), (50.0, "<b>Max</b>", True),
    ]  # fmt: skip


def test_choices_are_shown_as_counts() -> None:
    shown = answers.shown(asked(CHOICE, Act.CLOSE, Act.SHOW, Act.NAMES), {"a": 1, "b": 0, "c": 1}, {"a": "Zoë"})
    assert (shown["count"], shown["tally"], shown["people"]) == (3, [1, 2], [[], ["Zoë"]])


def test_of_very_many_curves_some_are_left_out_but_not_the_nearest() -> None:
    given = {f"{i:03}": ((100.0, i / 100), (200.0, i / 100)) for i in range(300)}
    state = asked(CURVE, Act.CLOSE, Act.SHOW, Act.TELL, right=((100.0, 1.5), (200.0, 1.5)))
    shown = answers.shown(state, given, {})
    assert (shown["count"], len(shown["entries"])) == (300, MAX_CURVES_SHOWN)
    assert [entry["value"][0][1] for entry in shown["entries"] if entry["nearest"]] == [1.5]
