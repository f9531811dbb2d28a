"""The settings that a running run cannot change: widgets for a draft, a table for a run."""

from __future__ import annotations

import html
from collections.abc import Mapping
from itertools import groupby
from typing import Any

import streamlit as st

from gan.app import draft
from gan.app.address import caption
from gan.data.class_names import CLASS_NAMES, named
from gan.recording.run_file import NetworksRecord
from gan.settings import KNOBS, Knob, Settings, SettingsError, parse, without_effect
from gan.training.device_choice import choose_device
from gan.training.steps import choose_step

FIXED = [KNOBS[name] for name in draft.FIXED]


@st.fragment
def edit() -> None:
    """Widgets for all fixed settings of the draft; the address names those that differ from their defaults."""
    idle = without_effect(draft.fixed())
    if draft.settings_of_widgets() != st.session_state["shown settings"]:
        st.rerun()  # updates the presets, the live knobs and what to expect
    with st.expander("All settings"):
        for column, knobs in zip(st.columns(3), _columns(), strict=True):
            with column:
                for group, members in groupby(knobs, lambda knob: knob.group):
                    st.markdown(f"**{group}**")
                    for knob in members:
                        _check(knob, _widget(knob, idle.get(knob.name)))


def _check(knob: Knob, value: Any) -> None:
    """Say what is wrong with a value, below its widget."""
    try:
        parse({knob.name: value})
    except SettingsError as error:
        st.error(str(error))


def warn(problems: list[str]) -> None:
    """List the problems of a link, as plain text, since anyone may have written it."""
    if problems:
        items = "".join(f"<li>{html.escape(problem)}</li>" for problem in problems)
        st.html(f'<ul class="link-problems" role="alert">{items}</ul>')


def show(settings: Settings, own: NetworksRecord | None, trained_on: str) -> None:
    """The fixed settings of a run, how its networks of its own take them, and which device and step it took, and why.

    Args:
        trained_on: where it was trained (see `device.processor`).
    """
    device = choose_device(settings, own=own is not None, trained_on=trained_on)
    step = choose_step(settings, own=own is not None, device=device.kind)
    taken = {"device": (device.kind, device.reason), "step": (step.step, step.reason)}
    idle = without_effect(settings.model_dump(mode="json")) | (own.without_effect() if own else {})
    with st.expander("All settings"):
        for column, knobs in zip(st.columns(3), _columns(), strict=True):
            rows = "".join(_row(knob, _text(knob, settings, taken), idle.get(knob.name)) for knob in knobs)
            column.html(f'<table class="settings">{rows}</table>')


def class_pills(dataset: str, **options: Any) -> list[int]:
    """Pills to choose among the classes of a data set, by name."""
    knob = KNOBS["digits"]
    label = knob.label if dataset == "mnist" else "Classes"
    return st.pills(
        label, range(10), selection_mode="multi", help=knob.meaning, wrap=True,
        format_func=CLASS_NAMES[dataset].__getitem__, **options,
    )  # fmt: skip


def _columns() -> list[list[Knob]]:
    """The knobs in three columns of about the same height, groups kept together."""
    left, right = ("Data",), ("Training", "Optimisers")
    middle = [knob for knob in FIXED if knob.group not in left + right]
    return [[k for k in FIXED if k.group in left], middle, [k for k in FIXED if k.group in right]]


def _widget(knob: Knob, idle: str | None) -> Any:
    """A widget for a knob; its value is `st.session_state[knob.name]`. `idle`: why the knob has no effect now."""
    key, meaning = knob.name, knob.meaning if idle is None else f"{knob.meaning} {idle}"
    default = draft.in_widget(knob.name, knob.default)
    label = f"{knob.label} ({knob.unit})" if knob.unit else knob.label
    match knob.kind:
        case "choice":
            at = knob.choices.index(default)
            return st.selectbox(
                label, knob.choices, at, key=key, help=meaning, format_func=caption, bind="query-params"
            )
        case "digits":
            return class_pills(st.session_state["dataset"], key=key, default=default, bind="query-params")
        case "widths":
            meaning += " For example 128 or 256, 128."
            return st.text_input(label, default, key=key, help=meaning, bind="query-params")
        case "int":
            assert knob.low is not None
            assert knob.high is not None
            return st.number_input(
                label, int(knob.low), int(knob.high), default, key=key, help=meaning, bind="query-params"
            )
    return st.number_input(
        label, knob.low, knob.high, default, step=0.001, format="%.4g", key=key, help=meaning,
        disabled=idle is not None, bind="query-params",
    )  # fmt: skip


def _text(knob: Knob, settings: Settings, taken: Mapping[str, tuple[str, str]]) -> str:
    """The value of a knob in words.

    Args:
        taken: for knobs that leave a choice to the run, what it took, and why.
    """
    value = getattr(settings, knob.name)
    if knob.kind == "digits":
        return named(settings.dataset, value)
    if knob.name in taken:
        choice, reason = taken[knob.name]
        return f"{caption(value)}: {caption(choice)}. {reason}" if value != choice else caption(value)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else caption(value)


def _row(knob: Knob, text: str, idle: str | None) -> str:
    text = text if idle is None else f"No effect. {idle}"
    meaning = html.escape(knob.meaning, quote=True)
    return f'<tr><th scope="row" title="{meaning}">{html.escape(knob.label)}</th><td>{html.escape(text)}</td></tr>'
