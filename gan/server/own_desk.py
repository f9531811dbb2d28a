"""Desks and who owns them: a student owns the desk that has the student's id."""

from __future__ import annotations

from gan.classroom.people import Person, Role
from gan.recording.run_file import Desk
from gan.server.application import the_registry


def desk_of(person: Person) -> Desk | None:
    """The desk of whoever starts a run; None for the teacher."""
    return Desk(person.id, person.name) if person.role is Role.STUDENT else None


def owns(person: Person, run: str) -> bool:
    """Whether a run is of this student's desk."""
    desk = the_registry().desk_of(run) if person.role is Role.STUDENT else None
    return desk is not None and desk.id == person.id


def asked_by(person: Person) -> str | None:
    """The name that stands at a command; None for the teacher."""
    return person.name if person.role is Role.STUDENT else None
