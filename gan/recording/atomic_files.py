"""Reads and writes files so that each is whole or absent: written under another name, then renamed into place."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from gan.errors import LiveGANError
from gan.limits import in_words

PIECE = 2**20  # bytes
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


class DamagedRun(LiveGANError):
    """A run's files are not what they should be; the text says which and how, to be read after "Run x is damaged: "."""


def read(path: Path, most: int) -> bytes:
    """The content of a run's file of at most `most` bytes; raises `DamagedRun`."""
    with opened(path, most) as file:
        size = os.fstat(file.fileno()).st_size  # Python allocates as much as it is asked to read
        content = file.read(min(size, most) + 1)
        if len(content) > most:  # it has grown
            raise _too_large(path, most)
        return content


@contextlib.contextmanager
def opened(path: Path, most: int) -> Iterator[BinaryIO]:
    """Open a run's file of at most `most` bytes, to be read in parts.

    Raises `DamagedRun`, also if the disk fails within the `with` block.
    """
    try:
        about = path.stat()
        if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):  # opening a pipe could wait forever
            raise DamagedRun(f"{path.name} is not a file.")
        if about.st_size > most:
            raise _too_large(path, most)
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise DamagedRun(f"{path.name} is missing.") from None
    except OSError as error:
        raise DamagedRun(f"{path.name} cannot be read: {error.strerror}.") from None


def _too_large(path: Path, most: int) -> DamagedRun:
    return DamagedRun(f"{path.name} is larger than {in_words(most)}.")


def pieces(file: BinaryIO, length: int | None = None) -> Iterator[bytes]:
    """The next `length` bytes of a file (None: all), in pieces of a megabyte."""
    left = length if length is not None else sys.maxsize
    while left and (piece := file.read(min(left, PIECE))):
        left -= len(piece)
        yield piece


def write(path: Path, content: bytes, *, flush: bool = True, mode: int = 0o666) -> None:
    """Write under another name, flush to the disk, rename into place: a reader sees the old file or the new one.

    Without `flush`, a power failure (but not the death of the process) may leave an empty file, which is good enough
    for files that can be made again. `mode`: who may read and write the file, less what the system takes away. Raises
    OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb", opener=partial(os.open, mode=mode)) as file:  # a path has no opener
            file.write(content)
            if flush:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        remove(temporary)
        raise


def write_through(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """The same, and after a power failure the new file is there, not the old one. Raises OSError."""
    write(path, content, mode=mode)
    flush(path.parent)


def flush(path: Path) -> None:
    """Have what was written to a file, or which files a folder has, on the disk; raises OSError."""
    if path.is_dir() and sys.platform == "win32":  # there a folder cannot be opened
        return
    opened_file = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        getattr(os, "fdatasync", os.fsync)(opened_file)
    finally:
        os.close(opened_file)


def append(path: Path, content: bytes, *, flush: bool = True) -> None:
    """Append to a file and flush it to the disk; raises OSError, and then the file is as it was before.

    Without `flush`, a power failure (but not the death of the process) may lose the content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab", buffering=0) as file:  # a buffer would write its rest when the file is closed
        before = file.tell()
        try:
            while content:
                content = content[file.write(content) :]
            if flush:
                os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(file.fileno(), before)
            raise


def link(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it if the disk has no links.

    Both names may share their bytes, since nothing here changes a file in place.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source.resolve() if source.is_symlink() else source, target)  # a relative link would lead nowhere
    except FileNotFoundError:
        raise
    except OSError:
        write(target, source.read_bytes())


def remove(path: Path) -> None:
    """Remove a file, if it exists and the disk allows it."""
    with contextlib.suppress(OSError):
        path.unlink()


def size(folder: Path) -> int:
    """The bytes of all files in a run's folder; a file with several names counts once."""
    return sum(_sizes(folder).values())


def _sizes(folder: Path) -> dict[object, int]:
    found: dict[object, int] = {}
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                found |= _sizes(Path(entry.path))
            else:
                about = entry.stat()
                found[(about.st_dev, about.st_ino) if about.st_nlink > 1 else entry.path] = about.st_size
    return found


def sha256(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()


def check(name: str, content: bytes | memoryview, expected: str) -> None:
    """Raise `DamagedRun` unless `expected` is the checksum of the content."""
    if sha256(content) != expected:
        raise altered(name)


def check_file(path: Path, most: int, expected: str) -> None:
    """Raise `DamagedRun` unless `expected` is the checksum of a file, which is read in pieces."""
    digest = hashlib.sha256()
    with opened(path, most) as file:
        for piece in pieces(file):
            digest.update(piece)
    if digest.hexdigest() != expected:
        raise altered(path.name)


def altered(name: str) -> DamagedRun:
    """The complaint about a file with another checksum than expected."""
    return DamagedRun(f"{name} is not as it was written (its checksum differs).")
