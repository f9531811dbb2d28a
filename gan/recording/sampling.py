"""Images from a run on disk: its newest generator, without its data set or its optimisers."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gan.data.grid import grid_png
from gan.recording import weights
from gan.settings import Settings
from gan.training import noise
from gan.training.networks import Generator

CHUNK = 1000  # images made at once


def load_generator(folder: Path, *, raw: bool = False) -> tuple[Generator, Settings]:
    """The generator of a run, in evaluation mode on the CPU, and the run's settings; see `weights.generator_of`.

    Raises:
        DamagedRun
    """
    tensors, settings, _ = weights.newest(folder)
    return weights.generator_of(tensors, settings, raw=raw), settings


def sample(generator: Generator, settings: Settings, count: int, seed: int) -> NDArray[np.float32]:
    """count x 1 x 28 x 28 images in [-1, 1], whatever range the run was trained in; the same seed, the same images."""
    rng = torch.Generator().manual_seed(seed)
    images = np.empty((count, *generator.image_shape), np.float32)
    with torch.no_grad():
        for start in range(0, count, CHUNK):
            z = noise.draw(min(CHUNK, count - start), settings.latent_dim, settings.noise, rng)
            images[start : start + len(z)] = generator(z).numpy()
    return images if settings.scaling == "-1..1" else images * 2 - 1


def save(images: NDArray[np.float32], out: Path) -> None:
    """Write N images as a NumPy file (`.npy`) or as one square grid (`.png`); raises OSError."""
    if out.suffix == ".png":
        out.write_bytes(grid_png(torch.from_numpy(images), columns=math.ceil(math.sqrt(len(images)))))
    else:
        with out.open("wb") as file:
            np.save(file, images, allow_pickle=False)
