"""Scripts for tests of the playground's modules, run by the browser on a page of the app's own server."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page
from torch import Tensor

# Before every script: the modules, numbers as base64, and one engine for the page.
PRELUDE = """
const module = (name) => import(`/api/ui/playground/engine/${name}.js`);
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const floats = (text) => new Float32Array(bytes(text).buffer);
const text = (array) => {
  const all = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let out = "";
  for (let i = 0; i < all.length; i += 32768) out += String.fromCharCode(...all.subarray(i, i + 32768));
  return btoa(out);
};
const api = window.api ??= (await module("engine")).createEngine("");
// Labels of the digits 0, 1, ..., 9, 0, and so on.
const digits = (count) =>
  Float32Array.from({ length: 10 * count }, (_, i) => Number(i % 10 === Math.floor(i / 10) % 10));
const zoo = (epoch) => api.load("zoo", epoch, 1);
"""


def run_js(page: Page, body: str, **given: Any) -> Any:
    """What a script returns; it finds its arguments in `given`."""
    return page.evaluate(f"async (given) => {{ {PRELUDE} {body} }}", given)


def packed(numbers: Tensor) -> str:
    return base64.b64encode(numbers.numpy().astype("<f4").tobytes()).decode()


def floats_of(text: str) -> NDArray[np.float32]:
    return np.frombuffer(base64.b64decode(text), "<f4")


def pixels_of(text: str, count: int) -> NDArray[np.uint8]:
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(count, 784)
