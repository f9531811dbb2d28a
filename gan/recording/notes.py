"""`notes.txt`: what its owner notes of a run, for the lab report. Plain text; no figure depends on it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from gan.errors import LiveGANError
from gan.limits import MAX_NOTES
from gan.recording import atomic_files
from gan.recording.atomic_files import DamagedRun

NAME = "notes.txt"
_BYTES_EACH = 4  # that a character takes at most


def read(folder: Path) -> str:
    """The notes of the run in a folder; "" if there are none or they cannot be read."""
    try:
        return atomic_files.read(folder / NAME, _BYTES_EACH * MAX_NOTES).decode(errors="replace")
    except DamagedRun:
        return ""


def write(folder: Path, text: str) -> None:
    """Keep these notes instead; "" removes them. Raises LiveGANError if they are too long, OSError."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(each for each in lines if each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cs"))
    if len(kept) > MAX_NOTES:
        raise LiveGANError(f"Notes have at most {MAX_NOTES:,} characters.")
    if kept.strip():
        atomic_files.write(folder / NAME, kept.encode())
    else:
        atomic_files.remove(folder / NAME)
