"""A copy of a run between two batches, now or at an earlier epoch: all that its next batch follows from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from gan.errors import LiveGANError
from gan.recording import checkpoint, networks_file, recovery
from gan.recording.atomic_files import DamagedRun
from gan.recording.commands import settings_after
from gan.recording.record import Record
from gan.recording.run_file import RunFile
from gan.settings import Settings
from gan.training.own_networks import OwnNetworks
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state, restore_state
from gan.views.moment import Moment


@dataclass(frozen=True)
class RunCopy:
    """A run's settings and its whole state after `batch` batches, random streams included."""

    settings: Settings
    batch: int
    tensors: Mapping[str, Tensor]
    own: OwnNetworks | None = None
    device: str = "cpu"  # its kind, to which the states of the random streams belong

    @classmethod
    def of(cls, trainer: Trainer) -> RunCopy:
        """Call this in the trainer's own thread; it changes no bit of the run."""
        return cls(trainer.settings, trainer.batch, capture_state(trainer), trainer.own, trainer.device.type)

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

    @classmethod
    def at_epoch(cls, folder: Path, run_file: RunFile, record: Record, epoch: int) -> RunCopy | None:
        """After an epoch whose full state is kept, with the knobs that were turned there; else None.

        Args:
            record: see `at_rest`; it may be ahead of the disk.

        Raises:
            LiveGANError: the state is damaged, or the images or the device of the run are not here.
        """
        batch = epoch * run_file.batches_per_epoch
        state = next((state for state in run_file.states if state.batch == batch), None)
        if state is None:
            return None
        settings = settings_after(run_file.initial_settings, record.commands[: state.commands])
        trainer = Trainer(settings, networks_file.read(folder, run_file), run_file.processor)
        restore_state(trainer, batch, checkpoint.read_state(folder, state))
        record.obeyed = state.commands
        trainer.change(settings_after(settings, record.due(batch)))
        return cls.of(trainer)

    @classmethod
    def of_weights(cls, moment: Moment) -> RunCopy:
        """From the weights of an epoch, the one thing that is kept of most: a run that has just begun has the rest.

        Its batch is none that the run trained: optimisers without memory, and of every epoch the same images and noise.
        Batch normalisation is folded into the weights, as they are kept.

        Raises:
            DamagedRun: the discriminator was not kept. DataError, DeviceError, NetworksError: see `Trainer`.
        """
        if moment.discriminator is None:
            raise DamagedRun(f"the discriminator of epoch {moment.epoch} was not kept, only the generator.")
        settings = moment.settings.changed(g_norm="none", minibatch_std="off", ema_decay=0.0)
        trainer = Trainer(settings, moment.own)
        trainer.generator.load_state_dict(moment.opponent.state_dict())
        trainer.discriminator.load_state_dict(moment.discriminator.state_dict())
        trainer.batch = moment.batch
        return cls.of(trainer)

    def trainer(self) -> Trainer:
        """A trainer in this state, which trains through the reference step.

        Raises:
            DataError, DeviceError, NetworksError: see `Trainer`.
        """
        trainer = Trainer(self.settings.changed(step="reference", device=self.device), self.own)
        restore_state(trainer, self.batch, self.tensors)
        return trainer
