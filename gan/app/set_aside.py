"""What runs had reached before they went back, on the Runs page: restored as runs of their own, or thrown away."""

from __future__ import annotations

import time
from functools import partial

import streamlit as st

from gan.app import acting
from gan.app.confirmation import confirm
from gan.app.text import escaped, megabytes
from gan.errors import LiveGANError
from gan.runs import set_aside
from gan.runs.set_aside import Aside
from gan.runs.summary import RunSummary
from gan.server.application import the_registry


def section() -> None:
    told = st.session_state.pop("aside told", None)
    if told:
        st.info(told)
    registry = the_registry()
    having = [run for run in registry.summaries() if run.aside]
    if not having:
        return
    with st.expander(f"Set aside: {sum(run.aside for run in having)}", expanded=True):
        st.caption(
            "These runs went back to an earlier state, since a later one was missing, damaged or not yet written. What "
            "they had reached is kept here until it has been trained again, bit for bit."
        )
        for run in having:
            for one in set_aside.listed(registry.folder / run.name):
                _row(run, one)


def _row(run: RunSummary, one: Aside) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.made))
        st.markdown(f"**{escaped(run.title)}** up to {one.text}, {megabytes(one.size)}, since {when}")
        if st.button("Restore as a new run", key=f"restore aside {run.name} {one.number}"):
            _restore(run, one)
        if st.button("Throw away", key=f"discard aside {run.name} {one.number}"):
            _ask(run, one)


def _restore(run: RunSummary, one: Aside) -> None:
    try:
        name = acting.restore_aside(run.name, one.number)
    except LiveGANError as error:
        st.session_state["aside told"] = str(error)
    else:
        st.session_state["aside told"] = f"It is now the run {escaped(the_registry().get(name).snapshot().title)}."
    st.rerun()


@st.dialog("Throw this away?")
def _ask(run: RunSummary, one: Aside) -> None:
    question = f"What **{escaped(run.title)}** had reached, up to {one.text}, will be removed from the disk for good."
    discard = partial(acting.discard_aside, run.name, one.number)
    confirm(question, keep="Keep it", remove="Throw away", key="destroy aside", act=discard)
