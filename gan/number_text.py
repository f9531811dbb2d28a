"""Numbers as people type them, in options, links and files: the one place that says what counts as one.

Python's own `int` and `float` also take "1_0", " 1", digits of other scripts, "nan" and "inf"; these are no numbers
here.
"""

from __future__ import annotations

import argparse
import re

_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})([eE][+-]?[0-9]{1,3})?")


def is_whole(text: str) -> bool:
    """Whether this is a whole number in plain digits."""
    return _WHOLE.fullmatch(text) is not None


def is_number(text: str) -> bool:
    """Whether this is a number in plain digits, with or without a decimal point and an exponent."""
    return _NUMBER.fullmatch(text) is not None


def whole(text: str) -> int:
    """The whole number that an option of the command line gives; for `argparse`."""
    if not is_whole(text):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a whole number in plain digits")
    return int(text)
