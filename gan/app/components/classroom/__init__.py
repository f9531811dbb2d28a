"""What every page has of a class: the teacher's bar, the students' line, and what lies over the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from gan.app.components import component, wiring

KEY = "classroom"
Seat = Literal["teacher", "student", "alone"]  # alone: on a server that is no class
_classroom = component("classroom")


@dataclass(frozen=True)
class Place:
    """Where a page is to go: a page by its address, the run and the lesson on it."""

    page: str
    run: str | None
    lesson: str | None


def classroom_bar(seat: Seat, desk: str | None, *, on_go: Callable[[], None]) -> None:
    """Show what belongs to a seat, and to a student's desk.

    Within `on_go`, `wanted_place()` says where this tab is to go.
    """
    data: dict[str, Any] = wiring("classroom") | {"seat": seat, "desk": desk}
    _classroom(key=KEY, data=data, on_go_change=on_go)


def wanted_place() -> Place:
    """Where this tab is to go; call it within `on_go`."""
    asked = st.session_state[KEY]["go"]
    return Place(str(asked["page"]), asked["run"], asked["lesson"])
