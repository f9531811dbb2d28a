"""Who this server is for: one person, a class, or everybody alike."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

OPEN = "LIVEGAN_OPEN"  # 1: everybody who reaches the server steers all runs
# Each of these says that others reach this server, also through a proxy on the same machine.
REACHED_BY_OTHERS = ("LIVEGAN_HOSTS", "LIVEGAN_TRUSTED_PROXIES")
LOCAL = ("localhost", "127.0.0.1", "::1", "[::1]")


class Kind(StrEnum):
    ALONE = "alone"
    CLASS = "class"
    OPEN = "open"


@dataclass(frozen=True)
class Opening:
    """How the server was started: for whom, on which port, and below which path ("" or "/name")."""

    kind: Kind = Kind.ALONE
    port: int = 8501
    base: str = ""
    behind_proxy: bool = False  # a proxy's requests look as if they came from this machine


ALONE = Opening()


def opening_of(address: str | None, port: int, base: str, environment: Mapping[str, str] = os.environ) -> Opening:
    """`address`: where the server listens; None for everywhere."""
    behind_proxy = any(environment.get(name, "").strip() for name in REACHED_BY_OTHERS)
    if environment.get(OPEN, "").strip() == "1":
        kind = Kind.OPEN
    elif address in LOCAL and not behind_proxy:
        kind = Kind.ALONE
    else:
        kind = Kind.CLASS
    return Opening(kind, port, base, behind_proxy)
