"""The marks on the chart: where a knob was turned, and where one network alone took a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gan.recording.commands import Network, RecordedCommand, Step
from gan.settings import KNOBS, Settings

_ALONE: dict[Network, str] = {"d": "Discriminator only", "g": "Generator only"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A knob change that acts from batch `batch` + 1 on, or, without values, a step of one network alone.

    `knob` is then "step_d" or "step_g". `by` is the student who asked for it, if one did.
    """

    batch: int
    knob: str
    label: str
    before: Any
    after: Any
    by: str | None = None


def marks_of(initial: Settings, commands: list[RecordedCommand]) -> tuple[Mark, ...]:
    """The marks of all commands: the changes of knobs that affect training, and the steps of one network."""
    now = initial.model_dump(mode="json")
    marks: list[Mark] = []
    for command in commands:
        marks += marks_for(command, now)
        now |= command.values
    return tuple(marks)


def marks_for(command: RecordedCommand, now: dict[str, object]) -> list[Mark]:
    """The marks of one command, given the settings before it as JSON values."""
    asked = command.command
    if isinstance(asked, Step) and asked.only:
        return [Mark(command.batch, command.kind, _ALONE[asked.only], None, None, command.by)]
    changed = [(KNOBS[name], value) for name, value in command.values.items()]
    return [
        Mark(command.batch, knob.name, knob.label, now[knob.name], value, command.by)
        for knob, value in changed
        if knob.trains and knob.without_effect(now) is None
    ]
