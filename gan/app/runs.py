"""The Runs page: all runs; open, resume, take home, upload and delete them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gan.app.components.runs import formats, runs_table
from gan.lab import LabError, the_lab


def page(on_select: Callable[[], None]) -> None:
    st.title("Runs")
    unwanted = runs_table(on_select=on_select)
    if unwanted:
        _ask(unwanted)
    if the_lab().read_only is None:
        _upload()


def take_home(name: str) -> None:
    """A run in all formats, for the Train page."""
    with st.expander("Take it home"):
        formats(name)


def _upload() -> None:
    """Take a zip that somebody downloaded from a Runs page."""
    st.subheader("Add a run")
    turn = st.session_state.setdefault("uploads", 0)
    file = st.file_uploader("A zip that was downloaded from a Runs page", type="zip", key=f"upload {turn}")
    if file is not None:
        try:
            st.session_state["uploaded"] = the_lab().unpack(file.getvalue(), file.name)
        except LabError as error:
            st.error(f"{file.name} was refused: {error}")
        else:
            st.session_state["uploads"] = turn + 1  # an empty uploader
            st.rerun()
    added = st.session_state.pop("uploaded", None)
    if added:
        st.success(f"Run {added} was added.")


@st.dialog("Delete this run?")
def _ask(name: str) -> None:
    st.markdown(f"All of **{name}** is removed from disk: weights, curves and images. This cannot be undone.")
    sure, never_mind = st.columns(2)
    if never_mind.button("Keep it", width="stretch"):
        st.rerun()
    if sure.button("Delete", type="primary", width="stretch"):
        try:
            the_lab().delete(name)
        except LabError as error:
            st.error(str(error))
        else:
            st.rerun()
