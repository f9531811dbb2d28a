"""Directions, random numbers and weights files, as the playground's modules compute them in a real Chromium."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from chromium import App
from playwright.sync_api import Page
from safetensors.torch import save
from scripting import floats_of, packed, run_js
from torch import Tensor

OpenPage = Callable[..., Page]


@pytest.fixture
def page(app: App, open_page: OpenPage) -> Page:
    """A page of the server that is nothing but our modules."""
    return open_page(f"{app.url}/api/health")


# --- directions --------------------------------------------------------------------------------------------------


def directions(page: Page, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Unit vectors, one a row, and singular values of an outputs x inputs matrix."""
    made = run_js(
        page,
        """const { principalDirections } = await module("principalDirections");
        const { vectors, values } = principalDirections({ ...given, weight: floats(given.weight) });
        return { values: text(values), vectors: vectors.map(text) };""",
        weight=packed(weight), inputs=weight.shape[1], outputs=weight.shape[0],
    )  # fmt: skip
    vectors = np.concatenate([np.empty(0), *(floats_of(vector) for vector in made["vectors"])])
    values = floats_of(made["values"]).astype(np.float64)
    return torch.from_numpy(vectors.reshape(-1, weight.shape[1])), torch.from_numpy(values)


def test_directions_are_the_right_singular_vectors(page: Page) -> None:
    for inputs, outputs in [(1, 3), (2, 16), (100, 128), (100, 16), (512, 64), (64, 2048)]:
        weight = torch.randn(outputs, inputs, generator=torch.Generator().manual_seed(inputs))
        weight *= torch.linspace(1, 3, inputs)  # so that the singular values lie apart
        _, values, vectors = torch.linalg.svd(weight.double(), full_matrices=False)
        found, singular = directions(page, weight)
        assert len(found) == min(inputs, outputs)
        assert torch.allclose(singular, values, rtol=1e-5, atol=1e-6)
        assert torch.allclose(found @ found.T, torch.eye(len(found)).double(), atol=1e-5)
        apart = torch.cat([values, values.new_zeros(1)]).diff().neg() > 1e-3 * values[0]
        apart &= torch.cat([apart.new_ones(1), apart[:-1]])
        assert apart.sum() > len(found) / 3
        assert ((found * vectors).sum(dim=1).abs()[apart] > 1 - 1e-6).all()
        assert (found.gather(1, found.abs().argmax(dim=1, keepdim=True)) > 0).all()


def test_directions_without_an_effect_are_left_out(page: Page) -> None:
    lonely = torch.outer(torch.arange(1.0, 4.0), torch.arange(5.0))
    for weight in (torch.zeros(3, 4), torch.eye(5), torch.ones(6, 4), torch.diag(torch.arange(6.0)), lonely):
        found, singular = directions(page, weight)
        wanted = torch.linalg.svdvals(weight.double())
        assert torch.allclose(singular, wanted[wanted > 1e-5], atol=1e-5)
        assert torch.allclose(found @ found.T, torch.eye(len(found)).double(), atol=1e-6)
        assert torch.allclose((weight.double() @ found.T).norm(dim=0), singular, atol=1e-5)


# --- random numbers ----------------------------------------------------------------------------------------------


def sfc32(seed: int, count: int) -> list[int]:
    """Chris Doty-Humphrey's generator, written down once more."""
    mask, a, b, c, counter = 2**32 - 1, 0, seed % 2**32, seed >> 32, 1
    out = []
    for _ in range(15 + count):
        out.append((a + b + counter) & mask)
        counter += 1
        a, b, c = b ^ (b >> 9), (c + (c << 3)) & mask, ((((c << 21) | (c >> 11)) & mask) + out[-1]) & mask
    return out[15:]


def test_seeds_give_the_numbers_of_sfc32(page: Page) -> None:
    seeds = [0, 1, 2**31, 2**32 - 1, 2**32, 2**53 - 1]
    drawn = run_js(
        page,
        """const { rng } = await module("random");
        return given.seeds.map((seed) => Array.from({ length: 50 }, rng(seed)).map((x) => x * 2 ** 32));""",
        seeds=seeds,
    )
    assert drawn == [sfc32(seed, 50) for seed in seeds]


def test_noise_is_distributed_as_the_runs_own(page: Page) -> None:
    drawn = run_js(
        page,
        """const { noise } = await module("random");
        const { stack } = await module("vectors");
        const many = (kind) => text(stack(Array.from({ length: 300 }, (_, i) => noise(i, 101, kind))));
        return [many("normal"), many("uniform"), many("normal")];""",
    )
    normal, uniform, again = (floats_of(each).astype(np.float64) for each in drawn)
    assert np.array_equal(normal, again)
    assert len(np.unique(normal)) > 0.999 * len(normal)
    ranks = (np.arange(len(normal)) + 0.5) / len(normal)
    cdf = np.array([(1 + math.erf(x / math.sqrt(2))) / 2 for x in np.sort(normal)])
    assert np.abs(cdf - ranks).max() < 1.63 / math.sqrt(len(normal))  # Kolmogorov and Smirnov at 1 %
    assert np.abs((np.sort(uniform) + 1) / 2 - ranks).max() < 1.63 / math.sqrt(len(uniform))
    for each in (normal, uniform):
        rows = each.reshape(300, 101)
        assert abs(np.corrcoef(rows[:-1].ravel(), rows[1:].ravel())[0, 1]) < 0.025  # neighbouring seeds


