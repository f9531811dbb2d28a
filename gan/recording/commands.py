"""The commands that steer a run, as they are asked for and as they are recorded, and what a list of them comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from gan.errors import LiveGANError
from gan.settings import KNOBS, LIVE_KNOBS, Settings, SettingsError

Network = Literal["d", "g"]


@dataclass(frozen=True, slots=True)
class SetKnobs:
    """Turn knobs to these values, by the knobs' names."""

    values: dict[str, Any]

    def applied_to(self, settings: Settings) -> Settings:
        """The settings that a run with `settings` has afterwards.

        Raises:
            SettingsError: no knob is named, one is unknown or fixed when a run starts, or a value is not allowed.
        """
        if not self.values:
            raise SettingsError("No knob is named in this command.")
        for name in self.values:
            if name in KNOBS and name not in LIVE_KNOBS:
                raise SettingsError(f"{KNOBS[name].label} ({name}) is fixed when a run starts; start a new run for it.")
        return settings.changed(**self.values)


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop training after the current batch, until `Resume`."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Continue training."""


@dataclass(frozen=True, slots=True)
class Step:
    """Train one batch and pause; `only`: the one network that learns from it, "d" or "g"."""

    only: Network | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """End training, with a checkpoint."""


@dataclass(frozen=True, slots=True)
class Shutdown:
    """The process ended while the run trained. A record may hold it, but no request can ask for it."""


Command = SetKnobs | Pause | Resume | Step | Stop

# Each command but SetKnobs under the name that it has in a request and in commands.jsonl.
_BY_KIND: dict[str, Command] = {
    "pause": Pause(), "resume": Resume(), "step": Step(), "step_d": Step("d"), "step_g": Step("g"), "stop": Stop(),
}  # fmt: skip
_RECORDED_BY_KIND: dict[str, Command | Shutdown] = {**_BY_KIND, "shutdown": Shutdown()}
_KINDS = {command: kind for kind, command in _RECORDED_BY_KIND.items()}
KINDS = (*_BY_KIND, "set")
RECORDED_KINDS = frozenset({*_RECORDED_BY_KIND, "set"})


def parse_command(kind: str, values: dict[str, Any] | None = None) -> Command:
    """The command of a request; raises `LiveGANError`."""
    if kind == "set":
        return SetKnobs(values or {})
    if kind not in _BY_KIND:
        raise LiveGANError(f"There is no command {kind[:40]!r}; it must be one of {', '.join(KINDS)}.")
    return _BY_KIND[kind]


@dataclass(frozen=True, slots=True)
class RecordedCommand:
    """A command that a run has obeyed.

    Attributes:
        batch: the number of batches that were trained when it acted.
        time: the wall clock at that moment, in seconds since 1970.
        by: the name of the student who asked for it; None for the teacher, and for whoever has LiveGAN alone.
    """

    batch: int
    command: Command | Shutdown
    time: float
    by: str | None = None

    @classmethod
    def of_kind(
        cls, batch: int, kind: str, values: dict[str, Any], time: float, by: str | None = None
    ) -> RecordedCommand:
        """From the fields of a line in commands.jsonl; `kind` is one of `RECORDED_KINDS`."""
        return cls(batch, SetKnobs(values) if kind == "set" else _RECORDED_BY_KIND[kind], time, by)

    @property
    def kind(self) -> str:
        return "set" if isinstance(self.command, SetKnobs) else _KINDS[self.command]

    @property
    def values(self) -> dict[str, Any]:
        """The knobs that it turned, with their new values."""
        return self.command.values if isinstance(self.command, SetKnobs) else {}


def settings_after(initial: Settings, commands: Iterable[RecordedCommand]) -> Settings:
    """The settings that these commands leave."""
    return initial.changed(**{name: value for command in commands for name, value in command.values.items()})


def count_before(commands: list[RecordedCommand], batch: int) -> int:
    """How many commands acted before batch number `batch` was complete."""
    return sum(command.batch < batch for command in commands)
