"""The one place where the device of a run and the number of threads are chosen."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import torch

T = TypeVar("T")
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class DeviceError(Exception):
    """The asked-for device is not there; the text is one sentence for the user."""


def pick(name: str) -> torch.device:
    """ "auto" takes CUDA, then Apple's GPU, then the processor; raises `DeviceError` for one that is not there."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, present in there.items() if present))
    if not there.get(name, False):
        raise DeviceError(f"This machine has no {name} device; choose auto or cpu.")
    return torch.device(name)


def processor(name: str) -> str:
    """What the device is, as far as it decides the last bits of a sum: its kind, model and instruction set."""
    kind = pick(name).type
    if kind == "cuda":
        return torch.cuda.get_device_name()
    model = ""
    with contextlib.suppress(OSError):  # only Linux has it
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    words = [platform.machine(), model or platform.processor(), torch.backends.cpu.get_cpu_capability()]
    return " ".join(word for word in words if word) + (" mps" if kind == "mps" else "")


def one_thread_a_run() -> None:
    """Let every operation compute on one thread; call it in each training thread.

    On 2 idle cores torch's own second thread makes the default step a fifth faster, but as soon as anything else wants
    a core the two wait for each other (30 to 130 ms), and the last bits of some products are others. What a run can do
    beside itself goes to a spare core in one piece a batch instead: see `on_a_spare_core`.
    """
    torch.set_num_threads(1)


_spare = ThreadPoolExecutor(max(1, CORES - 1), "spare-core", initializer=one_thread_a_run)


def on_a_spare_core(work: Callable[..., T], *args: object) -> Future[T] | None:
    """Have `work(*args)` done by another thread; None where there is no other core, or when the process is ending.

    There are as many such threads as other cores. So it may have to wait, and whoever needs it first cancels it and
    does it himself.
    """
    if CORES == 1:
        return None
    try:
        return _spare.submit(work, *args)
    except RuntimeError:
        return None
