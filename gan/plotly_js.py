"""Plotly's JavaScript: the basic bundle as npm publishes it, kept in the repository by `tools/fetch_plotly.py`."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

VERSION = "4.1.1"  # part of the address, so that browsers may keep the file forever
FILE = Path(__file__).parent / "vendor" / "plotly" / "plotly-basic.min.js"


def source() -> bytes:
    """The bundle as it is, 1.2 MB."""
    return FILE.read_bytes()


@cache
def packed() -> bytes:
    """The bundle as a gzip file of a third of its size."""
    return gzip.compress(source(), compresslevel=6)
