"""What a view returns, and how it reads its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from numpy.typing import NDArray

from gan.errors import LiveGANError


class Figures(NamedTuple):
    """The figures of a view at one moment.

    Attributes:
        values: JSON values; `missing` is a sentence that says why there are no figures.
        arrays: uint8, uint32, float32 or float64 by name; bytes are those of a PNG.
    """

    values: dict[str, Any]
    arrays: Mapping[str, NDArray[Any] | bytes]


class BadParameter(LiveGANError):
    """A view was asked with a parameter that it does not take; the text is one sentence."""


def missing(sentence: str) -> Figures:
    """No figures, for this reason."""
    return Figures({"missing": sentence}, {})


def whole_number(query: Mapping[str, str], name: str, below: int, default: int = 0) -> int:
    """A parameter that is a whole number from 0 to below - 1; raises `BadParameter`."""
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) < 8 and int(text) < below):
        raise BadParameter(f"The parameter {name} must be a whole number from 0 to {below - 1}.")
    return int(text)


def whole_numbers(query: Mapping[str, str], name: str, below: int, most: int) -> tuple[int, ...]:
    """A parameter of whole numbers from 0 to below - 1, separated by commas; raises `BadParameter`."""
    parts = query.get(name, "").split(",")
    fits = 0 < len(parts) <= most and all(part.isascii() and part.isdecimal() and len(part) < 8 for part in parts)
    if not fits or any(int(part) >= below for part in parts):
        raise BadParameter(
            f"The parameter {name} must be 1 to {most} whole numbers from 0 to {below - 1}, separated by commas."
        )
    return tuple(int(part) for part in parts)
