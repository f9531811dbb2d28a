"""The draft of a tab's next run: its live knobs as it began, and its other settings, which Streamlit's widgets hold."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gan.app import address
from gan.app.components.live import Draft
from gan.settings import KNOBS, LIVE_KNOBS, Settings, SettingsError, parse

FIXED = tuple(name for name in KNOBS if name not in LIVE_KNOBS)


def exists() -> bool:
    return "draft" in st.session_state


def current() -> Draft:
    """The draft with its live knobs as they were when it began; the page holds later moves."""
    if not exists():
        begin(Settings())
    draft = st.session_state["draft"]
    assert isinstance(draft, Draft)
    return draft


def begin(settings: Settings, preset: str | None = None) -> None:
    """Begin a new draft with these settings; `preset` names the preset that they come from."""
    values = settings.model_dump(mode="json")
    number = st.session_state["draft"].number + 1 if exists() else 1
    live = {name: values[name] for name in KNOBS if name in LIVE_KNOBS}
    st.session_state["draft"] = Draft(number, live, {name: values[name] for name in FIXED}, preset)
    st.session_state["link problems"], st.session_state["link run"] = [], None
    for name in FIXED:
        st.session_state[name] = in_widget(name, values[name])


def fixed() -> dict[str, Any]:
    """The draft's other settings as their widgets hold them, even while the page does not show these.

    This asks the widgets because no script has yet seen a change made just before a click on Start.
    """
    current()
    return {name: st.session_state[name] for name in FIXED}


def settings_of_widgets() -> dict[str, Any]:
    """The draft's other settings as values; as typed if one of them is invalid."""
    typed = fixed()
    try:
        values = parse(typed).model_dump(mode="json")
    except SettingsError:
        return typed
    return {name: values[name] for name in FIXED}


def in_widget(name: str, value: Any) -> Any:
    """A fixed setting as its widget holds it. The widget's key, and so its name in the address, is the knob's name."""
    return ", ".join(map(str, value)) if KNOBS[name].kind == "widths" else value


def catch_up() -> None:
    """Take over changes to the widgets that were made just before the user left for another page.

    Streamlit drops such a change if the request for the page follows at once; the request's address still holds it.
    """
    context = get_script_run_ctx()
    if not exists() or context is None:
        return
    texts_of = {name: texts for name, texts in parse_qs(context.query_string).items() if name in FIXED}
    values = address.read(texts_of).settings.model_dump(mode="json")
    for name in texts_of:
        st.session_state[name] = in_widget(name, values[name])
