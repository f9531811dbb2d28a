"""A copy of a run between two batches: all that its next batch follows from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from gan.errors import LiveGANError
from gan.recording import recovery
from gan.recording.commands import settings_after
from gan.recording.record import Record
from gan.recording.run_file import RunFile
from gan.settings import Settings
from gan.training.own_networks import OwnNetworks
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state, restore_state


@dataclass(frozen=True)
class RunCopy:
    """A run's settings and its whole state after `batch` batches, random streams included."""

    settings: Settings
    batch: int
    tensors: Mapping[str, Tensor]
    own: OwnNetworks | None = None

    @classmethod
    def of(cls, trainer: Trainer) -> RunCopy:
        """Call this in the trainer's own thread; it changes no bit of the run."""
        return cls(trainer.settings, trainer.batch, capture_state(trainer), trainer.own)

    @classmethod
    def at_rest(cls, folder: Path, run_file: RunFile, record: Record) -> RunCopy:
        """A run that no thread trains, from its last checkpoint. Knobs that were turned since have moved.

        Args:
            record: a copy; commands that are due are taken from it.

        Raises:
            LiveGANError: the files are damaged, or the images or the device of the run are not here.
        """
        start = recovery.resume_point(folder, run_file, record)
        if start.damage:
            raise LiveGANError("The newest state of this run is damaged; resume the run, then step through it.")
        trainer, record.obeyed = start.trainer, start.obeyed
        trainer.change(settings_after(trainer.settings, record.due(trainer.batch)))
        return cls.of(trainer)

    def trainer(self) -> Trainer:
        """A trainer in this state, which trains through the reference step.

        Raises:
            DataError, DeviceError, NetworksError: see `Trainer`.
        """
        trainer = Trainer(self.settings.changed(step="reference"), self.own)
        restore_state(trainer, self.batch, self.tensors)
        return trainer
