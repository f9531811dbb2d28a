"""What is kept of a run epoch by epoch: the images of its fixed noise, and the weights of both networks.

<run>/epochs/<epoch>.safetensors   weights after the epoch, normalisation folded into the linear layers, the averaged
                                   generator beside the raw one; a checksum of them is in the metadata
      grids/<epoch>.png            64 images of the fixed noise after the epoch
      latest.png                   the same at the last checkpoint
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from safetensors.torch import load, save
from torch import Tensor

from gan.limits import MAX_BATCHES, MAX_PICTURE, MAX_WEIGHTS
from gan.recording import atomic_files, tensor_files
from gan.recording.atomic_files import DamagedRun
from gan.recording.tensor_files import NotTensors
from gan.settings import Settings
from gan.training.networks import with_batchnorm_folded

NAME = re.compile(r"\d{5}\.safetensors")
NETWORKS = ("generator", "averaged", "discriminator")


class About(BaseModel):
    """The metadata of a file of weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: Annotated[Settings, BeforeValidator(Settings.model_validate_json)]
    batch: Annotated[int, Field(ge=0, le=MAX_BATCHES)]
    epoch: Annotated[int, Field(ge=0, le=10_000)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


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
        weights |= {f"{network}.{name}": value for name, value in with_batchnorm_folded(own).items()}
    return weights


def packed(
    weights: dict[str, Tensor], settings: Settings, batch: int, epoch: int, *, half: bool = False
) -> bytes:  # fmt: skip
    """Weights as safetensors, with what a reader needs to run them in the metadata; `half`: rounded to 16 bits."""
    about = {"settings": settings.model_dump_json(), "batch": str(batch), "epoch": str(epoch)}
    if half:
        rounded = {name: value.half() for name, value in weights.items()}
        if all(bool(value.isfinite().all()) for value in rounded.values()):  # else one is too large for 16 bits
            weights = rounded
    return save(weights, about | {"sha256": _checksum(weights)})


def without_discriminator(content: bytes) -> bytes:
    """Packed weights of the generator alone."""
    weights, settings, batch = unpacked(content, "the file")
    about = {"settings": settings.model_dump_json(), "batch": str(batch)}
    return save({name: value for name, value in weights.items() if not name.startswith("discriminator.")}, about)


def write(folder: Path, epoch: int, content: bytes) -> None:
    """Keep the packed weights of an epoch; raises OSError."""
    atomic_files.write(path_of(folder, epoch), content, flush=False)  # if power fails, the record can make them again


def read(folder: Path, epoch: int) -> tuple[dict[str, Tensor], Settings, int]:
    """The weights of an epoch in float32, and the settings and the batch that they are of.

    Raises:
        DamagedRun: also if they are not kept.
    """
    name = path_of(folder, epoch).name
    weights, about = _unpacked(_content(folder, epoch), name)
    if about.epoch != epoch:
        raise DamagedRun(f"{name} holds the weights of another epoch.")
    return weights, about.settings, about.batch


def read_packed(folder: Path, epoch: int) -> bytes:
    """The file of an epoch, checked; raises `DamagedRun`."""
    content = _content(folder, epoch)
    unpacked(content, path_of(folder, epoch).name)
    return content


def _content(folder: Path, epoch: int) -> bytes:
    path = path_of(folder, epoch)
    if not path.exists():
        raise DamagedRun(f"the weights of epoch {epoch} are not kept.")
    return atomic_files.read(path, MAX_WEIGHTS)


def unpacked(content: bytes, name: str) -> tuple[dict[str, Tensor], Settings, int]:
    """What `packed` was given of the file `name`; raises `DamagedRun` for what is not as `packed` made it."""
    weights, about = _unpacked(content, name)
    return weights, about.settings, about.batch


def _unpacked(content: bytes, name: str) -> tuple[dict[str, Tensor], About]:
    try:
        about = About.model_validate(dict(tensor_files.head_of(content).about))
        weights = load(content)
    except Exception:  # whatever safetensors, torch and pydantic make of damaged bytes
        raise DamagedRun(f"{name} does not hold the weights of an epoch.") from None
    if _checksum(weights) != about.sha256:
        raise atomic_files.altered(name)
    try:
        tensor_files.check_tensors(weights)
    except NotTensors as error:
        raise DamagedRun(f"{name} does not hold the weights of an epoch: {error}.") from None
    return widened(weights), about


def widened(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights in float32, also those that are kept in 16 bits."""
    return {name: value.float() if is_half(value) else value for name, value in weights.items()}


def checksum(path: Path) -> str:
    """The checksum that a file of weights carries of its tensors; reads no more than its head. Raises `DamagedRun`."""
    try:
        return tensor_files.read_head(path, MAX_WEIGHTS).about["sha256"]
    except (NotTensors, KeyError):
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
        with contextlib.suppress(DamagedRun, NotTensors):
            names = tensor_files.read_head(path_of(folder, epoch), MAX_WEIGHTS).tensors
            found.append(Kept(epoch, any(name.startswith("discriminator.") for name in names)))
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
            atomic_files.remove(path_of(folder, epoch))


def paths(folder: Path) -> list[tuple[int, Path]]:
    """All that is kept of each epoch: its number with a file of weights or images, in no order."""
    found = [*folder.glob("epochs/*.safetensors"), *folder.glob("grids/*.png")]
    return [(int(path.stem), path) for path in found if path.stem.isdecimal()]


def files_of_run(folder: Path) -> list[Path]:
    """All that lies in a run's folder, also in `epochs` and `grids` where these are links to other folders."""
    return sorted({*folder.rglob("*"), *(path for _, path in paths(folder))})


def remove_after(folder: Path, epoch: int) -> None:
    """Remove what is kept of later epochs; it has been set aside (`gan.runs.set_aside`)."""
    for number, path in paths(folder):
        if number > epoch:
            atomic_files.remove(path)


def stride_for(count: int, most: int) -> int:
    """The smallest power of two of which at most `most` multiples are up to `count`."""
    stride = 1
    while count // stride > most:
        stride *= 2
    return stride


def path_of(folder: Path, epoch: int) -> Path:
    return folder / "epochs" / f"{epoch:05d}.safetensors"


def _checksum(weights: dict[str, Tensor]) -> str:
    return atomic_files.sha256(b"".join(name.encode() + weights[name].numpy().tobytes() for name in sorted(weights)))


# --- images ------------------------------------------------------------------------------------------------------


def read_grid(folder: Path, epoch: int | None) -> bytes | None:
    """The PNG of an epoch (from 1; None: of the last checkpoint), or None if there is none."""
    try:
        return atomic_files.read(_grid_path(folder, epoch), MAX_PICTURE)
    except DamagedRun:
        return None


def write_grid(folder: Path, epoch: int | None, png: bytes) -> None:
    """Keep the grid of an epoch (from 1; None: of the last checkpoint); raises OSError."""
    atomic_files.write(_grid_path(folder, epoch), png, flush=False)


def _grid_path(folder: Path, epoch: int | None) -> Path:
    return folder / "latest.png" if epoch is None else folder / "grids" / f"{epoch:05d}.png"
