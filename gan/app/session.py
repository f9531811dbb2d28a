"""What one browser tab remembers: which run it looks at, and the draft of its next one. Nothing of a run lives here."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gan.app import address
from gan.app.components.live import Draft, Notice
from gan.runs.registry import RegistryError, RunRegistry
from gan.settings import KNOBS, LIVE_KNOBS, Settings, SettingsError, parse

NEW = "new"
ACTIVE = ("running", "paused", "queued")
FIXED = tuple(name for name in KNOBS if name not in LIVE_KNOBS)


def wanted() -> str | None:
    """The run in the address; a draft ("new") if it names settings; else the run that this tab looked at last."""
    run = st.query_params.get("run")
    return run or (NEW if address.names_settings(_params()) else st.session_state.get("run"))


def look_at(name: str) -> None:
    """Make this tab show a run, or with "new" the draft."""
    st.session_state["run"] = name
    _point_to(name, address.write(parse({**draft().values, **fixed()})) if name == NEW else {})
    say("")


def current(registry: RunRegistry) -> str | None:
    """The run to show, or None for the draft: the wanted one, at first the newest active one."""
    _open_link()
    name = wanted() or next((s.name for s in registry.summaries() if s.state in ACTIVE), NEW)
    if name != NEW:
        try:
            registry.get(name)
        except RegistryError as error:
            name = NEW
            st.query_params["run"] = NEW
            say(str(error))
    st.session_state["run"] = name
    if name == NEW:
        return None
    _point_to(name, {})  # so that the address can be shared and survives a reload
    return name


def say(sentence: str, field: str = "") -> None:
    """One sentence for the Train page to show; empty clears it. Said again, it is another notice with the same text."""
    st.session_state["notice"] = Notice(notice().number + 1, sentence, field)


def need(dataset: str) -> None:
    """Have the Train page ask whether a data set shall be downloaded, without which a run cannot start."""
    number = st.session_state["needs"]["number"] + 1 if "needs" in st.session_state else 1
    st.session_state["needs"] = {"number": number, "dataset": dataset}
    say("")


def needs() -> dict[str, Any] | None:
    kept = st.session_state.get("needs")
    assert kept is None or isinstance(kept, dict)
    return kept


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


def begin_draft(settings: Settings, preset: str | None = None) -> None:
    """A new draft with these settings, which are those of a preset if it is named."""
    values = settings.model_dump(mode="json")
    number = st.session_state["draft"].number + 1 if "draft" in st.session_state else 1
    live = {name: values[name] for name in KNOBS if name in LIVE_KNOBS}
    st.session_state["draft"] = Draft(number, live, {name: values[name] for name in FIXED}, preset)
    st.session_state["link problems"], st.session_state["link run"] = [], None
    for name in FIXED:
        st.session_state[name] = in_widget(name, values[name])


def fixed() -> dict[str, Any]:
    """The draft's other settings as their widgets hold them, also while these are not on the page.

    The widgets are asked, since what was changed just before a click on Start has not been through the script yet.
    """
    draft()
    return {name: st.session_state[name] for name in FIXED}


def settings_of_widgets() -> dict[str, Any]:
    """The draft's other settings as values; as they were typed if one of them is none."""
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
    """Take into the draft what its widgets were changed to just before somebody went on to another page.

    Streamlit drops that change if the request for the page comes close behind it, whose address still tells of it.
    """
    context = get_script_run_ctx()
    if "draft" not in st.session_state or context is None:
        return
    told = {name: texts for name, texts in parse_qs(context.query_string).items() if name in FIXED}
    values = address.read(told).settings.model_dump(mode="json")
    for name in told:
        st.session_state[name] = in_widget(name, values[name])


# --- the address -------------------------------------------------------------------------------------------------


def link_problems(shown: str | None) -> list[str]:
    """What was not possible of the link that this tab was opened with, in one sentence each.

    It is told with what the link opened (`shown`: a run, or None for the draft), until another draft is begun.
    """
    if st.session_state["link run"] != shown:
        return []
    kept = st.session_state["link problems"]
    assert isinstance(kept, list)
    return kept


def _open_link() -> None:
    """At a tab's first visit, begin the draft that its address asks for.

    What is wrong in the address is put right there, and the script begins again: Streamlit seeds the widgets from it.
    """
    if "draft" in st.session_state:
        return
    given = _params()
    link = address.read(given)
    begin_draft(link.settings)
    st.session_state["link run"] = run = None if given.get("run", [NEW])[-1] == NEW else given["run"][-1]
    st.session_state["link problems"] = link.problems if run is None else address.beside_run(given)
    right = address.without_settings(given) | address.write(link.settings)
    if link.problems or address.names_settings(given):
        right = {"run": [NEW]} | right
    if right != given:
        st.query_params.from_dict(right)
        st.rerun()


def _point_to(name: str, settings: dict[str, list[str]]) -> None:
    """The address of a run, or of a draft with these settings; what else stands in it stays."""
    given = _params()
    right = address.without_settings(given) | {"run": [name]} | settings
    if right != given:
        st.query_params.from_dict(right)


def _params() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}
