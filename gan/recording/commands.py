"""The record of a run: its commands in the order in which they acted, and how many of them the trainer has obeyed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from gan.recording.checkpoint import STEPS
from gan.recording.series import Command, Mark
from gan.settings import KNOBS, Settings

# what the steps of one network alone are called on the chart, and which network learns
ONLY: dict[str, Literal["d", "g"]] = {"step_d": "d", "step_g": "g"}
ONLY_LABELS = {"step_d": "Discriminator only", "step_g": "Generator only"}


class Record:
    """After a kill, or on a branch, the commands beyond `obeyed` are those that act again at their batch."""

    def __init__(self, commands: list[Command] | None = None, obeyed: int = 0) -> None:
        self.commands = commands or []
        self.obeyed = obeyed

    @property
    def complete(self) -> bool:
        """Whether none is left to act again."""
        return self.obeyed == len(self.commands)

    def with_one_more(self, command: Command) -> list[Command]:
        """The commands with one that acts now, before those still to act again."""
        return [*self.commands[: self.obeyed], command, *self.commands[self.obeyed :]]

    def add(self, command: Command) -> None:
        self.commands = self.with_one_more(command)
        self.obeyed += 1

    def due(self, batch: int) -> Iterator[Command]:
        """Obey those that acted after `batch` batches or before."""
        while self.obeyed < len(self.commands) and self.commands[self.obeyed].batch <= batch:
            self.obeyed += 1
            yield self.commands[self.obeyed - 1]

    def only(self, batch: int) -> Literal["d", "g"] | None:
        """Which network alone learns from the next batch, after `batch` batches; of several steps the last one counts.

        Asked of the record, not remembered: a run may be ended and opened again between the step and its batch.
        """
        for index in reversed(range(self.obeyed)):
            command = self.commands[index]
            if command.batch < batch:
                break
            if command.kind in STEPS:
                return ONLY.get(command.kind)
        return None

    def so_far(self) -> list[Command]:
        return self.commands[: self.obeyed]


def settings_after(initial: Settings, commands: list[Command]) -> Settings:
    """The settings that these commands leave."""
    values = {name: value for command in commands if command.kind == "set" for name, value in command.values.items()}
    return initial.changed(**values)


def count_before(commands: list[Command], batch: int) -> int:
    """How many commands acted before batch number `batch` was complete."""
    return sum(command.batch < batch for command in commands)


def marks_of(initial: Settings, commands: list[Command]) -> tuple[Mark, ...]:
    """What the chart shows of commands: changes of what is trained, by knobs that have an effect."""
    now = initial.model_dump(mode="json")
    marks: list[Mark] = []
    for command in commands:
        marks += marks_for(command, now)
        now |= command.values
    return tuple(marks)


def marks_for(command: Command, now: dict[str, object]) -> list[Mark]:
    """The marks of one command, given the settings before it as JSON values."""
    if command.kind in ONLY:
        return [Mark(command.batch, command.kind, ONLY_LABELS[command.kind], None, None)]
    changed = [(KNOBS[name], value) for name, value in command.values.items()]
    return [
        Mark(command.batch, knob.name, knob.label, now[knob.name], value)
        for knob, value in changed
        if knob.trains and knob.without_effect(now) is None
    ]
