"""The Train page: the live view of a run or a draft, and the settings that are fixed once it runs."""

from __future__ import annotations

from gan.app import fixed_settings, session
from gan.app.components.live import live, order
from gan.lab import LabError, the_lab
from gan.settings import SettingsError, parse


def page() -> None:
    lab = the_lab()
    name = session.current(lab)
    live(
        name,
        session.draft(),
        blocked=lab.read_only,
        notice=session.notice(),
        on_start=_start,
        on_new=_new,
    )
    if name is None:
        fixed_settings.edit()
    else:
        fixed_settings.show(lab.get(name).snapshot().settings)


def _start() -> None:
    """Start the draft (Step: paused, then one batch) and look at it; a refusal is one sentence on the page."""
    lab, asked = the_lab(), order()
    try:
        run = lab.start(parse({**session.fixed(), **asked.values}), asked.name, paused=asked.paused)
        if asked.paused:
            lab.command(run.name, "step")
    except (SettingsError, LabError) as error:
        session.say(str(error))
    else:
        session.look_at(run.name)


def _new() -> None:
    """Begin a draft with the settings of the run on the page."""
    lab = the_lab()
    name = session.current(lab)
    if name is not None:
        session.begin_draft(lab.get(name).snapshot().settings)
    session.look_at(session.NEW)
