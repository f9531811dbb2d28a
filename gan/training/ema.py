"""The exponential moving average of a generator's weights."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from gan.training.layers import Dropout
from gan.training.own_networks import OwnNetwork


class GeneratorEMA:
    """A generator whose weights are the moving average of another one's; its images are steadier and better.

    See Yazici et al. 2019. After n batches the decay is at most (1 + n) / (10 + n), so a new average follows faster and
    is useful from the first epoch on. The running mean and variance of batch normalisation are averaged, too.

    Attributes:
        generator: a copy of the generator that holds the averages.
        batches: how many batches have been averaged, a scalar tensor.
    """

    def __init__(self, generator: nn.Module) -> None:
        # random streams cannot be copied, and the copy needs none
        streams: dict[int, object] = {id(rng): None for rng in map(_stream_of, generator.modules()) if rng is not None}
        self.generator = copy.deepcopy(generator, streams).requires_grad_(False)
        self.batches = torch.zeros(())
        self.rebind(generator)

    def rebind(self, generator: nn.Module) -> None:
        """Look up the tensors of both generators again, after a parameter was replaced."""
        pairs = list(zip(_tensors(self.generator), _tensors(generator), strict=True))
        floats = [pair for pair in pairs if pair[0].is_floating_point()]
        self._averages, self._sources = [average for average, _ in floats], [source for _, source in floats]
        self._counts = [pair for pair in pairs if not pair[0].is_floating_point()]  # such as that of batches seen

    def update(self, decay: Tensor) -> None:
        """Move the averages towards the generator's tensors, after a batch.

        Args:
            decay: a scalar in double precision, on the device. Nothing is fetched from there, so a graph can hold this.
        """
        n = self.batches.add_(1).double()
        weight = (1 - torch.minimum(decay, (1 + n) / (10 + n))).float()
        with torch.no_grad():
            for average, source in zip(self._averages, self._sources, strict=True):
                average.lerp_(source, weight)
            for count, source in self._counts:
                count.copy_(source)


def _stream_of(module: nn.Module) -> torch.Generator | None:
    if isinstance(module, OwnNetwork):
        return module.livegan_rng
    return module.rng if isinstance(module, Dropout) else None


def _tensors(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]
