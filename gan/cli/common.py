"""Shared by the commands: the folder of a run, checks of options, a progress bar, one line of JSON."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gan.errors import LiveGANError
from gan.names import NAME

SEEDS = (0, 2**31 - 1)


def print_json(values: Any) -> None:
    """Print one line of strict JSON."""
    print(json.dumps(values, allow_nan=False))


def run_folder(name: str) -> Path:
    """The folder of a run on disk; raises `LiveGANError` if there is none."""
    from gan.runs.registry import checkpoints_folder

    folder = checkpoints_folder() / name
    if not NAME.fullmatch(name) or not folder.is_dir():
        raise LiveGANError(f"There is no run named {name!r}; `python -m gan runs` lists them.")
    return folder


def check_range(option: str, value: int, low: int, high: int) -> None:
    """Raises `LiveGANError` unless the value of an option is in its range."""
    if not low <= value <= high:
        raise LiveGANError(f"{option} is {value}; it must be a whole number from {low} to {high}.")


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[float, str], None]]:
    """A bar that a callback of (share, sentence) moves; it appears only once something is reported."""
    from tqdm import tqdm

    with tqdm(total=100, disable=None, file=sys.stderr, delay=0.1, bar_format="{desc} {percentage:.0f}%|{bar}|") as bar:

        def progress(share: float, sentence: str) -> None:
            bar.set_description_str(sentence, refresh=False)
            bar.update(round(100 * share) - bar.n)

        yield progress
