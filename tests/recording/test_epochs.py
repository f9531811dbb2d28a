"""What is kept of each epoch: its weights, vouched for by a checksum, thinned evenly; and its images."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from epoch_weights import packed, weights
from helpers import SMALL, assert_same_bits, full_disk
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save

from gan.recording import epochs, weights_file
from gan.recording.atomic_files import DamagedRun
from gan.recording.epochs import KeptEpoch

# --- weights -----------------------------------------------------------------------------------------------------


def test_weights_are_read_back_exactly_with_what_they_are_of(tmp_path: Path) -> None:
    epochs.write(tmp_path, 3, packed())
    kept, settings, batch = epochs.read(tmp_path, 3)
    assert_same_bits(kept, weights())
    assert (settings, batch) == (SMALL, 39)
    assert epochs.read_packed(tmp_path, 3) == packed()


def test_weights_can_be_rounded_to_half_the_size(tmp_path: Path) -> None:
    half = weights_file.pack(weights(), SMALL, 39, 3, half=True)
    assert len(half) < 0.6 * len(packed())
    epochs.write(tmp_path, 3, half)
    kept, _, _ = epochs.read(tmp_path, 3)
    for name, value in kept.items():
        assert value.dtype == torch.float32
        torch.testing.assert_close(value, weights()[name], atol=1e-6, rtol=1e-3)
    assert_same_bits(epochs.rounded_as_kept(tmp_path, 3, weights()), kept)
    epochs.write(tmp_path, 4, packed())
    assert_same_bits(epochs.rounded_as_kept(tmp_path, 4, weights()), weights())


def test_the_file_is_plain_safetensors_that_others_can_read(tmp_path: Path) -> None:
    epochs.write(tmp_path, 3, packed())
    with safe_open(tmp_path / "epochs" / "00003.safetensors", "pt") as file:
        assert {*file.keys()} == {*weights()}
        about = file.metadata()
    assert (about["batch"], about["epoch"]) == ("39", "3")
    assert about["settings"] == SMALL.model_dump_json()


def test_what_is_not_kept_is_said(tmp_path: Path) -> None:
    for read in (epochs.read, epochs.read_packed):
        with pytest.raises(DamagedRun, match=r"^the weights of epoch 7 are not kept\.$"):
            read(tmp_path, 7)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        bytes(100),
        b"\xff" * 100,
        save(weights()),
        save(weights(), {"settings": "{}", "batch": "39"}),
        save(weights(), {"settings": "{}", "batch": "many", "sha256": ""}),
        save(weights(), {"settings": '{"surprise": 1}', "batch": "39", "sha256": ""}),
    ],
    ids=["nothing", "zeros", "ones", "no metadata", "no checksum", "no number", "no settings"],
)
def test_what_packed_did_not_make_is_none(tmp_path: Path, content: bytes) -> None:
    epochs.write(tmp_path, 3, content)
    for read in (epochs.read, epochs.read_packed):
        with pytest.raises(DamagedRun, match=r"^00003\.safetensors does not hold the weights of an epoch\.$"):
            read(tmp_path, 3)


def test_kept_epochs_are_listed_in_order_with_what_they_hold(tmp_path: Path) -> None:
    generator = {name: value for name, value in weights().items() if name.startswith("generator.")}
    epochs.write(tmp_path, 10, packed())
    epochs.write(tmp_path, 2, weights_file.pack(generator, SMALL, 26, 2))
    epochs.write(tmp_path, 5, b"damaged")
    for stray in ("1.safetensors", "00003.png", ".00004.safetensors.9.tmp", "000007.safetensors"):
        (tmp_path / "epochs" / stray).write_bytes(packed())
    assert epochs.numbers(tmp_path) == [2, 5, 10]
    assert epochs.list_kept(tmp_path) == [KeptEpoch(2, discriminator=False), KeptEpoch(10, discriminator=True)]


def test_a_run_without_an_epoch_has_none(tmp_path: Path) -> None:
    assert epochs.numbers(tmp_path) == []
    assert epochs.list_kept(tmp_path) == []
    assert epochs.paths(tmp_path) == []


# --- thinning ----------------------------------------------------------------------------------------------------


def test_at_most_so_many_multiples_of_a_power_of_two_are_kept() -> None:
    assert [epochs.stride_for(count, 4) for count in (0, 1, 4, 5, 9, 10, 19, 20, 39, 40)] == [
        1, 1, 1, 2, 2, 4, 4, 8, 8, 16,
    ]  # fmt: skip


@given(st.integers(1, 40), st.integers(1, 300))
def test_the_epochs_that_stay_are_evenly_spread_and_few_enough(most: int, count: int) -> None:
    stride = epochs.stride_for(count, most)
    assert count // stride <= most
    assert stride == 1 or count // (stride // 2) > most  # no more than needed


def touch(folder: Path, numbers: range | list[int]) -> None:
    (folder / "epochs").mkdir(exist_ok=True)
    for number in numbers:
        epochs.path_of(folder, number).touch()


def test_thinning_epoch_by_epoch_comes_to_the_same_as_thinning_once(tmp_path: Path) -> None:
    for newest in range(1, 51):
        touch(tmp_path, [newest])
        epochs.thin(tmp_path, newest, 6)
        assert len(epochs.numbers(tmp_path)) <= 7
    assert epochs.numbers(tmp_path) == [8, 16, 24, 32, 40, 48, 50]
    touch(tmp_path, range(1, 51))
    epochs.thin(tmp_path, 50, 6)
    assert epochs.numbers(tmp_path) == [8, 16, 24, 32, 40, 48, 50]
    epochs.thin(tmp_path, 50, 1)
    assert epochs.numbers(tmp_path) == [32, 50]


def test_images_are_not_thinned(tmp_path: Path) -> None:
    touch(tmp_path, range(1, 9))
    for number in range(1, 9):
        epochs.write_grid(tmp_path, number, b"png")
    epochs.thin(tmp_path, 8, 2)
    assert epochs.numbers(tmp_path) == [4, 8]
    assert all(epochs.read_grid(tmp_path, number) == b"png" for number in range(1, 9))


def test_what_comes_after_an_epoch_can_be_removed(tmp_path: Path) -> None:
    touch(tmp_path, range(1, 5))
    for number in range(1, 5):
        epochs.write_grid(tmp_path, number, b"png")
    epochs.write_grid(tmp_path, None, b"latest")
    epochs.remove_after(tmp_path, 2)
    assert epochs.numbers(tmp_path) == [1, 2]
    assert [epochs.read_grid(tmp_path, number) for number in (1, 2, 3, 4)] == [b"png", b"png", None, None]
    assert epochs.read_grid(tmp_path, None) == b"latest"


# --- images ------------------------------------------------------------------------------------------------------


def test_images_are_kept_by_their_epoch(tmp_path: Path) -> None:
    epochs.write_grid(tmp_path, 1, b"one")
    epochs.write_grid(tmp_path, 10_000, b"last")
    assert epochs.read_grid(tmp_path, 1) == b"one"
    assert epochs.read_grid(tmp_path, 10_000) == b"last"
    assert epochs.read_grid(tmp_path, 2) is None
    assert epochs.read_grid(tmp_path, None) is None


def test_a_disk_without_room_keeps_the_old_ones(tmp_path: Path) -> None:
    epochs.write_grid(tmp_path, 1, b"old")
    epochs.write(tmp_path, 3, packed())
    with full_disk(2):
        with pytest.raises(OSError, match="File too large"):
            epochs.write_grid(tmp_path, 1, b"new")
        with pytest.raises(OSError, match="File too large"):
            epochs.write(tmp_path, 3, b"new")
    assert epochs.read_grid(tmp_path, 1) == b"old"
    assert_same_bits(epochs.read(tmp_path, 3)[0], weights())
