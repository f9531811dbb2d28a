"""Keeps one run on disk while it trains, and says so when the disk refuses: the run goes on, unsaved."""

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
from gan.recording.commands import Command
from gan.recording.metric_history import MetricHistory
from gan.recording.record import Record
from gan.recording.run_file import FullState, RunFile, write_run_file

CHECKPOINT_EVERY = 10.0  # seconds; a killed run has at most this much to do again

log = logging.getLogger(__name__)
_locking = (
    threading.Lock()
)  # a look takes the lock for a moment, which others of this process must not take for another


def is_held(folder: Path) -> bool:
    """Whether some process trains the run in this folder; writes nothing."""
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
    """The folder of one run, its `run.json` as last written, and whether the latest write worked."""

    def __init__(self, folder: Path, run_file: RunFile) -> None:
        self.folder = folder
        self.run_file = run_file
        self.on_disk = run_file  # as it was last read or written; a run that damage threw back stands before it
        self.trouble: str | None = None
        self.unsaved_grids: dict[int, bytes] = {}
        self._behind = False  # commands.jsonl lacks some
        self._lock = FileLock(folder / ".lock", thread_local=False)
        self._last = time.monotonic()

    def lock(self) -> bool:
        """Take the run for this process; False if another one trains it. Trouble with the disk is noted, not raised."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with _locking:
                self._lock.acquire(timeout=0.1, poll_interval=0.01)  # another process may hold it while it looks
        except Timeout:
            return False
        except OSError as error:
            self._note(error)
        return True

    def unlock(self) -> None:
        self._lock.release()

    def due(self) -> bool:
        return time.monotonic() - self._last >= CHECKPOINT_EVERY

    # --- writing -----------------------------------------------------------------------------------------------

    def checkpoint(
        self, tensors: dict[str, Tensor], series: MetricHistory, record: Record, latest: bytes, **changes: Any
    ) -> None:
        """Write everything; `changes` are the fields of `run.json` that are new."""

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

    def epoch(self, epoch: int, png: bytes, weights: bytes, most: int) -> None:
        """Keep what an epoch came to; at most about `most` epochs keep their weights.

        While the disk refuses, the images wait in memory; the weights are let go, the record can make them again.
        """
        self.unsaved_grids[epoch] = png

        def write() -> None:
            epochs.write_grid(self.folder, epoch, png)
            del self.unsaved_grids[epoch]
            epochs.write(self.folder, epoch, weights)
            epochs.thin(self.folder, epoch, most)

        self._try(write)

    def note_state(self, **changes: Any) -> None:
        """Rewrite `run.json` alone: the last checkpoint stays what a resume goes on from."""
        self.run_file = self.on_disk = self._changed(**changes)
        self._try(lambda: write_run_file(self.folder, self.run_file))

    def record(self, record: Record, command: Command) -> None:
        """Add a command that acts now to the record: on disk first, so that whoever sees it act can rely on it."""
        path = self.folder / "commands.jsonl"
        if record.complete and not self._behind and (not record.commands or path.exists()):
            self._behind = not self._try(lambda: commands_file.append(self.folder, command))
        else:
            self._rewrite(record.with_one_more(command))
        record.add(command)

    def has_full_record(self, record: Record) -> bool:
        """Whether the record has no room for more than what ends a run; a longer one could not be read again."""
        if len(record.commands) >= MAX_COMMANDS - COMMANDS_IN_RESERVE:
            return True
        try:
            return (self.folder / "commands.jsonl").stat().st_size >= MAX_COMMANDS_FILE - MIB
        except OSError:
            return False

    def go_back(self, run_file: RunFile, commands: list[Command], **changes: Any) -> None:
        """Stand at `run_file`, with `changes`, and let nothing on disk be ahead of it but these commands.

        What is ahead has been set aside before (`gan.runs.set_aside`). A line that a killed process left
        half-written is gone before others follow it.
        """
        self.run_file = run_file
        self.note_state(**changes)
        self._rewrite(commands)
        epochs.remove_after(self.folder, run_file.epoch)
        self.unsaved_grids = {epoch: png for epoch, png in self.unsaved_grids.items() if epoch <= run_file.epoch}

    def _rewrite(self, commands: list[Command]) -> None:
        """Write the whole record of commands."""
        self._behind = not self._try(lambda: commands_file.write(self.folder, commands))

    def grid(self, epoch: int | None) -> bytes | None:
        """The PNG of an epoch (from 1; None: the latest), from memory while the disk refuses it."""
        if epoch is not None and epoch in self.unsaved_grids:
            return self.unsaved_grids[epoch]
        png = epochs.read_grid(self.folder, epoch)
        return png if png is not None and is_grid_png(png) else None  # browsers get it as it is

    # --- parts -------------------------------------------------------------------------------------------------

    def _hold(self) -> None:
        """Hold the lock also if the disk refused it first, or somebody has removed the folder."""
        if self._lock.is_locked and not (self.folder / ".lock").exists():
            self._lock.release()
        if not self._lock.is_locked:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)

    def _complete_record(self, record: Record) -> None:
        """Raises OSError."""
        lost = bool(record.commands) and not (self.folder / "commands.jsonl").exists()
        if self._behind or lost:
            commands_file.write(self.folder, record.commands)
            self._behind = False

    def _changed(self, **changes: Any) -> RunFile:
        return self.run_file.model_copy(update={"updated": time.time(), **changes})

    def _try(self, write: Callable[[], None]) -> bool:
        """Whether it worked. Trouble ends with a whole checkpoint, not with a small file that still found room."""
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
    """The states beside a new one: the one before it, should the new one be damaged, and every `full_every`-th epoch's.

    These are thinned as the weights are.
    """
    settings, per_epoch = run_file.settings, run_file.batches_per_epoch
    before = [state for state in run_file.states if state.batch < run_file.batch and (folder / state.file).exists()]
    every = settings.full_every * epochs.stride_for(run_file.epoch // settings.full_every, settings.kept_epochs)
    return tuple(s for s in before if s is before[-1] or (s.batch and s.batch % (per_epoch * every) == 0))
