"""The devices of this machine, and the number of threads; `device_choice` chooses among the devices."""

from __future__ import annotations

import contextlib
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
    Instead, a run hands one piece of each batch to a spare core: see `submit_to_spare_core`.
    """
    torch.set_num_threads(1)


def give_way(niceness: int) -> None:
    """Let this thread compute only half as much (3) or a third (5) where others want the core; Linux alone can."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


LATELY = 1.0  # seconds
_computing: set[int] = set()  # the threads that train at this moment; changing one entry takes no lock
_trained: dict[int, float] = {}  # when each last did
_spare = ThreadPoolExecutor(max(1, CORES - 1), "spare-core", initializer=use_one_thread)


@contextlib.contextmanager
def computing() -> Iterator[None]:
    """Count this thread among those that train: no core is spare that one of them needs."""
    mine = threading.get_ident()
    _computing.add(mine)
    try:
        yield
    finally:
        _computing.discard(mine)
        _trained[mine] = time.monotonic()


def has_a_spare_core() -> bool:
    """Whether fewer threads train now than there are cores, and no more than that trained in the last second."""
    if CORES == 1 or len(_computing) >= CORES:
        return False
    if len(_trained) > CORES:
        lately = time.monotonic() - LATELY
        for thread, when in list(_trained.items()):
            if when < lately:
                _trained.pop(thread, None)
    return len(_trained) <= CORES


def submit_to_spare_core(work: Callable[..., T], *args: object) -> Future[T] | None:
    """Run `work(*args)` on another thread; None if no core is spare, or if the process is ending.

    There is one such thread for each other core, and all runs share them. So the work may have to wait; a caller that
    needs the result before it has begun cancels it and does the work itself. Where as many runs train as there are
    cores, handing work over only costs: on 2 cores, two runs train a quarter faster without it (404 batches/s instead
    of 331), and a run beside 40 slow ones and a class trains a fifth faster.
    """
    if not has_a_spare_core():
        return None
    try:
        return _spare.submit(work, *args)
    except RuntimeError:
        return None
