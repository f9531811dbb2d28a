"""Generated images as the lecture shows them: an 8 x 8 grid, padding 2, normalised, as a PNG."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from PIL import Image

GRID_SIDE = 8 * 30 + 2  # pixels
GRID_BYTES = GRID_SIDE * (GRID_SIDE + 1)  # each row begins with its kind of filter


def grid_png(images: Tensor, *, columns: int = 8) -> bytes:
    """The grid of N x C x H x W images of any range, made by `torchvision.utils.make_grid`, as the bytes of a PNG."""
    out = io.BytesIO()
    grid_picture(images, columns=columns).save(
        out, "PNG", compress_level=3
    )  # half the time of the default level, 8 % larger
    return out.getvalue()


def grid_picture(images: Tensor, *, columns: int = 8) -> Image.Image:
    """The same as a Pillow image."""
    from PIL import Image  # imported here: torchvision takes a second to import, and listing runs needs neither
    from torchvision.utils import make_grid

    grid = make_grid(images.detach().float().cpu(), nrow=columns, padding=2, normalize=True)
    pixels = grid.mul(255).round().byte().permute(1, 2, 0).numpy()
    return Image.fromarray(pixels[..., 0] if images.shape[1] == 1 else pixels)


def reduced_grid(images: Tensor, shrink: int) -> NDArray[np.uint8]:
    """The grid of 64 x 1 x 28 x 28 images as grey pixels, with each side divided by `shrink` (1 or 2).

    Takes a tenth of the time of `make_grid`, and no thread of torch's.
    """
    pixels = images.detach().float().cpu().numpy()[:, 0]
    low, high = pixels.min(), pixels.max()
    side, gap, rows = pixels.shape[-1] // shrink, 2 // shrink, 8
    small = pixels.reshape(rows, -1, side, shrink, side, shrink).mean((3, 5))
    cells = np.pad((small - low) / max(high - low, 1e-5), ((0, 0), (0, 0), (gap, 0), (gap, 0)))
    grid = cells.transpose(0, 2, 1, 3).reshape(rows * (side + gap), -1)
    return (np.pad(grid, ((0, gap), (0, gap))) * 255).round().astype(np.uint8)


def repacked(png: bytes) -> bytes:
    """The same PNG compressed as far as possible; takes ten times as long as `grid_png`."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(png)).save(out, "PNG", optimize=True)
    return out.getvalue()


def is_grid_png(content: bytes) -> bool:
    """Whether these bytes are exactly one whole PNG of a grid of 64 grey images, 28 x 28 each."""
    begin = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", GRID_SIDE, GRID_SIDE) + bytes([8, 0, 0, 0, 0])
    if not content.startswith(begin):
        return False
    pixels, at, kinds = zlib.decompressobj(), 8, []
    rows = bytearray()
    while at + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        body = content[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack(">I", content[at + 8 + length :][:4].rjust(4, b"\0"))
        if zlib.crc32(kind + body) != checksum:
            return False
        kinds.append(kind)
        at += 12 + length
        if kind == b"IDAT":
            try:
                rows += pixels.decompress(body, max(1, GRID_BYTES + 1 - len(rows)))  # 0 would mean no limit
            except zlib.error:
                return False
    whole = pixels.eof and len(rows) == GRID_BYTES and max(rows[:: GRID_SIDE + 1]) <= 4  # the kinds of filters
    return whole and at == len(content) and kinds[-1] == b"IEND" and set(kinds) == {b"IHDR", b"IDAT", b"IEND"}
