"""The devices of this machine, and the number of threads; `device_choice` chooses among the devices."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import threading
from pathlib import Path

import torch

from gan.errors import LiveGANError

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

    Sharing each batch between two cores gains little, too. With the upper rows of every operation on one core and the
    lower ones on the other, a batch took 2.05 ms instead of 2.18: half the operations take 1.2 ms, but each core then
    reads 1 MB a batch that the other one has just written, at 14 ns a cache line.
    """
    torch.set_num_threads(1)


def give_way(niceness: int) -> None:
    """Let this thread compute only half as much (3) or a third (5) where others want the core; Linux alone can."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
