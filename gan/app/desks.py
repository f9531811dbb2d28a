"""Desks on the Class page: the teacher sets what each may have and clears them; a student sees the own one."""

from __future__ import annotations

from functools import partial

import streamlit as st

from gan.app import acting, words
from gan.app.confirmation import confirm
from gan.app.text import escaped, megabytes
from gan.classroom.people import Person
from gan.errors import LiveGANError
from gan.limits import BIN_DAYS
from gan.recording.run_file import Desk
from gan.runs.desks import DeskUse
from gan.runs.snapshot import counted
from gan.server.application import the_application, the_registry

MOST = 100  # desks that are listed


def own(me: Person) -> None:
    """For a student: what is on the desk, and what it may have."""
    registry, presence = the_registry(), the_application().classroom.presence
    use, most = registry.desk_use(me.id), registry.desk_limits
    here = sum(presence.is_here(student.id) for student in the_application().classroom.students())
    st.markdown(f"You are **{escaped(me.name)}**; {counted(here, 'student')} {'is' if here == 1 else 'are'} here.")
    st.markdown(
        f"Your desk holds {use.runs} of {counted(most.runs, 'run')} and {megabytes(use.bytes)} of {most.megabytes} MB. "
        f"Each run may train {most.batches:,} batches; a branch may train as many after its beginning."
    )
    st.markdown("Press **New run** on the page Train, or branch from the run that your teacher shows.")


def limits() -> None:
    """What each desk may have, for the teacher to set; a refusal is one sentence."""
    now = the_registry().desk_limits
    with st.expander("What a desk may have"), st.form("desk limits", border=False):
        st.caption("Each student has a desk with runs of their own. All desks share the same limits and take turns.")
        batch = words.sentences()["batch"]
        batches = st.number_input("Batches in a run", value=now.batches, step=500, help=batch["sentence"])
        runs = st.number_input("Runs that it keeps", value=now.runs, step=1)
        size = st.number_input("MB on disk", value=now.megabytes, step=10)
        if st.form_submit_button("Set for all desks"):
            try:
                acting.set_desk_limits(runs, size, batches)
            except LiveGANError as error:
                st.error(str(error))
            else:
                st.success("From now on this holds for all desks.")


def in_use() -> None:
    """For the teacher: the desks that have runs, also of students who have left, and a way to clear each."""
    with st.expander("Desks"):
        _listed()


@st.fragment(run_every=5)
def _listed() -> None:
    found = the_registry().desks_in_use()
    if not found:
        st.caption("No desk has a run yet.")
        return
    runs, size = sum(use.runs for _, use in found), sum(use.bytes for _, use in found)
    st.caption(f"{counted(len(found), 'desk')} with {counted(runs, 'run')}, {megabytes(size)}")
    with st.container(height=360 if len(found) > 6 else "content", border=False):
        for desk, use in found[:MOST]:
            _row(desk, use)
        if len(found) > MOST:
            st.caption(f"and {len(found) - MOST} more")
    if len(found) > 1 and st.button("Clear all desks", key="clear all desks"):
        _ask(f"all {len(found)} desks", runs, [desk.id for desk, _ in found])


def _row(desk: Desk, use: DeskUse) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        name = escaped(desk.name)
        st.markdown(f"**{name}**, {counted(use.runs, 'run')}, {megabytes(use.bytes)}")
        if st.button("Clear", key=f"clear desk {desk.id}", help=f"Move the runs of {name} to the bin"):
            _ask(f"the desk of **{name}**", use.runs, [desk.id])


@st.dialog("Clear this?")
def _ask(what: str, runs: int, ids: list[str]) -> None:
    question = f"{counted(runs, 'run')} of {what} {'goes' if runs == 1 else 'go'} to the bin for {BIN_DAYS} days."
    confirm(question, keep="Keep", remove="Clear", key="destroy desk", act=partial(acting.clear_desks, ids))
