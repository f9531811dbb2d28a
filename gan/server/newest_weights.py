"""The newest weights of a run, packed once for all who ask at about the same time."""

from __future__ import annotations

import asyncio
import time
from weakref import WeakKeyDictionary

from torch import Tensor

from gan.recording import weights, weights_file
from gan.runs.run import Run
from gan.server.trainer_peek import peek
from gan.settings import Settings
from gan.training.own_networks import OwnNetworks
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state

FRESH = 0.5  # seconds for which the newest weights of a training run serve all who ask


class NewestWeights:
    """The weights of runs that train, for as long as they are fresh."""

    def __init__(self) -> None:
        self._packed: WeakKeyDictionary[Run, tuple[float, bytes]] = WeakKeyDictionary()  # with when they were taken
        self._looking: WeakKeyDictionary[Run, asyncio.Task[bytes]] = WeakKeyDictionary()  # under way

    async def of(self, run: Run) -> bytes:
        """The weights as safetensors: from the thread of a run that trains, else from the disk.

        Raises:
            Busy: too many wait for this run already. DamagedRun: none are on disk.
        """
        made, content = self._packed.get(run, (0.0, b""))
        if content and run.snapshot().state == "running" and time.monotonic() - made < FRESH:
            return content
        if run.snapshot().state == "running":
            look = self._looking.get(run) or asyncio.create_task(self._look(run))
            self._looking[run] = look  # those who ask meanwhile share it
            content = await asyncio.shield(look)
        else:
            content = await self._look(run)  # the next step makes others
        return content or await asyncio.to_thread(_from_disk, run)

    async def _look(self, run: Run) -> bytes:
        """The weights from the run's thread; b"" if it has ended."""
        content = b""
        try:
            found = await peek(run, _weights_now)
            if found is not None:
                content = await asyncio.to_thread(weights_file.pack, *found)
                if run.snapshot().state == "running":
                    self._packed[run] = (time.monotonic(), content)
        finally:
            self._looking.pop(run, None)
        return content


def _weights_now(trainer: Trainer) -> tuple[dict[str, Tensor], Settings, int, int, OwnNetworks | None]:
    weights = weights_file.weights_of_state(capture_state(trainer), trainer.own)
    return weights, trainer.settings, trainer.batch, trainer.epoch, trainer.own


def _from_disk(run: Run) -> bytes:
    tensors, settings, batch = weights.newest(run.folder)
    epoch = batch // run.snapshot().batches_per_epoch
    return weights_file.pack(tensors, settings, batch, epoch, run.run_file.networks)
