"""Writes one run to disk while it trains. If the disk refuses, the run says so and continues unsaved."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from torch import Tensor

from gan.data.grid import is_grid_png
from gan.limits import COMMANDS_IN_RESERVE, MAX_COMMANDS, MAX_COMMANDS_FILE, MIB
from gan.recording import checkpoint, commands_file, epochs
from gan.recording.commands import RecordedCommand
from gan.recording.metric_history import MetricHistory
from gan.recording.record import Record
from gan.recording.run_file import FullState, RunFile, write_run_file

CHECKPOINT_EVERY = 10.0  # seconds; after a kill at most this much has to be trained again

log = logging.getLogger(__name__)
# `is_held` takes a run's lock for a moment; other threads of this process must not mistake that for another trainer
_locking = threading.Lock()


def is_held(folder: Path) -> bool:
    """Whether a process trains the run in this folder; writes nothing."""
    if not (folder / ".lock").exists():
        return False
    lock = FileLock(folder / ".lock", thread_local=False)
    with _locking:
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return True
        except OSError:
            return False
        lock.release()
        return False


class RunWriter:
    """Writes the folder of one run.

    Attributes:
        run_file: `run.json` as it should be now.
        on_disk: `run.json` as it was last read or written; ahead of `run_file` if damage has thrown the run back.
        trouble: one sentence for the user while the disk refuses, or None.
        unsaved_grids: the PNGs of epochs that are not on disk yet.
    """

    def __init__(self, folder: Path, run_file: RunFile) -> None:
        self.folder = folder
        self.run_file = run_file
        self.on_disk = run_file
        self.trouble: str | None = None
        self.unsaved_grids: dict[int, bytes] = {}
        self._behind = False  # whether commands.jsonl lacks commands
        self._lock = FileLock(folder / ".lock", thread_local=False)
        self._last = time.monotonic()

    def lock(self) -> bool:
        """Lock the run for this process; False if another process trains it.

        If the disk refuses, that is noted and not raised.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with _locking:
                self._lock.acquire(timeout=0.1, poll_interval=0.01)  # another process may just look
        except Timeout:
            return False
        except OSError as error:
            self._note(error)
        return True

    def unlock(self) -> None:
        self._lock.release()

    def checkpoint_due(self) -> bool:
        """Whether the last checkpoint is old enough for the next one."""
        return time.monotonic() - self._last >= CHECKPOINT_EVERY

    # --- writing -----------------------------------------------------------------------------------------------

    def write_checkpoint(
        self, tensors: dict[str, Tensor], series: MetricHistory, record: Record, latest: bytes, **changes: Any
    ) -> None:
        """Write everything.

        Args:
            tensors: the trainer's state.
            latest: the PNG of the fixed noise's images.
            changes: new values for fields of `run.json`.
        """

        def write() -> None:
            self._hold()
            self._complete_record(record)
            for epoch, png in list(self.unsaved_grids.items()):
                epochs.write_grid(self.folder, epoch, png)
                del self.unsaved_grids[epoch]
            epochs.write_grid(self.folder, None, latest)
            fresh = self._changed(**changes)
            fresh = fresh.model_copy(update={"states": _worth_keeping(fresh, self.folder)})
            self.run_file = checkpoint.write(self.folder, fresh, tensors, series, record.so_far())
            self.on_disk = self.run_file
            checkpoint.remove_other_states(self.folder, self.run_file)

        if self._try(write):
            self.trouble = None
        self._last = time.monotonic()

    def write_epoch(self, epoch: int, png: bytes, weights: bytes, most: int) -> None:
        """Keep the images and the weights of an epoch; at most about `most` epochs keep their weights.

        While the disk refuses, the images wait in memory. The weights are dropped: the record can make them again.
        """
        self.unsaved_grids[epoch] = png

        def write() -> None:
            epochs.write_grid(self.folder, epoch, png)
            del self.unsaved_grids[epoch]
            epochs.write(self.folder, epoch, weights)
            epochs.thin(self.folder, epoch, most)

        self._try(write)

    def update_run_file(self, **changes: Any) -> None:
        """Rewrite `run.json` alone; the run still resumes from the last checkpoint."""
        self.run_file = self.on_disk = self._changed(**changes)
        self._try(lambda: write_run_file(self.folder, self.run_file))

    def record_command(self, record: Record, command: RecordedCommand) -> None:
        """Add a command that acts now to the record, on disk first: what anyone has seen act will act again."""
        path = self.folder / commands_file.NAME
        if record.complete and not self._behind and (not record.commands or path.exists()):
            self._behind = not self._try(lambda: commands_file.append(self.folder, command))
        else:
            self._rewrite(record.with_one_more(command))
        record.add(command)

    def record_is_full(self, record: Record) -> bool:
        """Whether the record has room only for the commands that end a run; a longer one could not be read again."""
        if len(record.commands) >= MAX_COMMANDS - COMMANDS_IN_RESERVE:
            return True
        try:
            return (self.folder / commands_file.NAME).stat().st_size >= MAX_COMMANDS_FILE - MIB
        except OSError:
            return False

    def rewind(self, run_file: RunFile, commands: list[RecordedCommand], **changes: Any) -> None:
        """Take the run on disk back to `run_file`, with `changes`; later commands in `commands` are kept.

        The caller has set aside what is later (`gan.runs.set_aside`). Rewriting the commands also removes a line that
        a killed process left half-written, before other lines follow it.
        """
        self.run_file = run_file
        self.update_run_file(**changes)
        self._rewrite(commands)
        epochs.remove_after(self.folder, run_file.epoch)
        self.unsaved_grids = {epoch: png for epoch, png in self.unsaved_grids.items() if epoch <= run_file.epoch}

    def _rewrite(self, commands: list[RecordedCommand]) -> None:
        """Rewrite the whole record of commands."""
        self._behind = not self._try(lambda: commands_file.write(self.folder, commands))

    def read_grid(self, epoch: int | None) -> bytes | None:
        """The PNG of an epoch (from 1; None: the latest), from memory if the disk has refused it."""
        if epoch is not None and epoch in self.unsaved_grids:
            return self.unsaved_grids[epoch]
        png = epochs.read_grid(self.folder, epoch)
        return png if png is not None and is_grid_png(png) else None  # it is sent to browsers as it is

    # --- parts -------------------------------------------------------------------------------------------------

    def _hold(self) -> None:
        """Take the lock if the disk refused it earlier, or if the folder was removed."""
        if self._lock.is_locked and not (self.folder / ".lock").exists():
            self._lock.release()
        if not self._lock.is_locked:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)

    def _complete_record(self, record: Record) -> None:
        """Rewrite the record if it lacks commands; raises OSError."""
        lost = bool(record.commands) and not (self.folder / commands_file.NAME).exists()
        if self._behind or lost:
            commands_file.write(self.folder, record.commands)
            self._behind = False

    def _changed(self, **changes: Any) -> RunFile:
        return self.run_file.model_copy(update={"updated": time.time(), **changes})

    def _try(self, write: Callable[[], None]) -> bool:
        """Whether the write succeeded.

        Success does not clear `trouble`: a small file may still find room where a whole checkpoint finds none.
        """
        try:
            write()
        except OSError as error:
            self._note(error)
            return False
        return True

    def _note(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        if self.trouble is None:
            log.warning("Run %s is not being saved: %s", self.run_file.name, reason)
        self.trouble = f"This run is not being saved: {reason}. It goes on, and saving is tried again."


def _worth_keeping(run_file: RunFile, folder: Path) -> tuple[FullState, ...]:
    """The older states to keep: the newest, should the coming one get damaged, and that of each `full_every`-th epoch.

    The latter are thinned as the weights are.
    """
    settings, per_epoch = run_file.settings, run_file.batches_per_epoch
    before = [state for state in run_file.states if state.batch < run_file.batch and (folder / state.file).exists()]
    every = settings.full_every * epochs.stride_for(run_file.epoch // settings.full_every, settings.kept_epochs)
    return tuple(s for s in before if s is before[-1] or (s.batch and s.batch % (per_epoch * every) == 0))
