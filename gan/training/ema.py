"""The running average of a generator's weights, beside it while it trains."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from gan.training.networks import Generator


class GeneratorEMA:
    """The running average of a generator's weights, whose images are steadier and better (Yazici et al. 2019).

    A fresh one follows faster: after n batches the decay is at most (1 + n) / (10 + n), so that it is of use from the
    first epoch on. The running mean and variance of batch normalisation are averaged likewise.
    """

    def __init__(self, generator: Generator) -> None:
        rng, generator.dropout.rng = generator.dropout.rng, None  # of no use here, and not to be copied
        self.generator = copy.deepcopy(generator).requires_grad_(False)
        generator.dropout.rng = rng
        self.batches = torch.zeros(())
        self.rebind(generator)

    def rebind(self, generator: Generator) -> None:
        """Know which tensors to average: those of both generators as they are now."""
        self._numbers, self._source = _numbers(self.generator), _numbers(generator)

    def update(self, decay: float) -> None:
        """Move towards the generator after a batch."""
        n = float(self.batches.add_(1))
        with torch.no_grad():
            torch._foreach_lerp_(self._numbers, self._source, 1 - min(decay, (1 + n) / (10 + n)))


def _numbers(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]
