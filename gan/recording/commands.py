"""A command as a run records it, and what a list of them comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict

from gan.settings import Settings

STEPS = ("step", "step_d", "step_g")
RECORDED = frozenset({"set", "pause", "resume", *STEPS, "stop", "shutdown"})
# which network learns in a step of one alone
ONLY: dict[str, Literal["d", "g"]] = {"step_d": "d", "step_g": "g"}


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asked of a run, as recorded: `kind` is set, pause, resume, step, step_d, step_g or stop.

    `batch` is the number of batches trained when it acted, `time` the wall clock (seconds since 1970).
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    batch: int
    kind: str
    values: dict[str, Any]
    time: float


def settings_after(initial: Settings, commands: list[Command]) -> Settings:
    """The settings that these commands leave."""
    values = {name: value for command in commands if command.kind == "set" for name, value in command.values.items()}
    return initial.changed(**values)


def count_before(commands: list[Command], batch: int) -> int:
    """How many commands acted before batch number `batch` was complete."""
    return sum(command.batch < batch for command in commands)
