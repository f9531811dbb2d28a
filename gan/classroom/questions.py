"""A question that the teacher asks a class, and the rules of when it can be answered and what a page is told of it."""

from __future__ import annotations

import re
import secrets
import unicodedata
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from gan.errors import LiveGANError
from gan.limits import (
    MAX_BATCHES,
    MAX_CHOICE_TEXT,
    MAX_CHOICES,
    MAX_POINTS,
    MAX_QUESTION_SECONDS,
    MAX_QUESTION_TEXT,
    MIN_QUESTION_SECONDS,
)
from gan.names import NAME

METRICS = {
    "d_loss": "discriminator's loss", "g_loss": "generator's loss", "d_real_acc": "accuracy on real images, %",
    "d_fake_acc": "accuracy on generated images, %", "fid": "FID",
}  # fmt: skip
LARGEST = 1e12  # a number in an answer
FORGOTTEN_AFTER = 3600.0  # seconds for which the server was down: a question that was open is then closed
_STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class QuestionRefused(LiveGANError):
    """A question, an answer or an act that the rules do not allow; the text is one sentence."""


class Kind(StrEnum):
    CHOICE = "choice"  # the answer is the place of one of the answers, from 0
    NUMBER = "number"
    CURVE = "curve"  # the answer is a line of points (batch, value)


