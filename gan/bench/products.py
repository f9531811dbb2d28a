"""The matrix products of a training step and nothing else: a lower bound on its time."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import torch

from gan.bench.lecture import PIXELS
from gan.settings import Settings
from gan.training.networks import CLASSES


def matrix_products(settings: Settings, threads: int) -> Callable[[int], float]:
    """A function that computes the products of a number of steps (one of each network) and returns the seconds."""
    n, digit = settings.batch_size, CLASSES if settings.conditional == "on" else 0
    g = _Layers(n, [settings.latent_dim + digit, *settings.g_hidden, PIXELS])
    d = _Layers(n, [PIXELS + digit, *settings.d_hidden, 1], into_last=int(settings.minibatch_std == "on"))

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
    """The linear layers of a network, with random numbers as inputs and gradients, N rows each.

    Args:
        into_last: inputs that the last layer has besides the outputs of the layer before.
    """

    def __init__(self, n: int, widths: list[int], into_last: int = 0) -> None:
        *hidden, (before, after) = itertools.pairwise(widths)
        layers = [*hidden, (before + into_last, after)]
        self.weights = [torch.randn(after, before) for before, after in layers]
        self.inputs = [torch.randn(n, before) for before, _ in layers]
        self.gradients = [torch.randn(n, after) for _, after in layers]  # of the outputs

    def forward(self) -> None:
        for x, weight in zip(self.inputs, self.weights, strict=True):
            x @ weight.T

    def to_inputs(self, *, but_first: bool) -> None:
        for gradient, weight in list(zip(self.gradients, self.weights, strict=True))[but_first:]:
            gradient @ weight

    def to_weights(self) -> None:
        for gradient, x in zip(self.gradients, self.inputs, strict=True):
            gradient.T @ x
