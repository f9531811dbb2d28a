"""The record of a run: its commands in the order in which they acted, and how many of them the trainer has obeyed."""

from __future__ import annotations

from collections.abc import Iterator

from gan.recording.commands import Network, RecordedCommand, Step


class Record:
    """After a kill, or on a branch, the commands beyond `obeyed` are those that act again at their batch."""

    def __init__(self, commands: list[RecordedCommand] | None = None, obeyed: int = 0) -> None:
        self.commands = commands or []
        self.obeyed = obeyed

    @property
    def complete(self) -> bool:
        """Whether none is left to act again."""
        return self.obeyed == len(self.commands)

    def with_one_more(self, command: RecordedCommand) -> list[RecordedCommand]:
        """The commands with one that acts now, before those still to act again."""
        return [*self.commands[: self.obeyed], command, *self.commands[self.obeyed :]]

    def add(self, command: RecordedCommand) -> None:
        self.commands = self.with_one_more(command)
        self.obeyed += 1

    def due(self, batch: int) -> Iterator[RecordedCommand]:
        """Obey those that acted after `batch` batches or before."""
        while self.obeyed < len(self.commands) and self.commands[self.obeyed].batch <= batch:
            self.obeyed += 1
            yield self.commands[self.obeyed - 1]

    def only(self, batch: int) -> Network | None:
        """Which network alone learns from the next batch, after `batch` batches; of several steps the last one counts.

        Asked of the record, not remembered: a run may be ended and opened again between the step and its batch.
        """
        for index in reversed(range(self.obeyed)):
            recorded = self.commands[index]
            if recorded.batch < batch:
                break
            if isinstance(recorded.command, Step):
                return recorded.command.only
        return None

    def so_far(self) -> list[RecordedCommand]:
        return self.commands[: self.obeyed]
