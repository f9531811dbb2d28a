"""The record of a run in memory: its commands in the order in which they acted."""

from __future__ import annotations

from collections.abc import Iterator

from gan.recording.commands import Network, RecordedCommand, Step


class Record:
    """The commands of a run, and how many of them the trainer has obeyed.

    After a kill, or on a branch, the commands after the first `obeyed` act again, each at its batch.
    """

    def __init__(self, commands: list[RecordedCommand] | None = None, obeyed: int = 0) -> None:
        self.commands = commands or []
        self.obeyed = obeyed

    @property
    def complete(self) -> bool:
        """Whether the trainer has obeyed all commands."""
        return self.obeyed == len(self.commands)

    def with_one_more(self, command: RecordedCommand) -> list[RecordedCommand]:
        """The commands with one that acts now, inserted before those that have yet to act again."""
        return [*self.commands[: self.obeyed], command, *self.commands[self.obeyed :]]

    def add(self, command: RecordedCommand) -> None:
        """Add a command that acts now."""
        self.commands = self.with_one_more(command)
        self.obeyed += 1

    def due(self, batch: int) -> Iterator[RecordedCommand]:
        """The commands that have yet to act again after `batch` batches; each one yielded counts as obeyed."""
        while self.obeyed < len(self.commands) and self.commands[self.obeyed].batch <= batch:
            self.obeyed += 1
            yield self.commands[self.obeyed - 1]

    @property
    def next_batch(self) -> int | None:
        """The batch after which the next command has yet to act again."""
        return None if self.complete else self.commands[self.obeyed].batch

    def only(self, batch: int) -> Network | None:
        """The one network that learns from the batch after `batch` batches, if a step asked for that.

        Of several steps the last one counts. The record tells, and no flag: a run may be closed and opened again
        between the command and its batch.
        """
        for index in reversed(range(self.obeyed)):
            recorded = self.commands[index]
            if recorded.batch < batch:
                break
            if isinstance(recorded.command, Step):
                return recorded.command.only
        return None

    def so_far(self) -> list[RecordedCommand]:
        """The commands that the trainer has obeyed."""
        return self.commands[: self.obeyed]
