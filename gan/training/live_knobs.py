"""Live knobs as scalar tensors on a device: a captured step reads them each time it runs, so a knob moves at once.

Whatever else the settings say is written into a CUDA graph when it is captured. `structure` is that part of the live
knobs: while it stays the same, a captured graph stays true.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable
from typing import Literal, cast

import torch
from torch import Tensor

from gan.settings import Settings
from gan.training.build import optimizer_options
from gan.training.layers import DropoutConstants, drops
from gan.training.step_inputs import Objective


class LiveKnobs:
    """See the module.

    Attributes:
        lr, momentum: of the generator ("g") and the discriminator ("d").
        dropout: only of use while units are dropped at all.
        ema_decay: in double precision, as the average computes with it.
    """

    def __init__(self, settings: Settings, device: torch.device) -> None:
        def scalar(dtype: torch.dtype = torch.float32) -> Tensor:
            return torch.zeros((), dtype=dtype, device=device)

        self.lr: dict[Literal["g", "d"], Tensor] = {"g": scalar(), "d": scalar()}
        self.momentum: dict[Literal["g", "d"], Tensor] = {"g": scalar(), "d": scalar()}
        self.dropout = DropoutConstants(scalar(torch.int16), scalar())
        self.ema_decay = scalar(torch.float64)
        self._real_label, self._r1, self._r2, self._between = (scalar() for _ in range(4))
        self.turn(settings)

    def turn(self, settings: Settings) -> None:
        """Take the values of these settings, for the next batch that runs on the device."""
        s = settings
        for side, lr in self.lr.items():
            lr.fill_(getattr(s, f"lr_{side}"))
            self.momentum[side].fill_(getattr(s, f"momentum_{side}"))
        if drops(s.dropout):
            for scalar, value in zip(self.dropout, DropoutConstants.of(s.dropout), strict=True):
                scalar.copy_(value)
        self.ema_decay.fill_(s.ema_decay)
        self._real_label.fill_(1.0 - s.label_smoothing)
        self._r1.fill_(s.r1_gamma * s.penalty_every)
        self._r2.fill_(s.r2_gamma * s.penalty_every)
        self._between.fill_(s.gradient_penalty)

    def objective(self, settings: Settings) -> Objective:
        """The objective of these settings, with the live weights as tensors; the gammas count lazy batches already."""
        plain = Objective.of(settings)
        return dataclasses.replace(
            plain,
            real_label=cast("float", self._real_label),
            r1_gamma=cast("float", self._r1) if plain.r1_gamma else 0.0,
            r2_gamma=cast("float", self._r2) if plain.r2_gamma else 0.0,
            gradient_penalty=cast("float", self._between) if plain.gradient_penalty else 0.0,
        )


def structure(settings: Settings) -> Hashable:
    """What a captured graph holds fixed of the live knobs."""
    s = settings
    fixed = [s.d_steps, s.g_steps, drops(s.dropout), s.r1_gamma > 0, s.r2_gamma > 0, s.gradient_penalty > 0]
    for side in ("g", "d"):
        options = optimizer_options(s, side)
        fixed += [options["betas"] if "betas" in options else options["momentum"] > 0]
    return tuple(fixed)
