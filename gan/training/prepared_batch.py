"""What `fast_step` keeps of a batch, in memory that stays where it is: captured operations find it there."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch
from torch import Tensor

from gan.training.cpu_graph import CPUGraph
from gan.training.discriminator_pass import DiscriminatorPass
from gan.training.layers import DropoutMasks
from gan.training.passes import NetworkPass
from gan.training.step_inputs import BatchInputs, BatchKind


class BatchMemory:
    """The inputs, dropout masks and captured graphs of batches of one kind.

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
        self.graphs: dict[str, CPUGraph] = {}  # by the part of the step
        self.uncaptured = 0  # how many batches have run without a graph

    def keep(self, inputs: BatchInputs) -> None:
        """Copy the numbers of a new batch; its labels are kept with its images."""
        self.uncaptured += 1  # a replay repeats only the operations
        torch._foreach_copy_(_numbers(self.inputs), _numbers(inputs))


class PreparedBatch:
    """The part of a batch that does not depend on the generator; see `FastStep.prepare`.

    Attributes:
        indices: of the n real images in the data set.
        rows: n x inputs of the discriminator: the real images, and their labels behind them if it takes any.
        real: n x pixels, the real images in these rows.
        one_hot: n x classes, the labels as numbers; None if the discriminator takes none.
        real_pass: the discriminator's pass over them, with gradients in memory of its own.
        memories: by kind of batch; `memory` is that of this batch.
    """

    memory: BatchMemory

    def __init__(self, rows: Tensor, pixels: int, real_pass: DiscriminatorPass) -> None:
        self.indices = torch.zeros(len(rows), dtype=torch.int64, device=rows.device)
        self.rows, self.real = rows, rows[:, :pixels]
        self.one_hot = rows[:, pixels:] if rows.shape[1] > pixels else None
        self.real_pass = real_pass
        self.real_grads = real_pass.network.grads
        self.memories: dict[BatchKind, BatchMemory] = {}

    def run_real(self, r1_gamma: float) -> None:
        """Run the discriminator on the real images, forward and back; in pairs the way back waits for fake ones."""
        self.real_pass.forward(self.rows)
        if self.real_pass.loss.pairs:
            return
        self.real_pass.differentiate()
        self.real_pass.backward(r1_gamma * self.memory.inputs.penalty_factor)


def _empty_like(tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    return tuple(torch.empty_like(tensor) for tensor in tensors)


def _numbers(inputs: BatchInputs) -> list[Tensor]:
    return [inputs.z, *inputs.d_noise, *inputs.g_noise, *inputs.shares]
