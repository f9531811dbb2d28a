"""QR codes as SVG."""

from __future__ import annotations

import segno


def svg(text: str) -> str:
    """Black on white in both themes, so that every phone reads it; as wide as what it stands in."""
    code = segno.make(text, error="m", micro=False)
    picture: str = code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True)
    return picture