# --- files -------------------------------------------------------------------------------------------------------

GOOD = save({"a.weight": torch.arange(6.0).view(2, 3), "b": torch.tensor([], dtype=torch.float32)}, {"batch": "7"})


def header(text: str, body: bytes = b"") -> bytes:
    return len(text).to_bytes(8, "little") + text.encode() + body


DAMAGED = {
    "nothing": b"", "seven bytes": bytes(7), "a page": b"<!doctype html>" * 20, "an endless header": b"\xff" * 40,
    "no JSON": header("{"), "a list": header("[]"), "null": header("null"),
    "no UTF-8": b"\x02" + bytes(7) + b"\xff\xfe",
    "no table of metadata": header('{"__metadata__": 5}'), "an entry that is none": header('{"a": 5}'),
    "no offsets": header('{"a": {"dtype": "F32", "shape": [1]}}', bytes(4)),
    "negative": header('{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}', bytes(4)),
    "backwards": header('{"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}', bytes(4)),
    "another shape": header('{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}', bytes(4)),
    "huge": header('{"a": {"dtype": "F32", "shape": [9007199254740993, 9], "data_offsets": [0, 4]}}', bytes(4)),
    "a gap": header('{"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}', bytes(8)),
    "more behind": GOOD + b"\0", "cut short": GOOD[:-1],
    "an overlap": header('{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, '
                         '"b": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}', bytes(4)),
}  # fmt: skip


def read(page: Page, files: list[bytes]) -> list[Any]:
    return list(
        run_js(
            page,
            """const { readSafetensors } = await module("safetensors");
            return given.files.map((file) => {
              try {
                const { tensors, metadata } = readSafetensors(bytes(file).buffer);
                const plain = ([name, { shape, data }]) => [name, shape, data && [...data]];
                return { metadata, tensors: [...tensors].map(plain) };
              } catch (error) {
                return `${error.constructor.name}: ${error.message}`;
              }
            });""",
            files=[base64.b64encode(file).decode() for file in files],
        )
    )


def test_a_file_is_read_wherever_its_numbers_lie(page: Page) -> None:
    unaligned = header('{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}} ', np.float32(2.5).tobytes())
    half = save({"h": torch.tensor([1, -2.5, 0.1, 6e-8, -65504], dtype=torch.float16), "i": torch.ones(1)})
    foreign = save({"b": torch.ones(2, dtype=torch.bfloat16)})
    whole, odd, rounded, other = read(page, [GOOD, unaligned, half, foreign])
    assert whole["metadata"] == {"batch": "7"}
    assert sorted(whole["tensors"]) == [["a.weight", [2, 3], [0, 1, 2, 3, 4, 5]], ["b", [0], []]]
    assert odd == {"metadata": {}, "tensors": [["a", [1], [2.5]]]}
    numbers = [1, -2.5, 0.0999755859375, 5.960464477539063e-08, -65504]
    assert sorted(rounded["tensors"]) == [["h", [5], numbers], ["i", [1], [1]]]
    assert other["tensors"] == [["b", [2], None]]


def test_damaged_files_are_refused_with_one_sentence(page: Page) -> None:
    for how, told in zip(DAMAGED, read(page, list(DAMAGED.values())), strict=True):
        assert isinstance(told, str), how
        assert told.startswith("Error: The weights file is damaged: "), (how, told)
        assert told.endswith("."), how
    for told in read(page, [GOOD[:end] for end in range(len(GOOD))]):
        assert str(told).startswith("Error: The weights file is damaged: ")
    flipped = [
        GOOD[:at] + bytes([GOOD[at] ^ 1 << bit]) + GOOD[at + 1 :] for at in range(len(GOOD)) for bit in (0, 3, 7)
    ]
    for told in read(page, flipped):
        assert isinstance(told, dict) or told.startswith("Error: The weights file is damaged: "), told


def test_whole_files_that_are_no_weights_of_a_run_are_refused(page: Page) -> None:
    layer = {"generator.linears.0.weight": torch.ones(784, 3), "generator.linears.0.bias": torch.ones(784)}
    short = layer | {"generator.linears.0.bias": torch.ones(5)}
    apart = layer | {"generator.linears.1.weight": torch.ones(784, 3), "generator.linears.1.bias": torch.ones(784)}
    cases = {
        "it lacks the run's settings": [GOOD, save(layer, {"settings": "{"}), save(layer, {"settings": "[]"})],
        "the layers of the generator do not fit together": [
            save(tensors, {"settings": '{"latent_dim": 3}'}) for tensors in (short, apart)
        ],
        "the generator does not take the run's latent numbers": [save(layer, {"settings": '{"latent_dim": 4}'})],
    }
    for reason, files in cases.items():
        told = run_js(
            page,
            """const { readModel } = await module("model");
            const tell = (file) => {
              try {
                return readModel(bytes(file).buffer, { run: "a", version: 1, asked: 1, tag: "" }).model.where;
              } catch (error) {
                return error.message;
              }
            };
            return given.files.map(tell);""",
            files=[base64.b64encode(file).decode() for file in files],
        )
        assert told == [f"The weights file is damaged: {reason}."] * len(files)
