"""The Runs page: open, resume, export, upload, delete and restore runs."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gan.app import acting, deleted, set_aside, words
from gan.app.components.runs import formats, runs_table
from gan.app.text import escaped
from gan.app.visitor import own_desk, visitor, why_watch
from gan.classroom.people import Role
from gan.errors import LiveGANError
from gan.server.application import the_registry


def page(on_select: Callable[[], None]) -> None:
    st.title("Runs")
    me = visitor()
    writable = the_registry().read_only is None and me.role is Role.TEACHER
    if writable:
        deleted.undo()
    unwanted = runs_table(own_desk(me), words.sentences(), on_select=on_select, on_hide=_hide)
    if unwanted:
        deleted.ask(unwanted, _title_of(unwanted))
    told = st.session_state.pop("hide told", None)
    if told:
        st.error(told)
    if writable:
        set_aside.section()
        deleted.bin_()
    if me.role is Role.STUDENT:
        return
    st.subheader("Add a run")
    if writable:
        _upload()
    else:
        st.caption("No run can be added here: this server only shows the runs of another one.")


def exports(name: str) -> None:
    """A run's exports, for the Train page."""
    with st.expander("Take it home"):
        formats(name, notes=why_watch(name) is None and the_registry().read_only is None)


def _title_of(name: str) -> str:
    return next((run.title for run in the_registry().summaries() if run.name == name), name)


def _hide(name: str, hide: bool) -> None:
    """Hide a run that comes with LiveGAN, or show it again."""
    try:
        acting.hide(name, hide)
    except LiveGANError as error:
        st.session_state["hide told"] = str(error)


def _upload() -> None:
    """Accept a zip that was downloaded from a Runs page."""
    turn = st.session_state.setdefault("uploads", 0)
    file = st.file_uploader("A zip that was downloaded from a Runs page", type="zip", key=f"upload {turn}")
    if file is not None:
        try:
            st.session_state["uploaded"] = acting.unpack(file, file.name)
        except LiveGANError as error:
            st.error(f"{escaped(file.name)} was refused: {escaped(str(error))}")
        else:
            st.session_state["uploads"] = turn + 1  # an empty uploader
            st.rerun()
    added = st.session_state.pop("uploaded", None)
    if added:
        st.success(f"Run {escaped(_title_of(added))} was added.")
