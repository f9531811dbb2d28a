"""The one place where the device of a run and the number of threads are chosen."""

from __future__ import annotations

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


def one_thread_a_run() -> None:
    """Let every run compute on one thread; call it in each training thread.

    A second thread makes the default step hardly faster (2.5 instead of 2.9 ms in its matrix products on 2 cores),
    takes the core that serves the page, and could change the last bits of a product: with one thread a run's
    results do not depend on what else the machine does.
    """
    torch.set_num_threads(1)
