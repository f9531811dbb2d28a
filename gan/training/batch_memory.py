"""What `fast_step` draws for a batch, in memory that stays where it is: captured operations find it there."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch
from torch import Tensor

from gan.training.layers import DropoutMasks
from gan.training.passes import NetworkPass
from gan.training.step_inputs import BatchInputs


class BatchMemory:
    """The inputs and dropout masks of batches of one kind.

    Args:
        inputs: any inputs of such a batch.
        networks_of_d_step: what runs in a step of the discriminator, in the order in which the masks are drawn.
        networks_of_g_steps: the same for each step of the generator.

    Attributes:
        inputs: of the current batch, without its labels.
        d_masks, g_masks: the masks of each step of the discriminator and of the generator, in the order of the
            networks; None where nothing is dropped.
    """

    def __init__(
        self, inputs: BatchInputs, networks_of_d_step: Sequence[NetworkPass],
        networks_of_g_steps: Sequence[Sequence[NetworkPass]],
    ) -> None:  # fmt: skip
        self.inputs = dataclasses.replace(
            inputs, z=torch.empty_like(inputs.z), d_noise=_empty_like(inputs.d_noise),
            g_noise=_empty_like(inputs.g_noise), shares=_empty_like(inputs.shares), labels=None,
        )  # fmt: skip
        steps = [*[networks_of_d_step] * (1 + len(inputs.d_noise)), *networks_of_g_steps]
        layers = [
            [(layer.output, network.dropout.p) for network in networks for layer in network.linears[:-1]]
            for networks in steps
        ]
        self.dropout = DropoutMasks([layer for step in layers for layer in step])
        masks = iter(self.dropout.masks)
        by_step = [[next(masks) for _ in step] for step in layers]
        self.d_masks, self.g_masks = by_step[: -len(networks_of_g_steps)], by_step[-len(networks_of_g_steps) :]

    def keep(self, inputs: BatchInputs) -> None:
        """Copy the numbers of a new batch; its labels are kept behind its images."""
        torch._foreach_copy_(_numbers(self.inputs), _numbers(inputs))


def _empty_like(tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    return tuple(torch.empty_like(tensor) for tensor in tensors)


def _numbers(inputs: BatchInputs) -> list[Tensor]:
    return [inputs.z, *inputs.d_noise, *inputs.g_noise, *inputs.shares]
