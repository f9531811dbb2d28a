"""The dropout masks of a batch for `fast_step`, in memory that stays where it is."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from gan.training.layers import DropoutMasks
from gan.training.passes import NetworkPass


class BatchMasks:
    """The masks of all steps of a batch; every draw overwrites them.

    Args:
        of_d_steps: for each step of the discriminator what runs in it, in the order in which the masks are drawn.
        of_g_steps: the same for each step of the generator.

    Attributes:
        of_d_steps, of_g_steps: the masks of each step, in the order of the networks; None where nothing is dropped.
    """

    def __init__(
        self, of_d_steps: Sequence[Sequence[NetworkPass]], of_g_steps: Sequence[Sequence[NetworkPass]]
    ) -> None:
        layers = [
            [(layer.output, network.dropout.p) for network in networks for layer in network.linears[:-1]]
            for networks in (*of_d_steps, *of_g_steps)
        ]
        self._dropout = DropoutMasks([layer for step in layers for layer in step])
        masks = iter(self._dropout.masks)
        by_step = [[next(masks) for _ in step] for step in layers]
        self.of_d_steps, self.of_g_steps = by_step[: len(of_d_steps)], by_step[len(of_d_steps) :]

    def draw(self, rng: torch.Generator | None) -> None:
        self._dropout.draw(rng)
