"""The settings that are fixed once a run has started: native widgets for a draft, a table for a run."""

from __future__ import annotations

import html
from itertools import groupby
from typing import Any

import streamlit as st

from gan.app import session
from gan.settings import KNOBS, Knob, Settings, SettingsError, parse

FIXED = [knob for knob in KNOBS.values() if not knob.live]
_CHOICES = {
    "mnist": "MNIST",
    "fashion": "FashionMNIST",
    "kmnist": "KMNIST",
    "train": "training set (60,000)",
    "all": "training and test sets (70,000)",
    "sgd": "SGD",
    "adam": "Adam",
    "cpu": "processor",
    "cuda": "CUDA",
    "mps": "Apple",
}


@st.fragment
def edit() -> None:
    """Widgets for all fixed settings of the draft."""
    values = session.fixed()
    with st.expander("All settings"):
        for column, knobs in zip(st.columns(3), _columns(), strict=True):
            with column:
                for group, members in groupby(knobs, lambda knob: knob.group):
                    st.markdown(f"**{group}**")
                    for knob in members:
                        values[knob.name] = _widget(knob, values[knob.name])
        try:
            parse(values)
        except SettingsError as error:
            st.error(str(error))


def show(settings: Settings) -> None:
    """The fixed settings of a run."""
    values = settings.model_dump(mode="json")
    with st.expander("All settings"):
        for column, knobs in zip(st.columns(3), _columns(), strict=True):
            rows = "".join(_row(knob, values[knob.name]) for knob in knobs)
            column.html(f'<table class="settings">{rows}</table>')


def _columns() -> list[list[Knob]]:
    """The knobs in three columns of about the same height, groups kept together."""
    left, right = ("Data",), ("Training", "Optimisers")
    middle = [knob for knob in FIXED if knob.group not in left + right]
    return [[k for k in FIXED if k.group in left], middle, [k for k in FIXED if k.group in right]]


def _widget(knob: Knob, value: Any) -> Any:
    """A widget for a knob; it starts from `value` when Streamlit has forgotten it."""
    key = session.widget_key(knob.name)
    if key not in st.session_state:
        st.session_state[key] = (
            ", ".join(map(str, value)) if isinstance(value, list) and knob.kind == "widths" else value
        )
    label = f"{knob.label} ({knob.unit})" if knob.unit else knob.label
    match knob.kind:
        case "choice":
            return st.selectbox(label, knob.choices, key=key, help=knob.meaning, format_func=caption)
        case "digits":
            return st.pills(label, range(10), selection_mode="multi", key=key, help=knob.meaning, wrap=True)
        case "widths":
            return st.text_input(label, key=key, help=f"{knob.meaning} For example 128 or 256, 128.")
        case "int":
            assert knob.low is not None
            assert knob.high is not None
            return st.number_input(label, int(knob.low), int(knob.high), key=key, help=knob.meaning)
    return st.number_input(label, knob.low, knob.high, step=0.001, format="%.4g", key=key, help=knob.meaning)


def _row(knob: Knob, value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else caption(value)
    meaning = html.escape(knob.meaning, quote=True)
    return f'<tr><th scope="row" title="{meaning}">{html.escape(knob.label)}</th><td>{html.escape(text)}</td></tr>'


def caption(value: Any) -> str:
    """A choice as people call it."""
    return _CHOICES.get(str(value), str(value))
