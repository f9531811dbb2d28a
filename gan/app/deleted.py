"""Deleting runs on the Runs page: the question before, Undo right after, and the bin."""

from __future__ import annotations

import time

import streamlit as st

from gan.app import acting
from gan.app.confirmation import confirm
from gan.app.text import escaped, megabytes
from gan.errors import LiveGANError
from gan.limits import BIN_DAYS
from gan.runs.recycle_bin import Binned
from gan.server.application import the_registry

MOST = 50  # runs of the bin that are listed
JUST_DELETED = "just deleted"  # in the session: the run that Undo brings back, as its key in the bin and its title


@st.dialog("Delete this run?")
def ask(name: str, title: str) -> None:
    def delete() -> None:
        key = acting.delete(name)
        st.session_state[JUST_DELETED] = key and (key, title)

    stays = f"where it stays for {BIN_DAYS} days or until the bin is emptied"
    question = f"All of **{escaped(title)}** goes to the bin, {stays}."
    confirm(question, keep="Keep it", remove="Delete", key="destroy run", act=delete)


def undo() -> None:
    """Offer to bring back the run that this tab has just deleted."""
    kept = st.session_state.get(JUST_DELETED)
    if not kept or kept[0] not in {one.key for one in the_registry().bin.listed()}:  # it was restored by other means
        return
    key, title = kept
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f"Run **{escaped(title)}** is in the bin.")
        if st.button("Undo", key="undo delete"):
            st.session_state[JUST_DELETED] = None
            restore(key)


def bin_() -> None:
    """The runs in the bin, with what can be done with them."""
    told = st.session_state.pop("bin told", None)
    if told:
        st.error(told)
    found = the_registry().bin.listed()
    if not found:
        return
    size = sum(one.size for one in found)
    with st.expander(f"Bin: {_runs(len(found))}, {megabytes(size)}"):
        st.caption(f"A deleted run stays here for {BIN_DAYS} days. Emptying the bin frees its room on the disk.")
        for one in found[:MOST]:
            _row(one)
        if len(found) > MOST:
            st.caption(f"and {len(found) - MOST} more, which `python -m gan bin` lists")
        if st.button("Empty the bin", key="empty bin"):
            _ask_to_empty(len(found), size)


def _row(one: Binned) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.deleted))
        days = "1 day left" if one.days_left == 1 else f"{one.days_left} days left"
        st.markdown(f"**{escaped(one.title)}**, {megabytes(one.size)}, deleted {when}, {days}")
        if st.button("Restore", key=f"restore {one.key}", help=f"Restore {one.title}"):
            restore(one.key)


@st.dialog("Empty the bin?")
def _ask_to_empty(count: int, size: int) -> None:
    def empty() -> None:
        acting.empty_bin()
        st.session_state[JUST_DELETED] = None

    question = f"{_runs(count)} ({megabytes(size)}) will be removed from the disk for good."
    confirm(question, keep="Keep them", remove="Delete for good", key="destroy bin", act=empty)


def restore(key: str) -> None:
    """Take a run out of the bin, or say why not, and draw the page again."""
    try:
        acting.restore(key)
    except LiveGANError as error:
        st.session_state["bin told"] = str(error)
    st.rerun()


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"
