"""The names of the ten classes of each data set, for pages, exports and the command line."""

from __future__ import annotations

from collections.abc import Iterable

CLASS_NAMES: dict[str, tuple[str, ...]] = {
    "mnist": tuple("0123456789"),
    "fashion": (
        "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
    "kmnist": tuple("おきすつなはまやれを"),
}  # fmt: skip


def named(dataset: str, classes: Iterable[int]) -> str:
    """The names of some classes, separated by commas: "3, 8" or "Dress, Bag"."""
    return ", ".join(CLASS_NAMES[dataset][label] for label in classes)
