"""The record of a run: its commands in the order in which they acted, and how many of them the trainer has obeyed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from gan.recording.commands import ONLY, STEPS, Command


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
