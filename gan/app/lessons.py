"""Lessons in the app: the page that lists them, the one that this tab takes, and the runs that its steps start."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import streamlit as st

from gan.app import acting, session
from gan.app.components.lessons import lessons_list
from gan.app.text import escaped
from gan.data.idx import MissingData
from gan.errors import LiveGANError
from gan.lessons.card import card, entry
from gan.lessons.lesson import Lesson
from gan.lessons.library import library
from gan.recording.commands import Stop
from gan.server.application import the_registry

_TAKEN = "lesson"  # in the session and in the address
_STARTED = "lesson started"


def page(on_take: Callable[[], None]) -> None:
    """All lessons. `on_take` is called when the user takes one."""
    st.title("Lessons")
    st.write("Guided experiments with real runs. Each asks you to predict something before you see it.")
    found = library()
    for problem in found.problems:
        st.warning(escaped(problem))
    lessons_list([entry(lesson) for lesson in found.lessons], on_take=on_take)


def take(name: str, run: str | None) -> None:
    """Take a lesson in this tab, beside the run that it had got to."""
    st.session_state[_TAKEN] = name
    session.look_at(run if run and _exists(run) else session.NEW)
    st.query_params[_TAKEN] = name


def leave() -> None:
    """Leave the lesson; its run stays on the page."""
    st.session_state.pop(_TAKEN, None)
    st.query_params.pop(_TAKEN, None)


def shown_card() -> dict[str, Any] | None:
    """The card of the lesson that this tab takes; None if it takes none."""
    lesson = _taken()
    return None if lesson is None else card(lesson)


def started() -> dict[str, Any] | None:
    """Number, lesson, step and name of the run that a step has started last in this tab."""
    kept = st.session_state.get(_STARTED)
    assert kept is None or isinstance(kept, dict)
    return kept


def start_step(name: str, number: int, before: str | None) -> None:
    """Start the run of a step and show it; the run of an earlier step ends. A refusal is one sentence on the page."""
    lesson = library().get(name)
    start = lesson.steps[number].start if lesson and 0 <= number < len(lesson.steps) else None
    if lesson is None or start is None:
        session.say("This lesson has changed; reload the page.")
        return
    if before:
        with contextlib.suppress(LiveGANError):  # it was deleted
            acting.command(before, Stop())
    try:
        title = the_registry().free_title(start.name or lesson.title[:50])
        run = acting.start(start.settings, title, paused=False)
    except MissingData as error:
        session.say(f"{error} You can get it on the Data page.")
    except LiveGANError as error:
        session.say(str(error))
    else:
        count = (started() or {"number": 0})["number"] + 1
        st.session_state[_STARTED] = {"number": count, "lesson": name, "step": number, "run": run.name}
        session.look_at(run.name)


def _taken() -> Lesson | None:
    """The lesson in the address, else the one that this tab took last."""
    name = st.query_params.get(_TAKEN) or st.session_state.get(_TAKEN)
    if name is None:
        return None
    lesson = library().get(name)
    if lesson is None:
        leave()
        session.say(f"There is no lesson named {name[:40]!r}; the Lessons page lists all.")
        return None
    st.session_state[_TAKEN] = name
    if st.query_params.get(_TAKEN) != name:
        st.query_params[_TAKEN] = name
    return lesson


def _exists(run: str) -> bool:
    try:
        the_registry().get(run)
    except LiveGANError:
        return False
    return True
