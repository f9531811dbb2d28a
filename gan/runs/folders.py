"""What the bin and the copies that are set aside share: folders of runs that are kept for a while and restored."""

from __future__ import annotations

import contextlib
from pathlib import Path

from gan.errors import LiveGANError


def restore(kept: Path, into: Path, what: str) -> None:
    """Move a folder that is kept to `into`, by one rename; `what` begins the sentence if the disk refuses.

    Raises:
        LiveGANError: the disk refuses; nothing has changed.
    """
    try:
        kept.rename(into)
    except OSError as error:
        raise LiveGANError(f"{what} could not be restored: {error.strerror}.") from None


def remove_if_empty(folder: Path) -> None:
    """Remove the folder around what is kept, unless something else lies in it."""
    with contextlib.suppress(OSError):
        folder.rmdir()
