"""Chooses the device that a run trains on, from figures that were measured once on an H200 and on one core beside it.

| seconds a batch | fixed | per floating-point operation |
| --- | --- | --- |
| GPU, a captured step | 0.0004 | 1e-13 |
| GPU, launched from Python | 0.0055 | 1e-13 |
| processor, the fast step | 0.0002 | 1.25e-11 |
| processor, the reference step | 0.0015 | 2.5e-11 |

Other machines differ by a few times, which hardly changes the choice: captured, a GPU is faster for all but the
smallest batches; otherwise it pays for larger networks alone. The choice depends on nothing that changes while a run
trains.
"""

from __future__ import annotations

import itertools
import math
import re
from typing import NamedTuple

import torch

from gan.settings import Settings
from gan.training import device
from gan.training.build import IMAGE_SHAPE
from gan.training.steps import choose_step

ARCHITECTURES = re.compile(r"x86|amd64|i\d86|arm|aarch|ppc|power|s390|riscv|loong", re.IGNORECASE)


class DeviceChoice(NamedTuple):
    """The kind of the device that a run trains on ("cpu", "cuda" or "mps"), and why, in one sentence for the user."""

    kind: str
    reason: str


def choose_device(settings: Settings, *, own: bool = False, trained_on: str = "") -> DeviceChoice:
    """The device of a run with these settings; one that has trained keeps its device.

    Args:
        own: whether it has networks of one's own.
        trained_on: where it was trained before (see `device.processor`).
    """
    if settings.device != "auto":
        return DeviceChoice(settings.device, "Chosen in the settings.")
    kinds = device.kinds()
    before = kind_of(trained_on)
    if before in kinds:
        return DeviceChoice(before, "The run has been trained there.")
    if kinds == ["cpu"]:
        return DeviceChoice("cpu", "This machine has no other that torch can use.")
    if kinds[0] != "cuda":
        return DeviceChoice(kinds[0], "It is the graphics processor of this machine.")
    if own:
        return DeviceChoice("cuda", "Networks of one's own may be of any size.")
    gpu, cpu = (1000 * seconds_per_batch(settings, kind) for kind in ("cuda", "cpu"))
    reason = f"By measured figures, a batch takes about {gpu:.1f} ms on a GPU and {cpu:.1f} ms on a processor."
    return DeviceChoice("cuda" if gpu < cpu else "cpu", reason)


def kind_of(trained_on: str) -> str | None:
    """The kind of the last device in a description of where a run was trained; None if that says nothing."""
    last = trained_on.rpartition(", ")[2]
    if not last:
        return None
    if not ARCHITECTURES.match(last):
        return "cuda"
    return "mps" if last.endswith(" mps") else "cpu"


def seconds_per_batch(settings: Settings, kind: str) -> float:
    """What a batch takes about; see the module."""
    step = choose_step(settings, device=kind).step
    if kind == "cuda":
        fixed, each = 0.0004 if step == "graph" else 0.0055, 1e-13
    else:
        fixed, each = (0.0002, 1.25e-11) if step == "fast" else (0.0015, 2.5e-11)
    return fixed + each * operations(settings)


def operations(settings: Settings) -> int:
    """The floating-point operations of a batch, without those of the latent layer and of additional steps."""
    pixels = math.prod(IMAGE_SHAPE)
    widths = {"g": [*settings.g_hidden, pixels], "d": [pixels, *settings.d_hidden, 1]}
    weights = {side: sum(a * b for a, b in itertools.pairwise(each)) for side, each in widths.items()}
    # a network runs forwards and twice backwards; the discriminator sees real images, fake ones, and fake ones again
    return 2 * settings.batch_size * (3 * weights["g"] + 8 * weights["d"])


def device_of(settings: Settings, *, own: bool = False, trained_on: str = "") -> torch.device:
    """The device that `choose_device` chooses.

    Raises:
        DeviceError: the settings ask for one that this machine lacks.
    """
    return device.select(choose_device(settings, own=own, trained_on=trained_on).kind)
