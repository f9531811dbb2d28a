"""File handles: each connection and each open file takes one, and the system limits their number per process."""

from __future__ import annotations

import contextlib
import os
import sys

TARGETS = (65_536, 10_240)  # where the hard limit is endless: more than a server needs, and what macOS gives at most


def raise_limit() -> None:
    """Raise this process's limit as far as the system lets it: many systems begin with 256 or 1024."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = TARGETS if hard == resource.RLIM_INFINITY else (min(hard, TARGETS[0]), *TARGETS[1:])
    for target in wanted:
        if soft == resource.RLIM_INFINITY or target <= soft:
            continue
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
            return


def limit() -> int | None:
    """The number of handles that this process may have; None if the system sets no limit."""
    if sys.platform == "win32":
        return None
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def in_use() -> int:
    """The number of open handles: a new one gets the lowest free number, and all below it are taken."""
    try:
        handle = os.open(os.devnull, os.O_RDONLY)
    except OSError:
        return limit() or 0
    os.close(handle)
    return handle


def scarce(share: float, handle: int | None = None) -> bool:
    """Whether more than this share of all handles is open; `handle`: the number of a handle that was just opened."""
    most = limit()
    return most is not None and (in_use() if handle is None else handle) >= share * most
