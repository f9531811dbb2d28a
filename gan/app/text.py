"""Texts as the pages show them."""

from __future__ import annotations


def megabytes(size: int) -> str:
    """A number of bytes in words."""
    return f"{size / 1e6:.1f} MB"


def escaped(text: str) -> str:
    """Text as Markdown that shows it as it is; names may hold any character."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+-.!|~$:" else c for c in text)
