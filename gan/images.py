"""Generated images as the lecture shows them: an 8 x 8 grid, padding 2, normalised, as a PNG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from PIL import Image


def grid_png(images: Tensor, *, columns: int = 8) -> bytes:
    """N x C x H x W images of any range -> the bytes of a PNG of `torchvision.utils.make_grid`."""
    out = io.BytesIO()
    grid_picture(images, columns=columns).save(out, "PNG", compress_level=3)  # half the default's time, 8 % larger
    return out.getvalue()


def grid_picture(images: Tensor, *, columns: int = 8) -> Image.Image:
    """The same as a picture."""
    from PIL import Image  # imported here: torchvision takes a second to import, and a listing needs neither
    from torchvision.utils import make_grid

    grid = make_grid(images.detach().float().cpu(), nrow=columns, padding=2, normalize=True)
    pixels = grid.mul(255).round().byte().permute(1, 2, 0).numpy()
    return Image.fromarray(pixels[..., 0] if images.shape[1] == 1 else pixels)


def repacked(png: bytes) -> bytes:
    """The same picture in as few bytes as PNG allows; takes ten times as long as `grid_png`."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(png)).save(out, "PNG", optimize=True)
    return out.getvalue()


def is_grid_png(content: bytes) -> bool:
    """Whether these bytes begin as the PNG of 64 images of 28 x 28 does: its signature and its size."""
    side = (8 * 30 + 2).to_bytes(4, "big")
    return content[:24] == b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + side + side
