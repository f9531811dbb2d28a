"""Makes tests/js/playground/fixtures: what torch and safetensors say, for tests of the playground's modules.

Run it from the repository's root: `PYTHONPATH=. .venv/bin/python tests/support/playground_fixtures.py`
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

FIXTURES = Path(__file__).parents[1] / "js" / "playground" / "fixtures"
SHAPES = [(1, 3), (2, 16), (100, 128), (100, 16), (512, 64), (64, 2048)]  # inputs, outputs
MOST_NUMBERS = 2000  # of singular vectors: larger matrices are told by their singular values alone


def main() -> None:
    write("singular", [singular(inputs, outputs) for inputs, outputs in SHAPES])
    write("safetensors", {name: base64.b64encode(content).decode() for name, content in files().items()})


def write(name: str, content: object) -> None:
    (FIXTURES / f"{name}.json").write_text(json.dumps(content) + "\n", "utf-8")


def singular(inputs: int, outputs: int) -> dict[str, Any]:
    """Singular values of the weight that the tests make from these numbers, and right singular vectors, one a row."""
    _, values, vectors = torch.linalg.svd(weight(inputs, outputs).double(), full_matrices=False)
    rows = vectors.tolist() if vectors.numel() <= MOST_NUMBERS else None
    return {"inputs": inputs, "outputs": outputs, "values": values.tolist(), "vectors": rows}


def weight(inputs: int, outputs: int) -> Tensor:
    """Uniform numbers of the seed `inputs`; its columns grow, so that the singular values lie apart."""
    growth = [1 + 2 * i / max(1, inputs - 1) for i in range(inputs)]
    uniform = [2 * number / 2**32 - 1 for number in sfc32(inputs, inputs * outputs)]
    numbers = [number * growth[k % inputs] for k, number in enumerate(uniform)]
    return torch.tensor(numbers, dtype=torch.float64).float().view(outputs, inputs)


def sfc32(seed: int, count: int) -> list[int]:
    """Chris Doty-Humphrey's generator, written down once more."""
    mask, a, b, c, counter = 2**32 - 1, 0, seed % 2**32, seed >> 32, 1
    out = []
    for _ in range(15 + count):
        out.append((a + b + counter) & mask)
        counter += 1
        a, b, c = b ^ (b >> 9), (c + (c << 3)) & mask, ((((c << 21) | (c >> 11)) & mask) + out[-1]) & mask
    return out[15:]


def files() -> dict[str, bytes]:
    return {
        "good": save({"a.weight": torch.arange(6.0).view(2, 3), "b": torch.tensor([])}, {"batch": "7"}),
        "half": save({"h": torch.tensor([1, -2.5, 0.1, 6e-8, -65504], dtype=torch.float16), "i": torch.ones(1)}),
        "foreign": save({"b": torch.ones(2, dtype=torch.bfloat16)}),
    }


if __name__ == "__main__":
    main()
