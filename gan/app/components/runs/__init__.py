"""All runs, pushed by the server, as the sidebar's list and the Runs page's table; and the exports of one run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from gan.app.components import component, wiring
from gan.export import FORMATS, missing

_runs = component("runs")


def runs_list(
    selected: str | None,
    read_only: str | None,
    desk: str | None,
    *,
    on_select: Callable[[], None],
    on_all: Callable[[], None],
    on_claim: Callable[[], None],
) -> None:
    """The newest runs. Within `on_select`, `chosen("runs_list")` names the run that the user clicked.

    Args:
        read_only: the page's sentence that says why nothing can be changed; None if it can.
        desk: of the student who looks, whose runs come first; None for the teacher.
        on_claim: called when the server may write again.
    """
    data = wiring("runs") | {"mode": "list", "selected": selected, "readOnly": read_only, "desk": desk}
    _runs(key="runs_list", data=data, on_select_change=on_select, on_all_change=on_all, on_claim_change=on_claim)


def runs_table(
    desk: str | None, words: dict[str, dict[str, str]], *,
    on_select: Callable[[], None], on_hide: Callable[[str, bool], None],
) -> str | None:  # fmt: skip
    """All runs with their actions. Returns the run that the user wants to delete.

    Args:
        desk: of the student who looks and can change no other runs; None for the teacher.
        words: what the heads of the columns mean, by their names (see `gan.app.words`).
        on_hide: gets the name of a run that comes with LiveGAN, and whether to hide or to show it.
    """
    table = {"mode": "table", "selected": None, "desk": desk, "formats": _formats(), "words": words}
    data = wiring("runs") | table

    def hide() -> None:
        asked = st.session_state["runs_table"]["hide"]
        on_hide(str(asked["name"]), bool(asked["hide"]))

    result = _runs(
        key="runs_table", data=data, on_select_change=on_select, on_delete_change=lambda: None, on_hide_change=hide
    )
    unwanted: str | None = result.get("delete")
    return unwanted


def formats(run: str, *, notes: bool) -> None:
    """The formats in which a run can be exported, and a box for notes if whoever looks may write them."""
    card = {"mode": "exports", "selected": run, "formats": _formats(), "notes": notes}
    _runs(key="take_home", data=wiring("runs") | card)


def chosen(key: str) -> str:
    """The run that the user clicked; call it within `on_select` of the component with this key."""
    return str(st.session_state[key]["select"])


def _formats() -> list[dict[str, Any]]:
    return [
        {"kind": kind, "label": form.label, "meaning": form.meaning, "missing": missing(kind)}
        for kind, form in FORMATS.items()
    ]
