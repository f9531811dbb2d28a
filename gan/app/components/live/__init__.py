"""The live view: watches a run by its stream, steers it by commands, and asks Python only to start one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from gan.app.components import component, wiring
from gan.data.class_names import CLASS_NAMES
from gan.plotly_js import VERSION as PLOTLY_VERSION
from gan.presets import PRESETS, Preset
from gan.settings import GROUPS, KNOBS, LIVE_KNOBS, Knob, parse

KEY = "live"
_live = component("live")
_LIVE = sorted((knob for knob in KNOBS.values() if knob.live), key=lambda knob: GROUPS.index(knob.group))


@dataclass(frozen=True)
class Draft:
    """A run that has not started: the values that its live knobs show. A new `number` makes the page take new `values`.

    `fixed`: its other settings when it began. `preset`: the preset that it began with.
    """

    number: int
    values: dict[str, Any]
    fixed: dict[str, Any]
    preset: str | None


@dataclass(frozen=True)
class Notice:
    """A sentence for the user, numbered so that the page notices a repetition.

    `field`: "name" if the sentence is about the name; the page then shows it at that field.
    """

    number: int
    text: str
    field: str = ""


@dataclass(frozen=True)
class StartRequest:
    """What Start asks for: a run with these live knobs, or a branch of `parent` from `epoch`.

    With a `step` (a kind of command) it trains that step only. `preset`: the preset that the user chose last, unless
    the user has changed fixed settings since; their widgets may still hold older values.
    """

    values: dict[str, Any]
    name: str | None
    step: str | None
    parent: str | None
    epoch: int
    preset: str | None


def live(
    run: str | None,
    draft: Draft,
    *,
    blocked: str | None,
    watches: str | None,
    notice: Notice,
    without_effect: dict[str, str],
    networks: str | None,
    shipped: list[dict[str, Any]],
    fixed: dict[str, Any],
    dataset: dict[str, Any],
    needs: dict[str, Any] | None,
    lesson: dict[str, Any] | None,
    lesson_started: dict[str, Any] | None,
    words: dict[str, dict[str, str]],
    on_start: Callable[[], None],
    on_preset: Callable[[], None],
    on_new: Callable[[], None],
    on_show: Callable[[], None],
    on_lesson_start: Callable[[], None],
    on_lesson_leave: Callable[[], None],
) -> None:
    """Show a run, or with None the draft of one.

    Args:
        blocked: one sentence that says why nothing can start or be steered; None if it can.
        watches: one sentence that says why whoever looks may not steer the run; None if they may.
        notice: shown below the name.
        without_effect: the knobs that change nothing in this run, with the reason.
        networks: which networks of one's own the run trains, in one line; None if it has none.
        fixed: the draft's fixed settings as they are now.
        shipped: name and epochs of the runs that come with LiveGAN and are present; shown with a draft.
        dataset: the data set of the run or draft: name, title, and the cost of its download if it is missing.
        needs: number and name of a missing data set that the start request needs.
        lesson: the card of the lesson that the user takes.
        lesson_started: number, lesson, step and name of the run that a step of a lesson has started last.
        words: title, sentence and anchor of every term, by its names (see `gan.app.words`).
        on_preset: called when a preset is chosen that needs another draft; `chosen_preset()` names it.
        on_start: called on Start and Step; `start_request()` holds the details.
        on_new: called on New run.
        on_show: called when the user follows a link to another run; `shown_run()` names it.
        on_lesson_start: called when a step of the lesson starts its run; `lesson_start()` says which.
    """
    plotly_path = f"api/plotly.js?v={PLOTLY_VERSION}"
    data = wiring("live", plotly_path) | {
        "plotly": plotly_path,
        "run": run,
        "knobs": [control(knob) for knob in _LIVE],
        "presets": [_preset(preset) for preset in PRESETS],
        "shipped": shipped,
        "fixed": fixed,
        "class_names": CLASS_NAMES,
        "dataset": dataset,
        "needs": needs,
        "words": words,
        "draft": asdict(draft),
        "blocked": blocked,
        "watches": watches,
        "notice": asdict(notice),
        "without_effect": without_effect,
        "networks": networks,
        "lesson": lesson,
        "lesson_started": lesson_started,
    }
    _live(
        key=KEY,
        data=data,
        on_start_change=on_start,
        on_preset_change=on_preset,
        on_new_change=on_new,
        on_show_change=on_show,
        on_lesson_start_change=on_lesson_start,
        on_lesson_leave_change=on_lesson_leave,
    )


def start_request() -> StartRequest:
    """What the user asked for; call it within `on_start`."""
    asked = st.session_state[KEY]["start"]
    values, name, step = dict(asked["values"]), asked["name"] or None, asked["step"]
    return StartRequest(values, name, step, asked["parent"], int(asked["epoch"]), asked["preset"])


def chosen_preset() -> tuple[str, dict[str, Any]]:
    """The preset that the user chose and the live knobs of the draft; call it within `on_preset`."""
    chosen = st.session_state[KEY]["preset"]
    return str(chosen["name"]), dict(chosen["values"])


def shown_run() -> str:
    """The run whose link the user followed; call it within `on_show`."""
    return str(st.session_state[KEY]["show"])


def lesson_start() -> tuple[str, int, str | None]:
    """The lesson and the step (from 0) that start a run, and the run before; call it within `on_lesson_start`."""
    asked = st.session_state[KEY]["lesson_start"]
    return str(asked["lesson"]), int(asked["step"]), asked["before"]


def _preset(one: Preset) -> dict[str, Any]:
    """The preset's live knobs, its fixed settings, and every setting of a draft made from it."""
    every = parse(one.in_draft()).model_dump(mode="json")
    return {
        "name": one.name,
        "label": one.label,
        "meaning": one.meaning,
        "values": {name: every[name] for name in one.values if name in LIVE_KNOBS},
        "fixed": {name: every[name] for name in one.values if name not in LIVE_KNOBS},
        "draft": {name: every[name] for name in one.in_draft()},
    }


def control(knob: Knob) -> dict[str, Any]:
    """A knob as `scale.js` and `knob.js` take it."""
    return {
        "name": knob.name,
        "label": knob.label,
        "meaning": knob.meaning,
        "kind": knob.kind,
        "default": knob.default,
        "low": knob.low,
        "high": knob.high,
        "scale": knob.scale,
        "smallest": knob.smallest,
        "zero": knob.zero,
        "zero_last": knob.zero_last,
        "unit": knob.unit,
        "range": knob.range_text(),
        "group": knob.group,
        "steering": knob.group == "Steering",
    }
