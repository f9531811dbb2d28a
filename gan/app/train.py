"""The Train page: the live view of a run or a draft, and the settings that are fixed once it runs."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gan import presets
from gan.app import acting, draft, fixed_settings, lessons, runs, session, words
from gan.app.components.live import StartRequest, chosen_preset, lesson_start, live, shown_run, start_request
from gan.app.visitor import why_watch
from gan.data import image_sets
from gan.data.idx import MissingData
from gan.errors import LiveGANError
from gan.names import InvalidName
from gan.recording.commands import parse_command
from gan.runs import shipped
from gan.runs.run import Run
from gan.server.application import the_registry
from gan.settings import Settings, SettingsError, parse, without_effect


def page() -> None:
    registry = the_registry()
    name = session.current(registry)
    fixed_settings.warn(session.link_problems(name))
    fixed = draft.fixed() if name is None else registry.get(name).snapshot().settings.model_dump(mode="json")
    own = None if name is None else registry.get(name).run_file.networks
    idle = without_effect(fixed) | (own.without_effect() if own else {})
    shown = st.session_state["shown settings"] = draft.settings_of_widgets() if name is None else {}
    live(
        name,
        draft.current(),
        blocked=registry.read_only,
        watches=why_watch(name),
        notice=session.notice(),
        without_effect=idle,
        networks=None if own is None else own.text,
        shipped=_shipped(),
        fixed=shown,
        dataset=_about(fixed["dataset"]),
        needs=session.needed_dataset(),
        lesson=lessons.shown_card(),
        lesson_started=lessons.started(),
        words=words.sentences(),
        on_start=_start,
        on_preset=_preset,
        on_new=_new,
        on_show=lambda: session.look_at(shown_run()),
        on_lesson_start=lambda: lessons.start_step(*lesson_start()),
        on_lesson_leave=lessons.leave,
    )
    if name is None:
        fixed_settings.edit()
    else:
        run = registry.get(name)
        fixed_settings.show(run.snapshot().settings, own, run.run_file.processor)
        runs.exports(name)


def _shipped() -> list[dict[str, Any]]:
    """The runs that come with LiveGAN and are present."""
    there = {one.name: one for one in the_registry().summaries() if one.state == "finished" and not one.hidden}
    return [{"name": name, "epochs": there[name].epoch} for name in shipped.NAMES if name in there]


def _about(dataset: str) -> dict[str, Any]:
    """What the page says of a data set: its title, and the cost of its download if it is missing."""
    offer = image_sets.DOWNLOADS.get(dataset)
    cost = None if offer is None or image_sets.available(dataset) else offer.cost
    return {"name": dataset, "title": image_sets.TITLES[dataset], "cost": cost}


def _preset() -> None:
    """Begin a draft with the preset that the user chose."""
    name, values = chosen_preset()
    chosen = presets.named(name)
    if session.wanted() != session.NEW:
        draft.begin(parse({**chosen.in_draft(), **_data_of_shown()}))
        session.look_at(session.NEW)
        return
    try:
        settings = parse({**values, **draft.fixed(), **chosen.in_draft()})
    except SettingsError as error:
        session.say(str(error))
    else:  # the draft's widgets are on the page; Streamlit writes their new values into the address
        draft.begin(settings, name)
        session.say("")


def _data_of_shown() -> dict[str, Any]:
    """The data settings of the run on the page."""
    registry = the_registry()
    name = session.current(registry)
    settings = Settings() if name is None else registry.get(name).snapshot().settings
    return {knob: getattr(settings, knob) for knob in ("dataset", "split", "digits")}


def _start() -> None:
    """Start the run that the user asked for and show it; a refusal is one sentence on the page."""
    asked = start_request()
    try:
        run = _new_run(asked) if asked.parent is None else _branch(asked, asked.parent)
    except MissingData as error:
        session.offer_download(error.dataset)
    except InvalidName as error:
        session.say(str(error), field="name")
    except LiveGANError as error:
        session.say(str(error))
    else:
        session.look_at(run.name)


def _new_run(asked: StartRequest) -> Run:
    """Start the draft as a run (Step: paused, then one batch)."""
    of_preset = presets.named(asked.preset).in_draft() if asked.preset else {}
    settings = parse({**draft.fixed(), **of_preset, **asked.values})
    run = acting.start(settings, asked.name, paused=asked.step is not None)
    if asked.step is not None:
        acting.command(run.name, parse_command(asked.step))
    return run


def _branch(asked: StartRequest, parent: str) -> Run:
    """Start a branch (Step: paused at its branching point, once it has trained up to there)."""
    return acting.branch(parent, asked.epoch, asked.values, asked.name, paused=asked.step is not None)


def _new() -> None:
    """Begin a draft with the settings of the run on the page."""
    registry = the_registry()
    name = session.current(registry)
    if name is not None:
        draft.begin(registry.get(name).snapshot().settings)
    session.look_at(session.NEW)
