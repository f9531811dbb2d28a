"""Noise and labels of batches, and the images that a generator makes of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gan.settings import Settings
from gan.training.build import IMAGE_SHAPE
from gan.training.networks import apply
from gan.training.step_inputs import BatchInputs, Only

GRID_IMAGES = 64  # images of the fixed noise, which show the progress of a run
CHUNK = 1000  # images made at once; another number would draw other noise from the same seed


def draw_noise(count: int, latent_dim: int, kind: str, rng: torch.Generator) -> Tensor:
    """count x latent_dim numbers, standard "normal" or "uniform" from -1 to 1, on the device of `rng`."""
    if kind == "normal":
        return torch.randn(count, latent_dim, generator=rng, device=rng.device)
    return torch.rand(count, latent_dim, generator=rng, device=rng.device).mul_(2).sub_(1)


def draw_inputs(
    settings: Settings, n: int, rng: torch.Generator, labels: Tensor | None, penalty_factor: int, only: Only
) -> BatchInputs:
    """Draw what a batch of `n` images needs besides them, on the device of `rng`; see `BatchInputs`."""
    s = settings
    d_steps, g_steps = 1 if only == "g" else s.d_steps, 1 if only == "d" else s.g_steps
    between = s.loss == "wasserstein" and s.gradient_penalty > 0
    z, *d_noise = [draw_noise(n, s.latent_dim, s.noise, rng) for _ in range(d_steps)]
    shares = [torch.rand(n, 1, generator=rng, device=rng.device) for _ in range(d_steps if between else 0)]
    g_noise = [draw_noise(n, s.latent_dim, s.noise, rng) for _ in range(g_steps - 1)]
    return BatchInputs(z, tuple(d_noise), tuple(g_noise), labels, penalty_factor, tuple(shares), only)


def labels_in_turn(settings: Settings, count: int) -> Tensor | None:
    """The run's digits one after another, over and over (int64); None unless the run is conditional."""
    if settings.conditional == "off":
        return None
    digits = torch.tensor(settings.digits)
    return digits[torch.arange(count) % len(digits)]


def labels_in_proportion(shares: Sequence[float], count: int, seed: int) -> Tensor:
    """`count` labels (int64) of which each digit has its share, to within one, in an order drawn by `seed`."""
    edges = torch.tensor(shares, dtype=torch.float64).cumsum(0)
    labels = torch.bucketize((torch.arange(count, dtype=torch.float64) + 0.5) / count * edges[-1], edges)
    return labels[torch.randperm(count, generator=torch.Generator().manual_seed(seed))]


@torch.no_grad()
def generate_images(
    generator: nn.Module, settings: Settings, count: int, seed: int, labels: Tensor | None = None
) -> Tensor:
    """`count` images without dropout, count x C x H x W on the CPU, in the range in which the generator was trained.

    The same seed gives the same images. The noise comes from a random stream of its own, so sampling a run changes
    nothing of its training.

    Args:
        labels: of a conditional run, one for each image; None takes the run's digits in turn.
    """
    labels = labels_in_turn(settings, count) if labels is None else labels
    rng = torch.Generator().manual_seed(seed)
    device = next(generator.parameters()).device
    was_training = generator.training
    generator.eval()
    images = torch.empty(count, *IMAGE_SHAPE)  # filled in place: a million images take 3 GB
    try:
        for start in range(0, count, CHUNK):
            z = draw_noise(min(CHUNK, count - start), settings.latent_dim, settings.noise, rng)
            chosen = None if labels is None else labels[start : start + len(z)].to(device)
            images[start : start + len(z)] = apply(generator, z.to(device), chosen)
    finally:
        generator.train(was_training)
    return images
