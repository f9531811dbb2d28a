"""The root of LiveGAN's exceptions, and the one that every room may raise.

A room has a class of its own only where a caller tells it apart. Clauses that never reach the user by themselves
(`NotJSON`, `NotTensors`) and signals within a thread (`Diverged`) do not belong to this family.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class LiveGANError(Exception):
    """Something that cannot be done; the text is one sentence for the user."""


class Busy(LiveGANError):
    """Too much of the same is running or waiting; it may work a moment later."""


@contextmanager
def prefixed(beginning: str, kind: type[LiveGANError]) -> Iterator[None]:
    """Puts `beginning` and a colon before the text of an exception of this kind, which stays of this kind."""
    try:
        yield
    except kind as error:
        raise kind(f"{beginning}: {error}") from None
