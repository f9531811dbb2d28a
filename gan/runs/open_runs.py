"""The runs of one folder: a run is read from disk when it is first asked for, and again when its files have changed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gan.errors import LiveGANError
from gan.names import NAME
from gan.recording.atomic_files import DamagedRun
from gan.recording.run_file import Desk, read_run_file
from gan.runs import shipped
from gan.runs.name_locks import NameLocks
from gan.runs.run import Run
from gan.runs.summary import RunSummary, SummaryReader, summary_of_run


class RunNotFound(LiveGANError):
    """No run with this name can be opened: there is none, or its files are damaged."""


class OpenRuns:
    """The runs that have been opened or started, by name, and the list of all that there are.

    Args:
        read: opens the run in a folder; raises `DamagedRun`.

    Attributes:
        by_name: those that are open; one that the disk has refused has no folder.
        leaving: names of runs that are being moved to the bin.
        lock: held by whoever adds or removes a run.
    """

    def __init__(self, folder: Path, read: Callable[[Path], Run]) -> None:
        self.by_name: dict[str, Run] = {}
        self.leaving: set[str] = set()
        self.lock = threading.RLock()
        self._folder = folder
        self._read = read
        self._opening = NameLocks()
        self._on_disk = SummaryReader()

    def summaries(self) -> list[RunSummary]:
        """All runs, newest first; damaged ones with the reason. Reads only files that changed since the last call."""
        found = {}
        for folder in self._folders():
            with self.lock:
                run = self.by_name.get(folder.name)
            found[folder.name] = summary_of_run(run) if run and run.ahead_of_disk else self._on_disk.read(folder)
        with self.lock:
            others = [run for run in self.by_name.values() if run.ahead_of_disk and run.name not in found]
        found |= {run.name: summary_of_run(run) for run in others}  # the disk refused its folder
        for name in shipped.hidden(self._folder) & found.keys():
            found[name] = replace(found[name], hidden=found[name].shipped)
        return sorted(found.values(), key=lambda summary: -summary.created)

    def get(self, name: str) -> Run:
        """A run, opened if need be; one that another process trains is read again when it has moved on.

        A run of 12 million batches takes 5 seconds to open. Others that ask for it wait for the same opening, and those
        that ask for another run do not wait. Nobody calls this with the lock, which is taken inside.

        Raises:
            RunNotFound: unknown or damaged.
        """
        run = self.by_name.get(name)
        if run is not None and run.active:
            return run
        if not NAME.fullmatch(name):
            raise unknown(name)
        with self._opening.locked(name):
            run = self.by_name.get(name)
            if run is not None and (run.active or not self._stale(run)):
                return run
            return self._opened(name, run)

    def desk_of(self, name: str) -> Desk | None:
        """The desk that owns a run; None if the teacher does, or if there is no such run. Does not open the run."""
        run = self.by_name.get(name)
        if run is not None:
            return run.run_file.desk
        if not NAME.fullmatch(name) or not self._is_there(name):
            return None
        return self._on_disk.read(self._folder / name).desk

    def _opened(self, name: str, known: Run | None) -> Run:
        """Read a run from its folder and keep it in place of `known`, which is older than the files.

        The lock is free while the files are read, so meanwhile the run may be deleted, woken or replaced.
        """
        folder, opened, damage = self._folder / name, None, None
        try:
            opened = self._read(folder) if self._is_there(name) else None
        except DamagedRun as error:
            damage = f"Run {name} is damaged: {error}"
        with self.lock:
            now = self.by_name.get(name)
            if now is not None and (now is not known or now.active):
                return now
            if opened is None or not self._is_there(name):
                self.by_name.pop(name, None)
                raise RunNotFound(damage) if damage and self._is_there(name) else unknown(name)
            self.by_name[name] = opened
            return opened

    def _folders(self) -> list[Path]:
        try:
            with os.scandir(self._folder) as entries:
                return [Path(entry.path) for entry in entries if entry.is_dir() and NAME.fullmatch(entry.name)]
        except OSError:
            return []

    def _is_there(self, name: str) -> bool:
        return name not in self.leaving and (self._folder / name).is_dir()

    def _stale(self, run: Run) -> bool:
        """Whether the files of a resting run have changed (another process trains it) or are lost."""
        if run.unsaved:
            return False
        try:
            return run.snapshot().state == "elsewhere" or read_run_file(self._folder / run.name) != run.on_disk
        except DamagedRun:
            return True


def unknown(name: str) -> RunNotFound:
    return RunNotFound(f"There is no run named {name[:64]!r}.")
