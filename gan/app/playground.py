"""The Playground page: a walk through the latent space of any run."""

from __future__ import annotations

import streamlit as st

from gan.app import words
from gan.app.components.playground import playground
from gan.app.session import NEW
from gan.server.application import the_registry


def page() -> None:
    """Open with the run in the address, else with the run that this tab showed last, if it still exists."""
    summaries = the_registry().summaries()
    last = st.session_state.get("run")
    run = st.query_params.get("run") or (last if last in {summary.name for summary in summaries} else None)
    playground(None if run == NEW else run, summaries, words.sentences())
