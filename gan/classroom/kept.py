"""Parts of a class that survive the death of the server: each in a file that only the server's own user may read."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from gan.recording import atomic_files

State = TypeVar("State", bound=BaseModel)

log = logging.getLogger(__name__)


class Kept(Generic[State]):
    """One part of a class, in memory and in a file of the class's folder. Any thread may ask.

    Treat a state as constant: make a changed one and `set` it.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        kind: type[State],
        most: int,
        is_read_only: Callable[[], bool] = lambda: False,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`kind`: its defaults are the state at first. `most`: bytes of the file that are read at all.

        `is_read_only`: whether another server owns the folder; then nothing is written. `changed`: tells the pages.
        """
        self.lock = RLock()  # hold it to change what one has read
        self._path = folder / name
        self._kind = kind
        self._most = most
        self._is_read_only = is_read_only
        self._changed = changed
        self._state: State | None = None

    @property
    def state(self) -> State:
        """As it was set last, also by a server before this one; a damaged file counts as none.

        Whoever reads it waits for nobody who has just changed it and waits for the disk.
        """
        if self._state is not None:
            return self._state
        with self.lock:
            if self._state is None:
                self._state = self._read() or self._kind()
            return self._state

    def set(self, state: State) -> None:
        """Once it returns, neither a kill nor a power cut loses it. Pages are told before: the disk takes its time."""
        with self.lock:
            self._state = state
            self._changed()
            if self._is_read_only():
                return
            try:
                atomic_files.write_through(self._path, state.model_dump_json().encode(), mode=0o600)
            except OSError as error:
                log.warning("%s cannot be written, so a restart forgets it: %s", self._path.name, error.strerror)

    def forget(self) -> None:
        """Back to the state at first; the file goes."""
        with self.lock:
            self._state = self._kind()
            if not self._is_read_only():
                atomic_files.remove(self._path)

    def _read(self) -> State | None:
        with contextlib.suppress(atomic_files.DamagedRun, ValidationError):
            return self._kind.model_validate_json(atomic_files.read(self._path, self._most))
        return None
