"""safetensors files that nobody vouches for: their head read strictly, their numbers looked at in small parts.

The library itself takes a head of up to 100 MB, and copies all tensors. Here a file is refused before that:

    uint64, little endian: length of the head | head: JSON, {name: {dtype, shape, data_offsets}} | the tensors' bytes
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from torch import Tensor

from gan import strict_json
from gan.limits import MAX_STATE, MAX_TENSOR_HEADER, MAX_TENSORS
from gan.recording import atomic_files
from gan.strict_json import NotJSON

DTYPES: dict[str, tuple[torch.dtype, np.dtype[Any]]] = {
    "F32": (torch.float32, np.dtype("<f4")), "F16": (torch.float16, np.dtype("<f2")),
    "F64": (torch.float64, np.dtype("<f8")), "I64": (torch.int64, np.dtype("<i8")),
    "U8": (torch.uint8, np.dtype("u1")),
}  # fmt: skip
NEVER_NEGATIVE = (".exp_avg_sq", ".step", ".running_var", "averaged_batches")  # ends of names
Offset = Field(ge=0, le=MAX_STATE)


class NotTensors(ValueError):
    """Not a whole safetensors file, or one with numbers that are not finite; the text says so, without the file."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    dtype: str
    shape: list[int] = Field(max_length=4)
    data_offsets: list[int] = Field(min_length=2, max_length=2)


_HEAD = TypeAdapter(dict[str, _Entry])
_ABOUT = TypeAdapter(dict[str, str])


@dataclass(frozen=True)
class Place:
    """Where a tensor's bytes are in its file, and what they are."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    length: int

    @property
    def numbers(self) -> np.dtype[Any]:
        return DTYPES[self.dtype][1]

    def stand_in(self) -> Tensor:
        """A tensor of this type and shape without numbers."""
        return torch.empty(self.shape, dtype=DTYPES[self.dtype][0], device="meta")


@dataclass(frozen=True)
class Head:
    """The tensors of a file by name, and its metadata."""

    tensors: Mapping[str, Place]
    about: Mapping[str, str]


def head_of(content: bytes) -> Head:
    """The head of a file that is in memory; raises `NotTensors`."""
    return _head(content[: 8 + MAX_TENSOR_HEADER], len(content))


def read_head(path: Path, most: int) -> Head:
    """The head of a file of at most `most` bytes; raises `NotTensors`, `DamagedRun`."""
    with atomic_files.opened(path, most) as file:
        return _head(file.read(8 + MAX_TENSOR_HEADER), path.stat().st_size)


def _head(beginning: bytes, size: int) -> Head:
    length = int.from_bytes(beginning[:8], "little")
    text = beginning[8 : 8 + length]
    if len(beginning) < 8 or len(text) < length:
        raise NotTensors("its head is cut off or too long")
    try:
        values = strict_json.loads(text, MAX_TENSORS)
        about = _ABOUT.validate_python(values.pop("__metadata__", {}))
        entries = _HEAD.validate_python(values)
    except (NotJSON, ValidationError, AttributeError, TypeError):
        raise NotTensors("its head is not that of tensors") from None
    places, end = {}, 8 + length
    for name, entry in sorted(entries.items(), key=lambda item: item[1].data_offsets):
        places[name] = place = _place(entry, 8 + length)
        if place.start != end:
            raise NotTensors("its tensors overlap or leave gaps")
        end += place.length
    if end != size:
        raise NotTensors("it is not as long as its head says")
    return Head(places, about)


def _place(entry: _Entry, begin: int) -> Place:
    start, end = entry.data_offsets
    if entry.dtype not in DTYPES or min(entry.shape, default=0) < 0:
        raise NotTensors("it holds tensors of another kind")
    place = Place(entry.dtype, tuple(entry.shape), begin + start, math.prod(entry.shape) * itemsize(entry.dtype))
    if end - start != place.length:
        raise NotTensors("its tensors are not as long as their shapes say")
    return place


def itemsize(dtype: str) -> int:
    return DTYPES[dtype][1].itemsize


# --- the numbers -------------------------------------------------------------------------------------------------


def read_tensor(file: BinaryIO, place: Place) -> Tensor:
    """One (small) tensor of an open file."""
    file.seek(place.start)
    values: NDArray[Any] = np.frombuffer(bytearray(file.read(place.length)), place.numbers)
    return torch.from_numpy(values).view(place.shape)


def check_numbers(file: BinaryIO, head: Head, names: Iterable[str]) -> str:
    """Look at every number of these tensors; the checksum of their names and bytes in this order.

    Raises:
        NotTensors: a number is not finite, or negative where none can be.
    """
    digest = hashlib.sha256()
    for name in names:
        place = head.tensors[name]
        digest.update(name.encode())
        file.seek(place.start)
        for piece in atomic_files.pieces(file, place.length):
            digest.update(piece)
            _check(name, np.frombuffer(piece, place.numbers))
    return digest.hexdigest()


def check_tensors(tensors: Mapping[str, Tensor]) -> None:
    """The same for tensors in memory; raises `NotTensors`."""
    for name, tensor in sorted(tensors.items()):
        _check(name, tensor.detach().cpu().numpy())


def _check(name: str, values: NDArray[Any]) -> None:
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise NotTensors(f"{name[:80]} holds numbers that are not finite")
    if name.endswith(NEVER_NEGATIVE) and values.size and values.min() < 0:
        raise NotTensors(f"{name[:80]} holds negative numbers")
