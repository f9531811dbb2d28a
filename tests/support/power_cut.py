"""A disk on which, after a power cut, only that is left for which somebody has waited."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads files by their open descriptors")


class Disk:
    """Notes what `fsync` and `fdatasync` bring to the disk: the bytes of files, and which names a folder has."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._bytes: dict[int, bytes] = {}  # by the file's number on the disk
        self._names: dict[str, int] = {}
        for name in ("fsync", "fdatasync"):
            patch.setattr(os, name, self._flush)

    def _flush(self, opened: int) -> None:
        about = os.fstat(opened)
        if stat.S_ISDIR(about.st_mode):
            self._names = {entry.name: entry.inode() for entry in os.scandir(self._folder)}
        else:
            self._bytes[about.st_ino] = Path(f"/proc/self/fd/{opened}").read_bytes()

    def after_power_cut(self, other: Path) -> Path:
        """Copy into another folder what is left."""
        other.mkdir()
        for name, number in self._names.items():
            (other / name).write_bytes(self._bytes.get(number, b""))
        return other
