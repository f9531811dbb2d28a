"""Images of a run's newest generator, as a NumPy file or one picture; needs neither data set nor optimisers."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from gan.data.grid import grid_png
from gan.recording import weights
from gan.training.sampling import generate_images


def write_samples(folder: Path, count: int, seed: int, out: Path) -> None:
    """Write images of the run in `folder` to `out`; the same seed gives the same images.

    A name ending in `.npy` gets count x 1 x 28 x 28 float32 numbers in [-1, 1], whatever range the run trained in; a
    name ending in `.png` gets one square grid.

    Raises:
        DamagedRun: the run has no readable weights.
        OSError: the file cannot be written.
    """
    generator, settings = weights.newest_generator(folder)
    images = generate_images(generator, settings, count, seed)
    if settings.scaling == "0..1":
        images.mul_(2).sub_(1)
    if out.suffix == ".png":
        out.write_bytes(grid_png(images, columns=math.ceil(math.sqrt(count))))
    else:
        with out.open("wb") as file:
            np.save(file, images.numpy(), allow_pickle=False)
