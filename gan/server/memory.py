"""The memory of the process: what it no longer needs goes back to the system, and collections are kept short."""

from __future__ import annotations

import ctypes
import gc
from functools import cache
from typing import Any


def give_back() -> None:
    """Return what has been freed; takes some 15 ms, without the interpreter lock. Elsewhere than on Linux: nothing.

    glibc keeps freed pieces that lie between used ones: after the start and some visitors, hundreds of MB.
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


def keep_what_is_there() -> None:
    """Exclude every object that exists now from garbage collections; call it when all that stays is loaded.

    A full collection stops every thread. With the 340,000 objects of PyTorch and Streamlit it took 160 to 390 ms.
    """
    gc.collect()
    gc.freeze()


@cache
def _malloc_trim() -> Any:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library; on Windows None is not a name of one
        return None
