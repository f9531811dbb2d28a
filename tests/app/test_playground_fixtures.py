"""What the tests of the playground's modules are compared with is what torch and safetensors say."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
from playground_fixtures import FIXTURES, SHAPES, files, singular
from safetensors.torch import load


def kept(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


def test_the_singular_values_are_torchs() -> None:
    for (inputs, outputs), each in zip(SHAPES, kept("singular"), strict=True):
        made = singular(inputs, outputs)
        assert (each["inputs"], each["outputs"]) == (inputs, outputs)
        assert np.allclose(each["values"], made["values"], rtol=1e-9)
        assert (each["vectors"] is None) == (made["vectors"] is None)


def test_the_files_hold_what_safetensors_writes() -> None:
    written = kept("safetensors")
    assert set(written) == set(files())
    for name, content in files().items():
        old, new = load(base64.b64decode(written[name])), load(content)
        assert {key: value.tolist() for key, value in old.items()} == {key: new[key].tolist() for key in new}
