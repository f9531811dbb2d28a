"""Which images form a batch: every epoch shows each image once, in a random order of its own."""

from __future__ import annotations

import math

import torch
from torch import Tensor


class EpochOrder:
    """Draws a new order of the images at the first batch of each epoch.

    The order itself is never stored. In the middle of an epoch, `rng_state` is the state of the generator from which
    the order was drawn, so that `resume` can draw it again.

    Args:
        count: how many images there are.
        rng: draws the orders, on the CPU.
        device: where the images are.
    """

    def __init__(self, count: int, batch_size: int, rng: torch.Generator, device: torch.device) -> None:
        self.batches_per_epoch = math.ceil(count / batch_size)  # the last batch of an epoch may be smaller
        self._count, self._batch_size, self._rng, self._device = count, batch_size, rng, device
        self._order: Tensor | None = None  # None between two epochs
        self._state_before = rng.get_state()

    def indices(self, batch: int, count: int = 1) -> Tensor:
        """The indices of the images in the `count` batches that follow `batch` batches, count x n.

        Call this for each batch in turn; at most `count_alike` at once.
        """
        position = batch % self.batches_per_epoch
        order = self._draw() if position == 0 or self._order is None else self._order
        chosen = order[position * self._batch_size : (position + count) * self._batch_size]
        if position + count == self.batches_per_epoch:
            self._order = None
        return chosen.view(count, -1)

    def count_alike(self, batch: int) -> int:
        """How many batches of this epoch, from the one after `batch` batches on, have the same number of images."""
        return max(1, self._count // self._batch_size - batch % self.batches_per_epoch)

    def rng_state(self) -> Tensor:
        """The state of the generator to store, from which `resume` continues."""
        return self._rng.get_state() if self._order is None else self._state_before

    def resume(self, batch: int) -> None:
        """Continue after `batch` batches; the generator must be in the state that `rng_state` returned there."""
        self._order = None
        if batch % self.batches_per_epoch:
            self._draw()

    def _draw(self) -> Tensor:
        """Draw the order of an epoch."""
        self._state_before = self._rng.get_state()
        self._order = torch.randperm(self._count, generator=self._rng).to(self._device)
        return self._order
