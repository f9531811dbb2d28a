"""The one place where the device of a run and the number of threads are chosen."""

from __future__ import annotations

import contextlib
import platform
from pathlib import Path

import torch


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
    """Let every run compute on one thread; call it in each training thread.

    On 2 idle cores a second thread makes the default step a fifth faster (1.9 instead of 2.4 ms), but as soon as
    anything else wants a core the two wait for each other (30 to 130 ms). It also takes the core that serves the page,
    and changes the last bits of some products: with one thread a run's results do not depend on the machine's load.
    A second Python thread that computes half of the rows changes no bit, but gains nothing at the default settings (2.4
    against 2.2 ms): after each of the 80 small operations the two wait for the interpreter lock. Two processes do not.
    """
    torch.set_num_threads(1)
