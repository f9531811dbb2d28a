"""The bin: a hidden folder beside the runs that keeps deleted ones for a while.

    <runs>/.bin/<milliseconds since 1970>-<name>/   a run's whole folder; its name tells when it was deleted

Moving a folder there and back is one rename, so a run is always whole in one of the two places. Whatever else lies in
the bin's folder is left alone.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from gan.errors import LiveGANError
from gan.limits import BIN_DAYS
from gan.recording import atomic_files
from gan.recording.atomic_files import DamagedRun
from gan.recording.run_file import Desk, read_run_file
from gan.runs.folders import remove_if_empty, restore

FOLDER = ".bin"
KEY = re.compile(r"(\d{13})-([A-Za-z0-9][A-Za-z0-9._-]{0,63})")


@dataclass(frozen=True)
class Binned:
    """A deleted run.

    Attributes:
        key: its name in the bin.
        deleted: when (seconds since 1970).
        size: in bytes.
        desk: the desk that owned it.
    """

    key: str
    name: str
    title: str
    deleted: float
    size: int
    desk: Desk | None = None

    @property
    def days_left(self) -> int:
        return min(BIN_DAYS, max(0, round(BIN_DAYS - (time.time() - self.deleted) / 86_400)))


class RecycleBin:
    """The bin of one folder of runs."""

    def __init__(self, runs: Path) -> None:
        self.folder = runs / FOLDER
        self._known: dict[str, Binned] = {}  # runs in the bin do not change

    def put(self, run: Path) -> str:
        """Move a run's folder into the bin and return its key there.

        Raises:
            FileNotFoundError: it is not there. LiveGANError: the disk refuses.
        """
        moment = int(time.time() * 1000)
        if not run.is_dir():
            raise FileNotFoundError(run)
        if self.folder.is_symlink():
            raise LiveGANError(
                f"Run {run.name} could not be moved to the bin: {FOLDER} is a link; remove that link first."
            )
        try:
            self.folder.mkdir(exist_ok=True)
            while (self.folder / f"{moment}-{run.name}").exists():
                moment += 1
            key = f"{moment}-{run.name}"
            _move(run, self.folder / key)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise LiveGANError(f"Run {run.name} could not be moved to the bin: {error.strerror}.") from None
        return key

    def listed(self) -> list[Binned]:
        """All runs in the bin, newest deletion first."""
        keys = self._keys()
        for gone in self._known.keys() - set(keys):
            self._known.pop(gone, None)
        return [self._look(key) for key in sorted(keys, reverse=True)]

    def find(self, wanted: str) -> Binned:
        """The run with this key, or the newest with this name or title; raises `LiveGANError`."""
        found = next((one for one in self.listed() if wanted in (one.key, one.name, one.title)), None)
        if found is None and KEY.fullmatch(wanted):
            raise LiveGANError("This run is no longer in the bin.")
        if found is None:
            raise LiveGANError(f"There is no run {wanted[:80]!r} in the bin.")
        return found

    def take_out(self, key: str, into: Path) -> None:
        """Move a run from the bin to the folder `into`; raises `LiveGANError`."""
        if key not in self._keys():
            raise LiveGANError("This run is no longer in the bin.")
        restore(self.folder / key, into, "The run")

    def empty(self, before: float | None = None) -> int:
        """Remove all runs for good, or those deleted before a moment; returns how many were removed."""
        wanted = [key for key in self._keys() if before is None or self._is_older(key, before)]
        for key in wanted:
            self._remove(key)
        remove_if_empty(self.folder)
        left = self._keys()
        return sum(key not in left for key in wanted)

    def expire(self) -> int:
        """Remove runs for good that have been in the bin for `BIN_DAYS` days; returns how many were removed."""
        return self.empty(time.time() - BIN_DAYS * 86_400)

    def thin(self, desk: Desk, most: int) -> None:
        """Remove the runs of a desk that were deleted first, and keep `most` of them."""
        for old in [one.key for one in self.listed() if one.desk is not None and one.desk.id == desk.id][most:]:
            self._remove(old)

    # --- parts -------------------------------------------------------------------------------------------------

    def _remove(self, key: str) -> None:
        path = self.folder / key
        if path.is_symlink():
            atomic_files.remove(path)
        else:
            shutil.rmtree(path, ignore_errors=True)

    def _keys(self) -> list[str]:
        if self.folder.is_symlink():  # the bin never puts anything into another folder
            return []
        try:
            paths = [path for path in self.folder.iterdir() if KEY.fullmatch(path.name)]
        except OSError:
            return []
        return [path.name for path in paths if path.is_dir() or path.is_symlink()]

    def _is_older(self, key: str, before: float) -> bool:
        """Whether this is a run that was deleted before a moment; a folder without a run is never removed."""
        is_run = any((self.folder / key / name).exists() for name in ("run.json", "previous.json"))
        return is_run and _deleted(key) < before

    def _look(self, key: str) -> Binned:
        if key not in self._known:
            path, name = self.folder / key, key.partition("-")[2]
            title, desk = name, None
            with contextlib.suppress(DamagedRun):
                run_file = read_run_file(path)
                title, desk = run_file.title or name, run_file.desk
            self._known[key] = Binned(key, name, title, _deleted(key), atomic_files.size(path), desk)
        return self._known[key]


def _move(run: Path, into: Path) -> None:
    """Move a run's folder, or the link to it, made absolute since a relative one would break; raises OSError."""
    if run.is_symlink():
        into.symlink_to(run.resolve(), target_is_directory=True)
        run.unlink()
    else:
        run.rename(into)


def _deleted(key: str) -> float:
    return int(key.partition("-")[0]) / 1000