def _plain(text: str) -> str:
    """One line of text without characters that cannot be seen."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    kept = "".join(each for each in line if unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    if not kept:
        raise ValueError("is empty")
    return kept


def _metric(name: str) -> str:
    if name not in METRICS:
        raise ValueError(f"must be one of {', '.join(METRICS)}")
    return name


Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Batch = Annotated[float, Field(ge=0, le=MAX_BATCHES)]
Points = Annotated[tuple[tuple[Batch, Number], ...], Field(max_length=MAX_POINTS)]
Value = int | float | Points  # an answer, or what is right
Choice = Annotated[str, Field(min_length=1, max_length=MAX_CHOICE_TEXT), AfterValidator(_plain)]
Metric = Annotated[str, AfterValidator(_metric)]


class Axes(BaseModel):
    """Where a curve is to be drawn: what, of which run, between which batches and values.

    `before`: how the curve went until then. `title`: what people read for the run's name.
    """

    model_config = _STRICT

    run: Annotated[str, Field(pattern=rf"^(?:{NAME.pattern})$")]
    title: Annotated[str, Field(max_length=64)]
    metric: Metric
    from_batch: Annotated[int, Field(ge=0, le=MAX_BATCHES)]
    to_batch: Annotated[int, Field(ge=1, le=MAX_BATCHES)]
    low: Number
    high: Number
    before: Points = ()

    @model_validator(mode="after")
    def _has_room(self) -> Axes:
        if self.from_batch >= self.to_batch or self.low >= self.high:
            raise ValueError("leaves no room to draw in")
        return self


class Question(BaseModel):
    """A question as it was asked. `right`: the answer, if it is known already; `because`: why."""

    model_config = _STRICT

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] = Field(default_factory=lambda: secrets.token_hex(8))
    kind: Kind
    ask: Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_TEXT), AfterValidator(_plain)]
    choices: Annotated[tuple[Choice, ...], Field(max_length=MAX_CHOICES)] = ()
    axes: Axes | None = None
    seconds: Annotated[float, Field(ge=MIN_QUESTION_SECONDS, le=MAX_QUESTION_SECONDS)] = 60.0
    right: int | Number | None = None
    because: Annotated[str, Field(max_length=2 * MAX_QUESTION_TEXT)] = ""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Question:
        if (self.kind is Kind.CHOICE) != bool(self.choices) or len(self.choices) == 1:
            raise ValueError(f"needs two to {MAX_CHOICES} answers to choose from, and only a question with choices")
        if (self.kind is Kind.CURVE) != (self.axes is not None):
            raise ValueError("needs to say what is to be drawn, and only a question with a curve")
        if self.right is not None:
            if self.kind is Kind.CURVE:
                raise ValueError("cannot say beforehand how the curve goes on")
            checked_value(self, self.right)
        return self


class Asked(BaseModel):
    """A question and what has become of it.

    Attributes:
        asked: when, in seconds since 1970.
        closes: when its time is up.
        closed: when the teacher closed it.
        shown: the answers are shown to the class; `names`: with the names of those who gave them.
        told: the class is told what is right.
        right: what is right, in the form of an answer; for a curve, how it really went on.
        over: it has been put away.
    """

    model_config = _STRICT

    question: Question
    asked: float
    closes: float
    closed: float | None = None
    shown: bool = False
    names: bool = False
    told: bool = False
    right: Value | None = None
    over: bool = False

    def is_open(self, now: float) -> bool:
        return self.closed is None and not self.over and now < self.closes

    def changed(self, **values: Any) -> Asked:
        return self.model_copy(update=values)


class Act(StrEnum):
    """What the teacher does with a question that was asked."""

    MORE_TIME = "more_time"
    CLOSE = "close"
    SHOW = "show"
    HIDE = "hide"
    NAMES = "names"
    NO_NAMES = "no_names"
    TELL = "tell"
    END = "end"


MORE_TIME = 30.0  # seconds


def question_of(fields: dict[str, Any]) -> Question:
    """Raises QuestionRefused."""
    try:
        return Question.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        what = first["msg"].removeprefix("Value error, ")
        raise QuestionRefused(f"This is no question: {_where(first['loc'])} {_in_a_sentence(what)}.") from None


def _where(place: tuple[int | str, ...]) -> str:
    """The teacher counts the answers from 1, as the form does."""
    match place:
        case ("choices", int(index), *_):
            return f"answer {index + 1}"
        case ("ask", *_):
            return "its text"
        case _:
            return ".".join(str(each) for each in place[:2]) or "it"


def _in_a_sentence(text: str) -> str:
    return re.sub(r"\s+", " ", text[:1].lower() + text[1:]).rstrip(".")[:160]


def asked_now(question: Question, now: float) -> Asked:
    return Asked(question=question, asked=now, closes=now + question.seconds, right=question.right)


def after(state: Asked, act: Act, now: float, right: Value | None = None) -> Asked:
    """The question after an act of the teacher; raises QuestionRefused. `right`: with TELL, what is right."""
    match act:
        case Act.MORE_TIME:
            if state.shown or state.over:
                raise QuestionRefused("The answers have been shown; ask again to have others.")
            return state.changed(closes=max(now, state.closes) + MORE_TIME, closed=None)
        case Act.CLOSE:
            return state.changed(closed=now) if state.closed is None else state
        case Act.SHOW if state.is_open(now):
            raise QuestionRefused("Close the question first; students who see answers no longer predict.")
        case Act.SHOW | Act.HIDE:
            return state.changed(shown=act is Act.SHOW)
        case Act.NAMES | Act.NO_NAMES:
            return state.changed(names=act is Act.NAMES)
        case Act.TELL:
            return _told(state, now, right)
    return state.changed(over=True, closed=now if state.closed is None else state.closed)


def _told(state: Asked, now: float, right: Value | None) -> Asked:
    if state.is_open(now):
        raise QuestionRefused("Close the question first; then tell what is right.")
    if right is not None and state.question.kind is not Kind.CURVE:  # the real curve may leave the chart
        right = checked_value(state.question, right)
    known = state.right if right is None else right
    if known is None:
        raise QuestionRefused("Say what is right: nobody has said so yet.")
    return state.changed(told=True, right=known)


def checked_value(question: Question, value: object) -> Value:
    """An answer to a question, or what is right, if the question allows it; raises QuestionRefused."""
    if question.kind is Kind.CHOICE:
        if type(value) is not int or not 0 <= value < len(question.choices):
            raise QuestionRefused(f"Choose one of the {len(question.choices)} answers.")
        return value
    if question.kind is Kind.NUMBER:
        return _number(value)
    assert question.axes is not None
    return _line(question.axes, value)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
        raise QuestionRefused("The answer to this question is a number.")
    return float(value)


def _line(axes: Axes, value: object) -> Points:
    """The points of a drawing with as few digits as anybody can see."""
    wrong = f"A drawing is a line of 2 to {MAX_POINTS} points from left to right, within the chart."
    if not isinstance(value, list | tuple) or not 2 <= len(value) <= MAX_POINTS:
        raise QuestionRefused(wrong)
    points = []
    for point in value:
        if not isinstance(point, list | tuple) or len(point) != 2:
            raise QuestionRefused(wrong)
        batch, height = _number(point[0]), _number(point[1])
        if not (axes.from_batch <= batch <= axes.to_batch and axes.low <= height <= axes.high):
            raise QuestionRefused(wrong)
        points.append((round(batch, 1), float(f"{height:.4g}")))
    if any(one[0] >= following[0] for one, following in pairwise(points)):
        raise QuestionRefused(wrong)
    return tuple(points)


def resumed(state: Asked, alive: float, now: float) -> Asked:
    """A question after the server was down from `alive` to `now`: while it was, no time has passed for an answer."""
    if not state.is_open(alive):
        return state
    if now - alive > FORGOTTEN_AFTER:
        return state.changed(closed=alive)
    return state.changed(closes=now + (state.closes - alive))


def view(state: Asked, now: float) -> dict[str, Any]:
    """What all pages are told of a question (`ClassQuestion` in types.d.ts); what is right only once it is told."""
    question = state.question
    return {
        "id": question.id,
        "kind": question.kind,
        "ask": question.ask,
        "choices": list(question.choices),
        "axes": None if question.axes is None else _axes(question.axes),
        "seconds": question.seconds,
        "closes": state.closes,
        "left": round(max(0.0, state.closes - now), 1) if state.is_open(now) else 0,
        "open": state.is_open(now),
        "shown": state.shown,
        "names": state.names,
        "known": state.right is not None,
        "told": state.told,
        "right": state.right if state.told else None,
        "because": question.because if state.told else "",
    }


def _axes(axes: Axes) -> dict[str, Any]:
    return axes.model_dump() | {"label": METRICS[axes.metric]}
