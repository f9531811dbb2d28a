"""What a lab report tells of a student besides the run: the class's questions, the league, and the notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gan.classroom.people import Person, Role
from gan.classroom.questions import METRICS
from gan.export.predicted import Answer, DrawnCurve
from gan.recording.run_file import Desk
from gan.server.application import the_application


def report_content(person: Person, run: str, desk: Desk | None) -> dict[str, Any]:
    """What `gan.export.lab_report.report` takes besides the run, for whoever takes it home; `desk`: the run's.

    Notes on a run are for its owner and the teacher.
    """
    foreign = person.role is Role.STUDENT and (desk is None or desk.id != person.id)
    league = "" if desk is None else the_application().league.place_in_words(run, person)
    return {"answers": answers_for(person, desk), "own_notes": "" if foreign else None, "league": league}


def answers_for(person: Person, desk: Desk | None) -> list[Answer]:
    """The answers that belong in the report of a run of this desk (None: the teacher's), for whoever takes it home.

    Students get their own, in reports of their own runs and of the teacher's; the teacher gets those of the desk.
    """
    if person.role is Role.STUDENT:
        return answers_of(person.id) if desk is None or desk.id == person.id else []
    return [] if desk is None else answers_of(desk.id)


def answers_of(student: str) -> list[Answer]:
    """All that a student has answered, the oldest first."""
    return in_words(the_application().predictions.report(student))


def in_words(asked: Iterable[dict[str, Any]]) -> list[Answer]:
    """The questions that were answered (as `Predictions.report` lists them)."""
    return [_answer(one) for one in asked if one["mine"] is not None]


def _answer(asked: dict[str, Any]) -> Answer:
    drawn = _drawn(asked)
    if asked["right"] is None:  # the teacher has not told it
        return Answer(asked["ask"], _said(asked, asked["mine"]), curve=drawn)
    is_choice = asked["kind"] == "choice"
    nearest = "Yours was among the nearest." if asked["nearest"] and not is_choice else ""
    outcome = f"{_said(asked, asked['right'])}. {asked['because']} {nearest}"
    right = asked["mine"] == asked["right"] if is_choice else None
    return Answer(asked["ask"], _said(asked, asked["mine"]), " ".join(outcome.split()), right, drawn)


def _drawn(asked: dict[str, Any]) -> DrawnCurve | None:
    axes = asked["curve"]
    if axes is None:
        return None
    label = METRICS[axes["metric"]]
    label = label[:1].upper() + label[1:]
    before, drawn, real = axes["before"], asked["mine"], asked["right"] or ()
    return DrawnCurve(axes["run"], axes["title"], axes["metric"], label, before, drawn, real)


def _said(asked: dict[str, Any], value: Any) -> str:
    """An answer in words."""
    match asked["kind"]:
        case "choice":
            return str(asked["answers"][value]).rstrip(".")
        case "number":
            return f"{value:g}"
    return _curve(value)


def _curve(points: Sequence[Sequence[float]]) -> str:
    """A drawn curve in words: where it begins and ends."""
    if not points:
        return "nothing drawn"
    (first, begins), (last, ends) = points[0], points[-1]
    return f"a curve from {begins:.3g} at batch {first:,.0f} to {ends:.3g} at batch {last:,.0f}"
