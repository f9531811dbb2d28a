"""State of one browser tab: the run that it shows, and what the Train page has to say. A run keeps its own state."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gan.app import address, draft
from gan.app.components.live import Notice
from gan.app.visitor import visitor
from gan.errors import LiveGANError
from gan.runs.registry import RunRegistry
from gan.settings import parse

NEW = "new"
ACTIVE = ("running", "paused", "queued")


# --- the run that the tab shows ----------------------------------------------------------------------------------


def wanted() -> str | None:
    """The run in the address; else the draft ("new") if it names settings; else the run that the tab showed last."""
    run = st.query_params.get("run")
    return run or (NEW if address.names_settings(_params()) else st.session_state.get("run"))


def look_at(name: str) -> None:
    """Make this tab show a run, or with "new" the draft."""
    st.session_state["run"] = name
    _point_to(name, address.write(parse({**draft.current().values, **draft.fixed()})) if name == NEW else {})
    say("")


def current(registry: RunRegistry) -> str | None:
    """The run to show, or None for the draft: the wanted one, on the first visit the newest active one.

    At a first visit, that is one of the teacher's or of the own desk: nobody comes to a class for a classmate's run.
    """
    _open_link()
    active = (run for run in registry.summaries() if run.state in ACTIVE)
    ours = (run.name for run in active if run.desk is None or run.desk.id == visitor().id)
    name = wanted() or next(ours, NEW)
    if name != NEW:
        try:
            registry.get(name)
        except LiveGANError as error:
            name = NEW
            st.query_params["run"] = NEW
            say(str(error))
    st.session_state["run"] = name
    if name == NEW:
        return None
    _point_to(name, {})  # so that users can share the address and reload it
    return name


# --- what the Train page has to say ------------------------------------------------------------------------------


def say(sentence: str, field: str = "") -> None:
    """Have the Train page show one sentence; "" clears it. A sentence said twice makes two notices with equal text."""
    st.session_state["notice"] = Notice(notice().number + 1, sentence, field)


def notice() -> Notice:
    kept = st.session_state.get("notice", Notice(0, ""))
    assert isinstance(kept, Notice)
    return kept


def offer_download(dataset: str) -> None:
    """Have the Train page ask whether to download a data set that a run needs before it can start."""
    number = st.session_state["needs"]["number"] + 1 if "needs" in st.session_state else 1
    st.session_state["needs"] = {"number": number, "dataset": dataset}
    say("")


def needed_dataset() -> dict[str, Any] | None:
    kept = st.session_state.get("needs")
    assert kept is None or isinstance(kept, dict)
    return kept


# --- the address -------------------------------------------------------------------------------------------------


def link_problems(shown: str | None) -> list[str]:
    """One sentence for each problem in the link that opened this tab.

    They appear with the run that the link opened (`shown`; None is the draft), until the user begins another draft.
    """
    if st.session_state["link run"] != shown:
        return []
    kept = st.session_state["link problems"]
    assert isinstance(kept, list)
    return kept


def _open_link() -> None:
    """At a tab's first visit, begin the draft that its address asks for.

    Corrects what is wrong in the address and restarts the script, since Streamlit fills the widgets from the address.
    """
    if draft.exists():
        return
    given = _params()
    link = address.read(given)
    draft.begin(link.settings)
    st.session_state["link run"] = run = None if given.get("run", [NEW])[-1] == NEW else given["run"][-1]
    st.session_state["link problems"] = link.problems if run is None else address.problems_with_run(given)
    right = address.without_settings(given) | address.write(link.settings)
    if link.problems or address.names_settings(given):
        right = {"run": [NEW]} | right
    if right != given:
        st.query_params.from_dict(right)
        st.rerun()


def _point_to(name: str, settings: dict[str, list[str]]) -> None:
    """Set the address to a run, or to a draft with these settings; its other parameters stay."""
    given = _params()
    right = address.without_settings(given) | {"run": [name]} | settings
    if right != given:
        st.query_params.from_dict(right)


def _params() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}
