"""Chooses the device of a run and the number of threads; nothing else does."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import torch

from gan.errors import LiveGANError

T = TypeVar("T")
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class DeviceError(LiveGANError):
    """This machine lacks the device."""


def select(name: str) -> torch.device:
    """The device called `name`: "cuda", "mps" or "cpu"; "auto" selects the first of these that the machine has.

    Raises:
        DeviceError: the machine lacks this one.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, present in available.items() if present))
    if not available.get(name, False):
        raise DeviceError(f"This machine has no {name} device; choose auto or cpu.")
    return torch.device(name)


def processor(name: str) -> str:
    """Describes the device as far as it decides the last bits of a sum: its kind, model and instruction set."""
    kind = select(name).type
    if kind == "cuda":
        return torch.cuda.get_device_name()
    model = ""
    with contextlib.suppress(OSError):  # only Linux has it
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    words = [platform.machine(), model or platform.processor(), torch.backends.cpu.get_cpu_capability()]
    return " ".join(word for word in words if word) + (" mps" if kind == "mps" else "")


def use_one_thread() -> None:
    """Let every operation compute on one thread; call it in each training thread.

    On 2 idle cores torch's own second thread makes the default step a fifth faster. But as soon as another program
    wants a core, the two threads wait for each other (30 to 130 ms), and the last bits of some products differ.
    Instead, a run hands one piece of each batch to a spare core: see `submit_to_spare_core`.
    """
    torch.set_num_threads(1)


_spare = ThreadPoolExecutor(max(1, CORES - 1), "spare-core", initializer=use_one_thread)


def submit_to_spare_core(work: Callable[..., T], *args: object) -> Future[T] | None:
    """Run `work(*args)` on another thread; None if there is no other core, or if the process is ending.

    There is one such thread for each other core, and all runs share them. So the work may have to wait; a caller that
    needs the result before it has begun cancels it and does the work itself.
    """
    if CORES == 1:
        return None
    try:
        return _spare.submit(work, *args)
    except RuntimeError:
        return None
