"""Answers to a question: which are the nearest to what is right, and how a page shows all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gan.classroom.questions import Asked, Kind, Points, Value
from gan.limits import MAX_CURVES_SHOWN

SAMPLES = 200  # places on the axis at which two curves are compared


def distance(kind: Kind, answer: Value, right: Value) -> float:
    """How far an answer is from what is right; 0: it is right.

    For a curve the mean of the squared differences over those batches for which it is known how it went. Where a
    drawing has ended or not begun, its nearest point counts.
    """
    if kind is Kind.CHOICE:
        return float(answer != right)
    if kind is Kind.NUMBER:
        assert isinstance(answer, int | float)
        assert isinstance(right, int | float)
        return abs(answer - right)
    assert isinstance(answer, tuple)
    assert isinstance(right, tuple)
    return _mean_squared(answer, right)


def _mean_squared(drawn: Points, real: Points) -> float:
    batches, values = np.array(real, np.float64).T
    at = np.linspace(batches[0], batches[-1], SAMPLES)
    drawn_batches, drawn_values = np.array(drawn, np.float64).T
    difference = np.interp(at, drawn_batches, drawn_values) - np.interp(at, batches, values)
    return float(np.mean(difference**2))


def nearest(kind: Kind, answers: Mapping[str, Value], right: Value) -> list[str]:
    """Those whose answers are nearest to what is right; for a choice, those who chose it."""
    distances = {person: distance(kind, answer, right) for person, answer in answers.items()}
    if kind is Kind.CHOICE:
        return [person for person, far in distances.items() if far == 0]
    least = min(distances.values(), default=0.0)
    return [person for person, far in distances.items() if far == least]


def tally(state: Asked, answers: Mapping[str, Value]) -> list[int]:
    """How many have chosen each answer."""
    given = list(answers.values())
    return [given.count(place) for place in range(len(state.question.choices))]


def shown(state: Asked, answers: Mapping[str, Value], names: Mapping[str, str]) -> dict[str, Any]:
    """All answers as pages show them (`ClassAnswers` in types.d.ts), with names only if the teacher wants them.

    Of many curves some are left out, never the nearest: nobody can tell a hundred lines apart.
    """
    kind = state.question.kind
    best = nearest(kind, answers, state.right) if state.told and state.right is not None else []
    told = names if state.names else {}
    if kind is Kind.CHOICE:
        people = [[told[one] for one, value in answers.items() if value == place and one in told]
                  for place in range(len(state.question.choices))]  # fmt: skip
        return {"count": len(answers), "tally": tally(state, answers), "people": people, "entries": []}
    entries = [_entry(value, told.get(person), person in best) for person, value in answers.items()]
    entries.sort(key=lambda entry: bool(entry["nearest"]))  # drawn last, so over the others
    if kind is Kind.NUMBER:
        entries.sort(key=lambda entry: float(entry["value"]))
    else:
        entries = _few(entries)
    return {"count": len(answers), "tally": [], "people": [], "entries": entries}


def _entry(value: Value, name: str | None, is_nearest: bool) -> dict[str, Any]:
    return {"value": value, "name": name, "nearest": is_nearest}


def _few(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most `MAX_CURVES_SHOWN`, evenly chosen from the first to the last; the last are the nearest."""
    if len(entries) <= MAX_CURVES_SHOWN:
        return entries
    last = len(entries) - 1
    return [entries[round(place * last / (MAX_CURVES_SHOWN - 1))] for place in range(MAX_CURVES_SHOWN)]
