"""What is kept of a run epoch by epoch: the images of its fixed noise, and the weights of its networks.

<run>/epochs/<epoch>.safetensors   weights after the epoch, see `weights_file`
      grids/<epoch>.png            64 images of the fixed noise after the epoch
      latest.png                   the same at the last checkpoint

Epochs count from 1.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import load
from torch import Tensor

from gan.limits import MAX_PICTURE, MAX_WEIGHTS
from gan.recording import atomic_files, tensor_files, weights_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.tensor_files import NotTensors
from gan.settings import Settings

NAME = re.compile(r"\d{5}\.safetensors")


@dataclass(frozen=True)
class KeptEpoch:
    """An epoch whose weights are on disk; `discriminator` tells whether those of the discriminator are among them."""

    epoch: int
    discriminator: bool


# --- weights -----------------------------------------------------------------------------------------------------


def write(folder: Path, epoch: int, content: bytes) -> None:
    """Keep the weights file of an epoch; raises OSError."""
    # not flushed: if power fails, the record can make the weights again
    atomic_files.write(path_of(folder, epoch), content, flush=False)


def read(folder: Path, epoch: int) -> tuple[dict[str, Tensor], Settings, int]:
    """The weights of an epoch in float32, with their settings and batch.

    Raises:
        DamagedRun: also if they are not kept.
    """
    name = path_of(folder, epoch).name
    weights, metadata = weights_file.unpack(_content(folder, epoch), name)
    if metadata.epoch != epoch:
        raise DamagedRun(f"{name} holds the weights of another epoch.")
    return weights, metadata.settings, metadata.batch


def read_packed(folder: Path, epoch: int) -> bytes:
    """The weights file of an epoch, checked; raises `DamagedRun`."""
    content = _content(folder, epoch)
    weights_file.unpack(content, path_of(folder, epoch).name)
    return content


def _content(folder: Path, epoch: int) -> bytes:
    path = path_of(folder, epoch)
    if not path.exists():
        raise DamagedRun(f"the weights of epoch {epoch} are not kept.")
    return atomic_files.read(path, MAX_WEIGHTS)


def rounded_as_kept(folder: Path, epoch: int, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those of `weights` that are kept of an epoch, rounded to the precision of its file; raises `DamagedRun`."""
    kept = load(read_packed(folder, epoch))
    return {
        name: weights[name].half().float() if weights_file.is_half(value) else weights[name]
        for name, value in kept.items()
    }


def list_kept(folder: Path) -> list[KeptEpoch]:
    """The epochs whose weights are on disk, ascending; reads only the header of each file."""
    found = []
    for epoch in numbers(folder):
        with contextlib.suppress(DamagedRun, NotTensors):
            names = tensor_files.read_header(path_of(folder, epoch), MAX_WEIGHTS).tensors
            found.append(KeptEpoch(epoch, any(name.startswith("discriminator.") for name in names)))
    return found


def numbers(folder: Path) -> list[int]:
    """The epochs that have a weights file, ascending."""
    paths = folder.glob("epochs/*.safetensors")
    return sorted(int(path.stem) for path in paths if NAME.fullmatch(path.name))


def thin(folder: Path, newest: int, most: int) -> None:
    """Remove weights until about `most` epochs keep theirs: every one, every second, every fourth, ...

    The newest epoch always keeps its weights.
    """
    stride = stride_for(newest, most)
    for epoch in numbers(folder):
        if epoch % stride and epoch != newest:
            atomic_files.remove(path_of(folder, epoch))


def stride_for(count: int, most: int) -> int:
    """The smallest power of two that has at most `most` multiples up to `count`."""
    stride = 1
    while count // stride > most:
        stride *= 2
    return stride


def path_of(folder: Path, epoch: int) -> Path:
    return folder / "epochs" / f"{epoch:05d}.safetensors"


# --- images ------------------------------------------------------------------------------------------------------


def read_grid(folder: Path, epoch: int | None) -> bytes | None:
    """The PNG of an epoch (None: of the last checkpoint), or None if there is none."""
    try:
        return atomic_files.read(_grid_path(folder, epoch), MAX_PICTURE)
    except DamagedRun:
        return None


def has_grid(folder: Path, epoch: int) -> bool:
    """Whether there is a PNG of an epoch."""
    return _grid_path(folder, epoch).exists()


def write_grid(folder: Path, epoch: int | None, png: bytes) -> None:
    """Keep the PNG of an epoch (None: of the last checkpoint); raises OSError."""
    atomic_files.write(_grid_path(folder, epoch), png, flush=False)


def _grid_path(folder: Path, epoch: int | None) -> Path:
    return folder / "latest.png" if epoch is None else folder / "grids" / f"{epoch:05d}.png"


# --- both --------------------------------------------------------------------------------------------------------


def paths(folder: Path) -> list[tuple[int, Path]]:
    """The files of all epochs, each with its epoch, in no order."""
    found = [*folder.glob("epochs/*.safetensors"), *folder.glob("grids/*.png")]
    return [(int(path.stem), path) for path in found if path.stem.isdecimal()]


def files_of_run(folder: Path) -> list[Path]:
    """Everything in a run's folder, also in `epochs` and `grids` where these are links to other folders."""
    return sorted({*folder.rglob("*"), *(path for _, path in paths(folder))})


def remove_after(folder: Path, epoch: int) -> None:
    """Remove the files of all later epochs, once they are set aside (`gan.runs.set_aside`)."""
    for number, path in paths(folder):
        if number > epoch:
            atomic_files.remove(path)
