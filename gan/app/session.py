"""What one browser tab remembers: which run it looks at, and the draft of its next one. Nothing of a run lives here."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gan.app.components.live import Draft, Notice
from gan.lab import Lab, LabError
from gan.settings import KNOBS, LIVE_KNOBS, Settings

NEW = "new"
ACTIVE = ("running", "paused", "queued")


def wanted() -> str | None:
    """The run in the address, else the one that this tab looked at last; "new" is a draft."""
    return st.query_params.get("run") or st.session_state.get("run")


def look_at(name: str) -> None:
    """Make this tab show a run, or with "new" the draft."""
    st.session_state["run"] = name
    st.query_params["run"] = name
    say("")


def current(lab: Lab) -> str | None:
    """The run to show, or None for the draft: the wanted one, at first the newest active one."""
    name = wanted() or next((s.name for s in lab.summaries() if s.state in ACTIVE), NEW)
    if name != NEW:
        try:
            lab.get(name)
        except LabError as error:
            name = NEW
            look_at(NEW)
            say(str(error))
    st.session_state["run"] = name
    if name == NEW:
        return None
    st.query_params["run"] = name  # so that the address can be shared and survives a reload
    return name


def say(sentence: str) -> None:
    """One sentence for the Train page to show; empty clears it. Said again, it is another notice with the same text."""
    st.session_state["notice"] = Notice(notice().number + 1, sentence)


def notice() -> Notice:
    kept = st.session_state.get("notice", Notice(0, ""))
    assert isinstance(kept, Notice)
    return kept


# --- the draft ---------------------------------------------------------------------------------------------------


def draft() -> Draft:
    """The draft's live knobs as they were when it was begun; the page holds what was moved since."""
    if "draft" not in st.session_state:
        begin_draft(Settings())
    kept = st.session_state["draft"]
    assert isinstance(kept, Draft)
    return kept


def begin_draft(settings: Settings) -> None:
    """A new draft with these settings."""
    values = settings.model_dump(mode="json")
    number = st.session_state["draft"].number + 1 if "draft" in st.session_state else 1
    st.session_state["draft"] = Draft(number, {name: values[name] for name in KNOBS if name in LIVE_KNOBS})
    st.session_state["fixed"] = {name: values[name] for name in KNOBS if name not in LIVE_KNOBS}
    for name in st.session_state["fixed"]:
        st.session_state.pop(widget_key(name), None)


def fixed() -> dict[str, Any]:
    """The draft's other settings, as their widgets hold them. Streamlit forgets widgets that are not on the page.

    The widgets are asked first: what was changed just before a click on Start has not been through the script yet.
    """
    draft()
    values = st.session_state["fixed"]
    assert isinstance(values, dict)
    for name in values:
        values[name] = st.session_state.get(widget_key(name), values[name])
    return values


def widget_key(name: str) -> str:
    return f"setting {name}"
