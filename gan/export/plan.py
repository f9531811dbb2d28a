"""What the script of a run has to contain, decided from the run's settings and moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gan import device
from gan.export.record import Move, Record
from gan.settings import KNOBS, Settings
from gan.trainer import STREAMS


@dataclass(frozen=True)
class Plan:
    """A record without the moves that the run's kind of optimiser or loss does not heed.

    `device`: "cpu", "cuda" or "mps"; what "auto" means is decided here.
    """

    record: Record
    moves: list[Move]
    device: str

    @classmethod
    def of(cls, record: Record) -> Plan:
        settings = record.run_file.initial_settings
        moves = []
        for move in record.moves:
            values = {name: value for name, value in move.values.items() if _heeded(settings, name)}
            moves += [Move(move.batch, values)] if values else []
        return cls(record, moves, device.pick("auto").type if settings.device == "auto" else settings.device)

    @property
    def name(self) -> str:
        return self.record.run_file.name

    @property
    def settings(self) -> Settings:
        """The first ones."""
        return self.record.run_file.initial_settings

    @property
    def batches(self) -> int:
        return len(self.record.rows)

    def moved(self, *knobs: str) -> bool:
        return any(knob in move.values for move in self.moves for knob in knobs)

    def ever(self, knob: str, value: Any) -> bool:
        """Whether a knob stood at anything but `value` at any time."""
        return any(v != value for v in (getattr(self.settings, knob), *self._later(knob)))

    def tabled(self) -> dict[str, Any]:
        """The knobs that the script keeps in a table: the steering ones, and whatever else was moved."""
        names = [name for name, knob in KNOBS.items() if knob.group == "Steering" or self.moved(name)]
        return {name: getattr(self.settings, name) for name in names}

    def value(self, knob: str) -> str:
        """How the script's code names the value of a knob."""
        return f'knobs["{knob}"]' if knob in self.tabled() else repr(getattr(self.settings, knob))

    def to_device(self) -> str:
        """What puts a tensor or a network where the run trained."""
        return "" if self.device == "cpu" else f'.to("{self.device}")'

    def seeds(self) -> dict[str, int]:
        """Of the run's streams of random numbers, as `Trainer` derives them."""
        sequences = [np.random.SeedSequence([self.settings.seed, index]) for index in range(len(STREAMS))]
        return {
            name: int(sequence.generate_state(1, np.uint64)[0])
            for name, sequence in zip(STREAMS, sequences, strict=True)
        }

    def _later(self, knob: str) -> list[Any]:
        return [move.values[knob] for move in self.moves if knob in move.values]


def _heeded(settings: Settings, knob: str) -> bool:
    """Whether a live knob does anything in a run of these settings."""
    if knob == "label_smoothing":
        return settings.loss != "wasserstein"
    name, _, side = knob.rpartition("_")
    needs = {"beta1": "adam", "beta2": "adam", "momentum": "sgd"}.get(name)
    return needs is None or getattr(settings, f"optimizer_{side}") == needs
