"""The devices of this machine, and the number of threads; `device_choice` chooses among the devices."""

from __future__ import annotations

import contextlib
import math
import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import torch

from gan.errors import LiveGANError

T = TypeVar("T")
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class DeviceError(LiveGANError):
    """This machine lacks the device."""


def kinds() -> list[str]:
    """The kinds of devices that this machine has, the processor last."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return [kind for kind, present in available.items() if present]


def select(kind: str) -> torch.device:
    """The device of this kind: "cuda", "mps" or "cpu"; see `device_choice` for "auto".

    Raises:
        DeviceError: the machine lacks it.
    """
    if kind not in kinds():
        raise DeviceError(f"This machine has no {kind} device; choose auto or cpu.")
    return torch.device(kind)


def processor(kind: str) -> str:
    """Describes a device as far as it decides the last bits of a sum: its model and instruction set."""
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
    Instead, a run that has two cores to itself halves its operations: see `halved_graph`.
    """
    torch.set_num_threads(1)


def give_way(niceness: int) -> None:
    """Let this thread compute only half as much (3) or a tenth (10) where others want the core; Linux alone can."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


LATELY = 1.0  # seconds for which a thread that has trained still counts: it may be about to train again
_training: dict[int, float] = {}  # by thread, until when it counts among those that train
_spare = ThreadPoolExecutor(max(1, CORES // 2), "spare-core", initializer=use_one_thread)


@contextlib.contextmanager
def computing() -> Iterator[None]:
    """Count this thread among those that train: a core that one of them needs is not spare."""
    mine = threading.get_ident()
    _training[mine] = math.inf
    try:
        yield
    finally:
        _training[mine] = time.monotonic() + LATELY


def has_a_spare_core() -> bool:
    """Whether every run that trains has a second core, which may share its batches.

    On x86 other threads see a thread's writes in order; elsewhere, as on ARM, sharing a batch would need barriers.
    """
    now = time.monotonic()
    for thread, until in list(_training.items()):
        if until < now:
            _training.pop(thread, None)
    return 2 * max(1, len(_training)) <= CORES and platform.machine().lower() in ("x86_64", "amd64")


def submit_to_spare_core(work: Callable[..., T], *args: object) -> Future[T] | None:
    """Call `work(*args)` on another thread; None if the process is ending."""
    try:
        return _spare.submit(work, *args)
    except RuntimeError:
        return None
