"""Takes a student's tab to the page that the teacher shows."""

from __future__ import annotations

import streamlit as st

from gan.app import lessons, session
from gan.app.components.classroom import wanted_place


def go() -> None:
    """Turn to the run and the lesson; the next script goes to the page."""
    place = wanted_place()
    st.session_state["go to"] = place.page
    if place.page == "train" and place.lesson:
        lessons.take(place.lesson, place.run)
        return
    if place.page == "train":
        lessons.leave()
    if place.run:
        session.look_at(place.run)
