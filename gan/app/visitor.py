"""Who uses this tab."""

from __future__ import annotations

import streamlit as st

from gan.classroom.opening import Kind
from gan.classroom.people import OWNER, Person, Role
from gan.server.application import the_application
from gan.server.visitors import OWNERS, PERSON

LOOK_ONLY = "The teacher steers. You watch, and play with the images in the playground."


def visitor() -> Person:
    """Whom the gate has found when this tab connected, with the role that the person has now."""
    told = st.context.headers.get(PERSON.decode(), "")
    return OWNER if told == OWNERS else the_application().classroom.by_id(told)


def is_class() -> bool:
    return the_application().classroom.opening.kind is Kind.CLASS or visitor() is not OWNER


def why_watch_only() -> str | None:
    """Why whoever uses this tab may not change the class's runs, in one sentence; None if they may."""
    return LOOK_ONLY if visitor().role is Role.STUDENT else None
