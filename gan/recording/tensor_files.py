"""safetensors files that may come from anyone: the header is read strictly, the numbers are checked in small parts.

The library itself accepts a header of up to 100 MB, and copies all tensors. Here a bad file is refused before that:

    uint64, little endian: length of the header | header: JSON, {name: {dtype, shape, data_offsets}} | bytes
"""

from __future__ import annotations

import hashlib
import math
import re
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
NEVER_NEGATIVE = re.compile(
    r"optimizer_[gd]\..*\.(exp_avg_sq|step)|.*\.running_var|.*\bminibatch_std\.running_mean|averaged_batches"
)
Offset = Field(ge=0, le=MAX_STATE)


class NotTensors(ValueError):
    """The file is no whole safetensors file, or holds numbers that are not finite; the text does not name the file."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    dtype: str
    shape: list[int] = Field(max_length=4)
    data_offsets: list[int] = Field(min_length=2, max_length=2)


_ENTRIES = TypeAdapter(dict[str, _Entry])
_METADATA = TypeAdapter(dict[str, str])


@dataclass(frozen=True)
class TensorLocation:
    """Where the bytes of a tensor are in its file (`start`, `length`), and what they are."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    length: int

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        return DTYPES[self.dtype][1]

    def meta_tensor(self) -> Tensor:
        """A tensor of this type and shape without numbers, on torch's "meta" device."""
        return torch.empty(self.shape, dtype=DTYPES[self.dtype][0], device="meta")


@dataclass(frozen=True)
class Header:
    """The header of a file: where its tensors are, by name, and its metadata."""

    tensors: Mapping[str, TensorLocation]
    metadata: Mapping[str, str]


def parse_header(content: bytes) -> Header:
    """The header of a file in memory; raises `NotTensors`."""
    return _header(content[: 8 + MAX_TENSOR_HEADER], len(content))


def read_header(path: Path, most: int) -> Header:
    """The header of a file of at most `most` bytes; raises `NotTensors`, `DamagedRun`."""
    with atomic_files.opened(path, most) as file:
        return _header(file.read(8 + MAX_TENSOR_HEADER), path.stat().st_size)


def _header(beginning: bytes, size: int) -> Header:
    length = int.from_bytes(beginning[:8], "little")
    text = beginning[8 : 8 + length]
    if len(beginning) < 8 or len(text) < length:
        raise NotTensors("its head is cut off or too long")
    try:
        values = strict_json.loads(text, MAX_TENSORS)
        metadata = _METADATA.validate_python(values.pop("__metadata__", {}))
        entries = _ENTRIES.validate_python(values)
    except (NotJSON, ValidationError, AttributeError, TypeError):
        raise NotTensors("its head is not that of tensors") from None
    locations, end = {}, 8 + length
    for name, entry in sorted(entries.items(), key=lambda item: item[1].data_offsets):
        locations[name] = location = _location(entry, 8 + length)
        if location.start != end:
            raise NotTensors("its tensors overlap or leave gaps")
        end += location.length
    if end != size:
        raise NotTensors("it is not as long as its head says")
    return Header(locations, metadata)


def _location(entry: _Entry, begin: int) -> TensorLocation:
    start, end = entry.data_offsets
    if entry.dtype not in DTYPES or min(entry.shape, default=0) < 0:
        raise NotTensors("it holds tensors of another kind")
    location = TensorLocation(
        entry.dtype, tuple(entry.shape), begin + start, math.prod(entry.shape) * itemsize(entry.dtype)
    )
    if end - start != location.length:
        raise NotTensors("its tensors are not as long as their shapes say")
    return location


def itemsize(dtype: str) -> int:
    """The bytes of a number of this type."""
    return DTYPES[dtype][1].itemsize


# --- the numbers -------------------------------------------------------------------------------------------------


def read_tensor(file: BinaryIO, location: TensorLocation) -> Tensor:
    """Read one tensor of an open file; it should be small."""
    file.seek(location.start)
    values: NDArray[Any] = np.frombuffer(bytearray(file.read(location.length)), location.numpy_dtype)
    return torch.from_numpy(values).view(location.shape)


def check_numbers(file: BinaryIO, header: Header, names: Iterable[str]) -> str:
    """Check every number of these tensors.

    Returns:
        The checksum of their names and bytes, in this order.

    Raises:
        NotTensors: a number is not finite, or negative where none can be.
    """
    digest = hashlib.sha256()
    for name in names:
        location = header.tensors[name]
        digest.update(name.encode())
        file.seek(location.start)
        for piece in atomic_files.pieces(file, location.length):
            digest.update(piece)
            _check(name, np.frombuffer(piece, location.numpy_dtype))
    return digest.hexdigest()


def check_tensors(tensors: Mapping[str, Tensor]) -> None:
    """Check every number of tensors in memory; raises `NotTensors`."""
    for name, tensor in sorted(tensors.items()):
        _check(name, tensor.detach().cpu().numpy())


def _check(name: str, values: NDArray[Any]) -> None:
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise NotTensors(f"{name[:80]} holds numbers that are not finite")
    if NEVER_NEGATIVE.fullmatch(name) and values.size and values.min() < 0:
        raise NotTensors(f"{name[:80]} holds negative numbers")
