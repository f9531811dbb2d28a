"""Images of a run's newest generator, as a NumPy file or one picture; needs neither data set nor optimisers."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from numpy.lib import format as npy
from numpy.typing import NDArray
from torch import Tensor

from gan.data.grid import grid_png
from gan.export import ExportError
from gan.recording import atomic_files, epochs, networks_file, weights
from gan.settings import Settings
from gan.training.sampling import generate_images


def write_samples(
    folder: Path, count: int, seed: int, out: Path, *, epoch: int | None = None, digit: int | None = None
) -> None:
    """Write images of the run in `folder` to `out`; the same seed gives the same images.

    A name ending in `.npy` gets count x 1 x 28 x 28 float32 numbers in [-1, 1], whatever range the run trained in; a
    name ending in `.png` gets one square grid.

    Args:
        epoch: with the weights of this epoch; None takes the newest.
        digit: of a conditional run, what all images show; None takes the run's digits in turn.

    Raises:
        DamagedRun: the run has no readable weights.
        ExportError: the run cannot draw this digit.
        OSError: the file cannot be written.
    """
    tensors, settings, _ = weights.newest(folder) if epoch is None else epochs.read(folder, epoch)
    labels = None if digit is None else _labels(folder.name, settings, digit, count)
    generator = weights.generator_of(tensors, settings, networks_file.of_run(folder))
    images = generate_images(generator, settings, count, seed, labels)
    if settings.scaling == "0..1":
        images.mul_(2).sub_(1)
    temporary = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:  # a file that was there stays as it was if the disk refuses
        with temporary.open("wb") as file:
            if out.suffix == ".png":
                file.write(grid_png(images, columns=math.ceil(math.sqrt(count))))
            else:
                _save(file, images.numpy())
        temporary.replace(out)
    except OSError:
        atomic_files.remove(temporary)
        raise


def _save(file: BinaryIO, array: NDArray[np.float32]) -> None:
    """As `np.save` does, whose error does not say why a disk refuses."""
    npy.write_array_header_1_0(file, npy.header_data_from_array_1_0(array))
    file.write(np.ascontiguousarray(array).data)


def _labels(name: str, settings: Settings, digit: int, count: int) -> Tensor:
    """Labels for images that all show one digit; raises `ExportError` if the run cannot draw it."""
    if settings.conditional == "off":
        raise ExportError(f"Run {name} cannot draw a chosen digit; train one with --conditional on, which can.")
    if digit not in settings.digits:
        known = ", ".join(map(str, settings.digits))
        raise ExportError(f"Run {name} has never seen digit {digit}; choose among {known}.")
    return torch.full((count,), digit)
