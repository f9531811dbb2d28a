"""What is kept of a run epoch by epoch: the images of its fixed noise, and the weights of both networks.

<run>/epochs/<epoch>.safetensors   weights after the epoch, normalisation folded into the linear layers, the averaged
                                   generator beside the raw one; a checksum of them is in the metadata
      grids/<epoch>.png            64 images of the fixed noise after the epoch
      latest.png                   the same at the last checkpoint
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor

from gan import files
from gan.files import DamagedRun
from gan.models import folded
from gan.settings import Settings

NAME = re.compile(r"\d{5}\.safetensors")
NETWORKS = ("generator", "averaged", "discriminator")


@dataclass(frozen=True)
class Kept:
    """An epoch (from 1) whose weights are on disk. `discriminator`: those of the discriminator, too."""

    epoch: int
    discriminator: bool


# --- weights -----------------------------------------------------------------------------------------------------


def weights_of(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights of the networks out of a `Trainer.state()`, folded into plain linear layers (see `models.folded`)."""
    weights: dict[str, Tensor] = {}
    for network in NETWORKS:
        own = {name.removeprefix(f"{network}."): x for name, x in state.items() if name.startswith(f"{network}.")}
        weights |= {f"{network}.{name}": value for name, value in folded(own).items()}
    return weights


def packed(
    weights: dict[str, Tensor], settings: Settings, batch: int, epoch: int, *, half: bool = False
) -> bytes:  # fmt: skip
    """Weights as safetensors, with what a reader needs to run them in the metadata; `half`: rounded to 16 bits."""
    about = {"settings": settings.model_dump_json(), "batch": str(batch), "epoch": str(epoch)}
    if half:
        weights = {name: value.half() for name, value in weights.items()}
    return save(weights, about | {"sha256": _checksum(weights)})


def without_discriminator(content: bytes) -> bytes:
    """Packed weights of the generator alone."""
    weights, settings, batch = unpacked(content, "the file")
    about = {"settings": settings.model_dump_json(), "batch": str(batch)}
    return save({name: value for name, value in weights.items() if not name.startswith("discriminator.")}, about)


def write(folder: Path, epoch: int, content: bytes) -> None:
    """Keep the packed weights of an epoch; raises OSError."""
    files.write(path_of(folder, epoch), content, flush=False)  # if power fails, the record can make them again


def read(folder: Path, epoch: int) -> tuple[dict[str, Tensor], Settings, int]:
    """The weights of an epoch in float32, and the settings and the batch that they are of.

    Raises:
        DamagedRun: also if they are not kept.
    """
    return unpacked(_content(folder, epoch), path_of(folder, epoch).name)


def read_packed(folder: Path, epoch: int) -> bytes:
    """The file of an epoch, checked; raises `DamagedRun`, as `read` does."""
    content = _content(folder, epoch)
    unpacked(content, path_of(folder, epoch).name)
    return content


def _content(folder: Path, epoch: int) -> bytes:
    path = path_of(folder, epoch)
    if not path.exists():
        raise DamagedRun(f"the weights of epoch {epoch} are not kept.")
    return files.read(path)


def unpacked(content: bytes, name: str) -> tuple[dict[str, Tensor], Settings, int]:
    """What `packed` was given of the file `name`; raises `DamagedRun` for what is not as `packed` made it."""
    try:
        length = int.from_bytes(content[:8], "little")
        about = json.loads(content[8 : 8 + length])["__metadata__"]
        weights = load(content)
        settings, batch = Settings.model_validate_json(about["settings"]), int(about["batch"])
        checksum = about["sha256"]
    except Exception:  # whatever safetensors, torch, json and pydantic make of damaged bytes
        raise DamagedRun(f"{name} does not hold the weights of an epoch.") from None
    if _checksum(weights) != checksum:
        raise DamagedRun(f"{name} is not as it was written (its checksum differs).")
    return {name: value.float() if is_half(value) else value for name, value in weights.items()}, settings, batch


def checksum(path: Path) -> str:
    """The checksum that a file of weights carries of its tensors; reads no more than its head. Raises `DamagedRun`."""
    try:
        with safe_open(path, "pt") as file:
            return str((file.metadata() or {})["sha256"])
    except (OSError, SafetensorError, KeyError):
        raise DamagedRun(f"{path.name} does not hold the weights of an epoch.") from None


def is_half(value: Tensor) -> bool:
    return value.dtype == torch.float16


def rounded_as(folder: Path, epoch: int, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`weights` in the precision in which those of an epoch are kept; raises `DamagedRun`."""
    kept = load(read_packed(folder, epoch))
    return {name: weights[name].half().float() if is_half(value) else weights[name] for name, value in kept.items()}


def kept(folder: Path) -> list[Kept]:
    """The epochs whose weights are on disk, ascending; reads no more than the head of each file."""
    found = []
    for epoch in numbers(folder):
        try:
            with safe_open(path_of(folder, epoch), "pt") as file:
                found.append(Kept(epoch, any(name.startswith("discriminator.") for name in file.keys())))  # noqa: SIM118
        except (OSError, SafetensorError):
            continue
    return found


def numbers(folder: Path) -> list[int]:
    """The epochs that have a file of weights, ascending."""
    paths = folder.glob("epochs/*.safetensors")
    return sorted(int(path.stem) for path in paths if NAME.fullmatch(path.name))


def thin(folder: Path, newest: int, most: int) -> None:
    """Remove weights until at most about `most` epochs are left: every one, every second, every fourth, ..."""
    stride = stride_for(newest, most)
    for epoch in numbers(folder):
        if epoch % stride and epoch != newest:
            files.remove(path_of(folder, epoch))


def paths(folder: Path) -> list[tuple[int, Path]]:
    """All that is kept of each epoch: its number with a file of weights or images, in no order."""
    found = [*folder.glob("epochs/*.safetensors"), *folder.glob("grids/*.png")]
    return [(int(path.stem), path) for path in found if path.stem.isdecimal()]


def remove_after(folder: Path, epoch: int) -> None:
    """Remove what is kept of later epochs; it has been set aside (`gan.aside`)."""
    for number, path in paths(folder):
        if number > epoch:
            files.remove(path)


def stride_for(count: int, most: int) -> int:
    """The smallest power of two of which at most `most` multiples are up to `count`."""
    stride = 1
    while count // stride > most:
        stride *= 2
    return stride


def path_of(folder: Path, epoch: int) -> Path:
    return folder / "epochs" / f"{epoch:05d}.safetensors"


def _checksum(weights: dict[str, Tensor]) -> str:
    return files.sha256(b"".join(name.encode() + weights[name].numpy().tobytes() for name in sorted(weights)))


# --- images ------------------------------------------------------------------------------------------------------


def read_grid(folder: Path, epoch: int | None) -> bytes | None:
    """The PNG of an epoch (from 1; None: of the last checkpoint), or None if there is none."""
    try:
        return _grid_path(folder, epoch).read_bytes()
    except OSError:
        return None


def write_grid(folder: Path, epoch: int | None, png: bytes) -> None:
    """Keep the grid of an epoch (from 1; None: of the last checkpoint); raises OSError."""
    files.write(_grid_path(folder, epoch), png, flush=False)


def _grid_path(folder: Path, epoch: int | None) -> Path:
    return folder / "latest.png" if epoch is None else folder / "grids" / f"{epoch:05d}.png"
