"""The weights file of an epoch: a checksum vouches for its tensors."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from epoch_weights import packed, state, weights
from helpers import SMALL, assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load, save

from gan.recording import epochs, weights_file
from gan.recording.atomic_files import DamagedRun


def test_the_weights_of_both_networks_are_kept_and_nothing_else() -> None:
    assert {name.split(".")[0] for name in weights()} == {"generator", "discriminator"}
    assert {name for name in state() if ".linears." in name and "optimizer" not in name} == {*weights()}


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
@settings(max_examples=100)
def test_a_flipped_byte_in_the_weights_is_found(where: float, flip: int) -> None:
    content = bytearray(packed())
    start = 8 + int.from_bytes(content[:8], "little")
    content[start + int(where * (len(content) - start))] ^= flip
    with pytest.raises(DamagedRun, match=r"^00003\.safetensors is not as it was written \(its checksum differs\)\.$"):
        weights_file.unpack(bytes(content), "00003.safetensors")


@given(st.floats(0, 1, exclude_max=True))
@settings(max_examples=50)
def test_a_truncated_file_is_none(share: float) -> None:
    with pytest.raises(DamagedRun, match=r"^00003\.safetensors does not hold the weights of an epoch\.$"):
        weights_file.unpack(packed()[: int(share * len(packed()))], "00003.safetensors")


def write(folder: Path, content: bytes) -> Path:
    epochs.write(folder, 3, content)
    return epochs.path_of(folder, 3)


def test_the_checksum_knows_which_tensor_is_which(tmp_path: Path) -> None:
    """Two of the same shape that change places are another network."""
    tensors = {"generator.a": torch.zeros(3), "generator.b": torch.ones(3)}
    content = weights_file.pack(tensors, SMALL, 39, 3)
    with safe_open(write(tmp_path, content), "pt") as file:
        about = file.metadata()
    assert_same_bits(load(content), tensors)
    swapped = {"generator.a": torch.ones(3), "generator.b": torch.zeros(3)}
    with pytest.raises(DamagedRun, match="its checksum differs"):
        weights_file.unpack(save(swapped, about), "00003.safetensors")
