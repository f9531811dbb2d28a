"""The file format of an epoch's weights: safetensors, with what a reader needs to run them in the metadata.

The tensors are named `generator.<name>`, `averaged.<name>` (the averaged generator, if the run keeps one) and
`discriminator.<name>`. Batch normalisation is folded into the linear layers, so plain networks compute the same; the
weights of networks of one's own are kept as they are. The metadata holds settings, batch, epoch, a checksum of the
tensors, and that of the file with networks of one's own, if the run has such.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import torch
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from safetensors.torch import load, save
from torch import Tensor

from gan.limits import MAX_BATCHES, MAX_WEIGHTS
from gan.recording import atomic_files, tensor_files
from gan.recording.atomic_files import DamagedRun
from gan.recording.run_file import NetworksRecord
from gan.recording.tensor_files import NotTensors
from gan.settings import Settings
from gan.training.networks import with_batchnorm_folded
from gan.training.own_networks import OwnNetworks

NETWORKS = ("generator", "averaged", "discriminator")


class Metadata(BaseModel):
    """The metadata of a weights file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: Annotated[Settings, BeforeValidator(Settings.model_validate_json)]
    batch: Annotated[int, Field(ge=0, le=MAX_BATCHES)]
    epoch: Annotated[int, Field(ge=0, le=10_000)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    networks: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


def weights_of_state(state: dict[str, Tensor], own: OwnNetworks | None = None) -> dict[str, Tensor]:
    """The weights of all networks in a trainer's state (`trainer_state.capture_state`), folded into linear layers.

    Args:
        own: the run's networks of its own, whose weights stay as they are.
    """
    if own is not None:
        return {name: value for name, value in state.items() if name.startswith(tuple(f"{n}." for n in NETWORKS))}
    weights: dict[str, Tensor] = {}
    for network in NETWORKS:
        its = {name.removeprefix(f"{network}."): x for name, x in state.items() if name.startswith(f"{network}.")}
        weights |= {f"{network}.{name}": value for name, value in with_batchnorm_folded(its).items()}
    return weights


def pack(
    weights: dict[str, Tensor], settings: Settings, batch: int, epoch: int,
    networks: OwnNetworks | NetworksRecord | None = None, *, half: bool = False,
) -> bytes:  # fmt: skip
    """The file of these weights.

    Args:
        networks: those of one's own, if the run has such; the file names their checksum.
        half: round them to 16 bits, unless one of them is too large for that.
    """
    metadata = {"settings": settings.model_dump_json(), "batch": str(batch), "epoch": str(epoch)}
    metadata |= {"networks": networks.sha256} if networks else {}
    if half:
        rounded = {name: value.half() if value.is_floating_point() else value for name, value in weights.items()}
        if all(bool(value.isfinite().all()) for value in rounded.values()):
            weights = rounded
    return save(weights, metadata | {"sha256": _checksum(weights)})


def unpack(content: bytes, name: str) -> tuple[dict[str, Tensor], Metadata]:
    """The weights in float32, and the metadata.

    Args:
        name: what messages call the file.

    Raises:
        DamagedRun: it is not as `pack` made it.
    """
    try:
        metadata = Metadata.model_validate(dict(tensor_files.parse_header(content).metadata))
        weights = load(content)
    except Exception:  # whatever safetensors, torch and pydantic raise for damaged bytes
        raise DamagedRun(f"{name} does not hold the weights of an epoch.") from None
    if _checksum(weights) != metadata.sha256:
        raise atomic_files.altered(name)
    try:
        tensor_files.check_tensors(weights)
    except NotTensors as error:
        raise DamagedRun(f"{name} does not hold the weights of an epoch: {error}.") from None
    return widened(weights), metadata


def without_discriminator(content: bytes) -> bytes:
    """A weights file as plain safetensors with the generator alone, and settings and batch in the metadata."""
    weights, metadata = unpack(content, "the file")
    kept = {name: value for name, value in weights.items() if not name.startswith("discriminator.")}
    more = {"networks": metadata.networks} if metadata.networks else {}
    return save(kept, {"settings": metadata.settings.model_dump_json(), "batch": str(metadata.batch)} | more)


def widened(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights in float32, whether they are kept in 32 bits or in 16."""
    return {name: value.float() if is_half(value) else value for name, value in weights.items()}


def is_half(value: Tensor) -> bool:
    return value.dtype == torch.float16


def read_checksum(path: Path) -> str:
    """The checksum of the tensors that a weights file names; reads only its header. Raises `DamagedRun`."""
    try:
        return tensor_files.read_header(path, MAX_WEIGHTS).metadata["sha256"]
    except (NotTensors, KeyError):
        raise DamagedRun(f"{path.name} does not hold the weights of an epoch.") from None


def _checksum(weights: dict[str, Tensor]) -> str:
    return atomic_files.sha256(b"".join(name.encode() + weights[name].numpy().tobytes() for name in sorted(weights)))
