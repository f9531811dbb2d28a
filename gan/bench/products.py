"""The matrix products of a training step and nothing else: a lower bound on its time."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import torch

from gan.bench.lecture import PIXELS
from gan.settings import Settings


def matrix_products(settings: Settings, threads: int) -> Callable[[int], float]:
    """A function that computes the products of a number of steps (one of each network) and returns the seconds."""
    n = settings.batch_size
    g = _Layers(n, [settings.latent_dim, *settings.g_hidden, PIXELS])
    d = _Layers(n, [PIXELS, *settings.d_hidden, 1])

    def step() -> None:
        g.forward()  # fake images
        for _ in range(2):  # the discriminator on real and fake images: forward, and back to its weights
            d.forward()
            d.to_inputs(but_first=True)
            d.to_weights()
        d.forward()  # on fake images again, and back to the pixels
        d.to_inputs(but_first=False)
        g.to_inputs(but_first=True)  # back to the generator's weights
        g.to_weights()

    def steps(count: int) -> float:
        torch.set_num_threads(threads)
        started = time.perf_counter()
        for _ in range(count):
            step()
        return time.perf_counter() - started

    return steps


class _Layers:
    """The linear layers of a network, with random numbers as inputs and gradients, N rows each."""

    def __init__(self, n: int, widths: list[int]) -> None:
        self.weights = [torch.randn(after, before) for before, after in itertools.pairwise(widths)]
        self.inputs = [torch.randn(n, width) for width in widths[:-1]]
        self.gradients = [torch.randn(n, width) for width in widths[1:]]  # of the outputs

    def forward(self) -> None:
        for x, weight in zip(self.inputs, self.weights, strict=True):
            x @ weight.T

    def to_inputs(self, *, but_first: bool) -> None:
        for gradient, weight in list(zip(self.gradients, self.weights, strict=True))[but_first:]:
            gradient @ weight

    def to_weights(self) -> None:
        for gradient, x in zip(self.gradients, self.inputs, strict=True):
            gradient.T @ x
