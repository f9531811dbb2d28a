"""safetensors files: what the library writes is read, and what it would not write is refused before it is loaded."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from gan.limits import MIB
from gan.recording import atomic_files, tensor_files
from gan.recording.tensor_files import NotTensors, check_numbers, check_tensors, parse_header, read_header, read_tensor

TENSORS = {
    "linears.0.weight": torch.arange(6.0).view(2, 3), "half": torch.ones(5).half(), "rng.noise": torch.arange(9).byte(),
    "scalar": torch.tensor(2.5), "none": torch.zeros(0, 4),
}  # fmt: skip


def file(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(start: int, end: int, *shape: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


def test_a_file_of_the_library_is_read_piece_by_piece(tmp_path: Path) -> None:
    content = save(TENSORS, {"batch": "3"})
    (tmp_path / "file").write_bytes(content)
    header = read_header(tmp_path / "file", MIB)
    assert header == parse_header(content)
    assert header.metadata == {"batch": "3"}
    assert header.tensors.keys() == TENSORS.keys()
    with (tmp_path / "file").open("rb") as opened:
        for name, tensor in TENSORS.items():
            empty = header.tensors[name].meta_tensor()
            assert (empty.shape, empty.dtype, empty.is_meta) == (tensor.shape, tensor.dtype, True)
            assert torch.equal(read_tensor(opened, header.tensors[name]), tensor)
        names = sorted(TENSORS)
        whole = b"".join(name.encode() + TENSORS[name].numpy().tobytes() for name in names)
        assert check_numbers(opened, header, names) == atomic_files.sha256(whole)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234567",
        file({})[:-1],
        struct.pack("<Q", 2**63) + b"{}",
        file(b"[]"),
        file(b"{"),
        file(b'{"x": NaN}'),
        file(b"[" * 10_000),
        file({"x": entry(0, 4, 1)}),
        file({"x": entry(0, 4, 1)}, bytes(5)),
        file({"x": entry(4, 8, 1)}, bytes(8)),
        file({"x": entry(0, 8, 2), "y": entry(4, 12, 2)}, bytes(12)),
        file({"x": entry(0, 4, 2)}, bytes(4)),
        file({"x": entry(0, 4, -1, -1)}, bytes(4)),
        file({"x": entry(0, 4, 10**30)}, bytes(4)),
        file({"x": entry(0, 4, 1, dtype="F99")}, bytes(4)),
        file({"x": entry(0, 4, 1, 1, 1, 1, 1)}, bytes(4)),
        file({"x": entry(0, 4, 1) | {"surprise": 1}}, bytes(4)),
        file({"__metadata__": {"batch": 3}}),
        file({"__metadata__": []}),
        file(b'{"x": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}, "x": {}}', bytes(4)),
        file({str(n): entry(0, 0, 0) for n in range(1000)}),
        file(b'{"__metadata__": {"x": "' + b"y" * 131_072 + b'"}}'),
    ],
)
def test_what_is_no_whole_file_is_refused(content: bytes) -> None:
    with pytest.raises(NotTensors):
        parse_header(content)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_flipped_byte_of_the_head_is_refused_or_leaves_places_within_the_file(where: int, flip: int) -> None:
    content = bytearray(save(TENSORS))
    content[where % (8 + int.from_bytes(content[:8], "little"))] ^= flip
    try:
        header = parse_header(bytes(content))
    except NotTensors:
        return
    assert all(place.start + place.length <= len(content) for place in header.tensors.values())


@pytest.mark.parametrize(
    ("name", "numbers", "complaint"),
    [
        ("linears.0.weight", [1.0, torch.nan], "holds numbers that are not finite"),
        ("linears.0.weight", [1.0, torch.inf], "holds numbers that are not finite"),
        ("optimizer_g.linears.0.weight.exp_avg_sq", [1.0, -1.0], "holds negative numbers"),
        ("optimizer_g.linears.0.weight.step", [-1.0], "holds negative numbers"),
        ("generator.norms.0.running_var", [-1.0], "holds negative numbers"),
    ],
)
def test_numbers_that_no_training_leaves_are_refused(
    tmp_path: Path, name: str, numbers: list[float], complaint: str
) -> None:
    tensors = {name: torch.tensor(numbers), "linears.0.bias": torch.tensor([-1.0])}
    with pytest.raises(NotTensors, match=f"{name} {complaint}"):
        check_tensors(tensors)
    (tmp_path / "file").write_bytes(save(tensors))
    header = read_header(tmp_path / "file", MIB)
    with (tmp_path / "file").open("rb") as opened, pytest.raises(NotTensors, match=f"{name} {complaint}"):
        check_numbers(opened, header, header.tensors)


def test_numbers_are_looked_at_behind_the_first_part(tmp_path: Path) -> None:
    large = torch.zeros(2 * atomic_files.PIECE // 4 + 1)
    large[-1] = torch.nan
    (tmp_path / "file").write_bytes(save({"large": large}))
    header = read_header(tmp_path / "file", 4 * MIB)
    with (tmp_path / "file").open("rb") as opened, pytest.raises(NotTensors):
        tensor_files.check_numbers(opened, header, header.tensors)
