"""Which server may write a folder of runs: the one that holds its lock. The others only show the runs."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from filelock import FileLock, Timeout

log = logging.getLogger(__name__)

TRY_EVERY = 2.0  # seconds between two attempts to take the folder over from another server
TAKEN = (
    "Another LiveGAN server uses this folder, so this one only shows its runs. It takes over as soon as the other one "
    "has ended; set LIVEGAN_CHECKPOINTS to give it a folder of its own."
)


class FolderClaim:
    """This server's claim to a folder. The system drops the lock of a process that was killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = FileLock(folder / ".server.lock", thread_local=False)

    def make(self) -> bool:
        """Make the folder and claim it; False if another server holds it. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        return True

    def wait(self, closing: threading.Event) -> bool:
        """Wait until the other server has ended and claim the folder; False if this one closes first."""
        while not closing.wait(TRY_EVERY):
            try:
                self._lock.acquire(blocking=False)
            except (Timeout, OSError):
                continue
            log.warning("The other LiveGAN server has ended; this one has taken over its folder, %s.", self._folder)
            return True
        return False

    def drop(self) -> None:
        self._lock.release()
