"""The exponential moving average of a generator's weights."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from gan.training.networks import Generator


class GeneratorEMA:
    """A generator whose weights are the moving average of another one's; its images are steadier and better.

    See Yazici et al. 2019. After n batches the decay is at most (1 + n) / (10 + n), so a new average follows faster and
    is useful from the first epoch on. The running mean and variance of batch normalisation are averaged, too.

    Attributes:
        generator: a copy of the generator that holds the averages.
        batches: how many batches have been averaged, a scalar tensor.
    """

    def __init__(self, generator: Generator) -> None:
        rng, generator.dropout.rng = generator.dropout.rng, None  # the copy needs none, and it cannot be copied
        self.generator = copy.deepcopy(generator).requires_grad_(False)
        generator.dropout.rng = rng
        self.batches = torch.zeros(())
        self.rebind(generator)

    def rebind(self, generator: Generator) -> None:
        """Look up the tensors of both generators again, after a parameter was replaced."""
        self._averages, self._sources = _tensors(self.generator), _tensors(generator)

    def update(self, decay: float) -> None:
        """Move the averages towards the generator's tensors, after a batch."""
        n = float(self.batches.add_(1))
        with torch.no_grad():
            torch._foreach_lerp_(self._averages, self._sources, 1 - min(decay, (1 + n) / (10 + n)))


def _tensors(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]
