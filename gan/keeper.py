"""Keeps one run on disk while it trains, and says so when the disk refuses: the run goes on, unsaved."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from torch import Tensor

from gan import checkpoint
from gan.checkpoint import RunFile
from gan.history import Command, Series

CHECKPOINT_EVERY = 30.0  # seconds; a killed run has at most this much to do again

log = logging.getLogger(__name__)


def is_held(folder: Path) -> bool:
    """Whether some process trains the run in this folder; writes nothing."""
    if not (folder / ".lock").exists():
        return False
    lock = FileLock(folder / ".lock", thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False


class Keeper:
    """The folder of one run, its `run.json` as last written, and whether the latest write worked."""

    def __init__(self, folder: Path, run_file: RunFile) -> None:
        self.folder = folder
        self.run_file = run_file
        self.trouble: str | None = None
        self.unsaved_grids: dict[int, bytes] = {}
        self._unsaved_commands: list[Command] | None = None
        self._lock = FileLock(folder / ".lock", thread_local=False)
        self._last = time.monotonic()

    def lock(self) -> bool:
        """Take the run for this process; False if another one trains it. Trouble with the disk is noted, not raised."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0.1, poll_interval=0.01)  # a listing holds the lock while it looks at it
        except Timeout:
            return False
        except OSError as error:
            self._note(error)
        return True

    def unlock(self) -> None:
        self._lock.release()

    def due(self) -> bool:
        return time.monotonic() - self._last >= CHECKPOINT_EVERY

    def checkpoint(self, tensors: dict[str, Tensor], series: Series, latest: bytes, **changes: Any) -> None:
        """Write everything; `changes` are the fields of `run.json` that are new."""

        def write() -> None:
            if not self._lock.is_locked:  # the disk refused that too
                self._lock.acquire(timeout=0)
            if self._unsaved_commands is not None:
                self.record(self._unsaved_commands)
            for epoch, png in list(self.unsaved_grids.items()):
                checkpoint.write_grid(self.folder, epoch, png)
                del self.unsaved_grids[epoch]
            fresh = self._changed(**changes)
            self.run_file = checkpoint.write(self.folder, fresh, tensors, series, latest)

        if self._try(write):
            self.trouble = None
        self._last = time.monotonic()

    def note_state(self, **changes: Any) -> None:
        """Rewrite `run.json` alone: the last checkpoint stays what a resume goes on from."""
        self.run_file = self._changed(**changes)
        self._try(lambda: checkpoint.write_run_file(self.folder, self.run_file))

    def record(self, commands: list[Command]) -> None:
        done = self._try(lambda: checkpoint.write_commands(self.folder, commands))
        self._unsaved_commands = None if done else commands

    def grid(self, epoch: int | None) -> bytes | None:
        """The PNG of an epoch (from 1; None: the latest), from memory while the disk refuses it."""
        if epoch is not None and epoch in self.unsaved_grids:
            return self.unsaved_grids[epoch]
        return checkpoint.read_grid(self.folder, epoch)

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
