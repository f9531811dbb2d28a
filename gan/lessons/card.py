"""A lesson as the page shows it: typeset, with its conditions as plain data."""

from __future__ import annotations

from typing import Any

from gan.lessons import html
from gan.lessons.conditions import LABELS, Condition
from gan.lessons.lesson import Lesson, Question, Step
from gan.settings import KNOBS


def card(lesson: Lesson) -> dict[str, Any]:
    """The whole lesson (`LessonCard` in types.d.ts)."""
    return {"name": lesson.name, "title": lesson.title, "steps": [_step(step) for step in lesson.steps]}


def entry(lesson: Lesson) -> dict[str, Any]:
    """A lesson as the list of all shows it (`LessonEntry`)."""
    return {
        "name": lesson.name,
        "title": lesson.title,
        "minutes": lesson.minutes,
        "learn": html.inline(lesson.learn),
        "steps": len(lesson.steps),
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "title": step.title,
        "text": html.block(step.text),
        "starts": step.start is not None,
        "compare": step.compare,
        "turn": step.turn,
        "turns": _turns(step.turn),
        "watch": list(step.watch),
        "reached": _condition(step.reached),
        "shows": [{"says": html.inline(claim.says), "check": _condition(claim.check)} for claim in step.shows],
        "question": step.question and _question(step.question),
    }


def _turns(turn: dict[str, float | int]) -> list[str]:
    """What a step turns, in words: "both learning rates to 0.0002"."""
    rest = dict(turn)
    both = []
    if rest.get("lr_g") is not None and rest.get("lr_g") == rest.get("lr_d"):
        both = [f"both learning rates to {_in_words('lr_g', rest.pop('lr_g'))}"]
        del rest["lr_d"]
    return both + [f"{KNOBS[name].label} to {_in_words(name, value)}" for name, value in rest.items()]


def _in_words(knob: str, value: float) -> str:
    """A knob's value without an exponent."""
    if value == 0 and KNOBS[knob].zero:
        return KNOBS[knob].zero
    return f"{value:.6f}".rstrip("0").rstrip(".") if value < 1 else f"{value:.10g}"


def _question(question: Question) -> dict[str, Any]:
    return {
        "ask": html.inline(question.ask),
        "answers": [html.inline(answer) for answer in question.answers],
        "right": question.right - 1,
        "because": html.inline(question.because),
    }


def _condition(condition: Condition) -> list[dict[str, Any]]:
    return [
        {"figure": one.figure, "label": LABELS[one.figure], "comparison": one.comparison, "value": one.value,
         "window": one.window}
        for one in condition
    ]  # fmt: skip
