"""The list of all lessons, with how far this browser's user is in each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from gan.app.components import component, wiring

KEY = "lessons"
_lessons = component("lessons")


def lessons_list(lessons: list[dict[str, Any]], *, on_take: Callable[[], None]) -> None:
    """Show the lessons (see `gan.lessons.card.entry`). Within `on_take`, `chosen_lesson()` names the chosen one."""
    _lessons(key=KEY, data=wiring("lessons") | {"lessons": lessons}, on_take_change=on_take)


def chosen_lesson() -> tuple[str, str | None]:
    """The lesson that the user takes, and the run that it had got to; call it within `on_take`."""
    asked = st.session_state[KEY]["take"]
    return str(asked["name"]), asked["run"]
