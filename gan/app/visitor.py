"""Who uses this tab."""

from __future__ import annotations

import streamlit as st

from gan.app.components.classroom import Seat
from gan.classroom.opening import Kind
from gan.classroom.people import OWNER, Person, Role
from gan.server.application import the_application
from gan.server.own_desk import owns
from gan.server.visitors import OWNERS, PERSON

WATCH = "It is not on your desk, so you watch it. To try something, branch from it, or press New run."


def visitor() -> Person:
    """Whom the gate has found when this tab connected, with the role that the person has now."""
    told = st.context.headers.get(PERSON.decode(), "")
    return OWNER if told == OWNERS else the_application().classroom.by_id(told)


def is_class() -> bool:
    return the_application().classroom.opening.kind is Kind.CLASS or visitor() is not OWNER


def seat(me: Person) -> Seat:
    """What the page offers of a class."""
    if the_application().classroom.opening.kind is not Kind.CLASS:
        return "alone"
    return "teacher" if me.role is Role.TEACHER else "student"


def own_desk(me: Person) -> str | None:
    """The id of a student's desk; None for the teacher."""
    return me.id if me.role is Role.STUDENT else None


def why_watch(run: str | None) -> str | None:
    """Why whoever uses this tab may not steer a run, in one sentence; None if they may, and for a draft."""
    me = visitor()
    return WATCH if run is not None and me.role is Role.STUDENT and not owns(me, run) else None
