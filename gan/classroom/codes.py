"""Codes that people read and type: no letters or digits that look alike, shown in two halves."""

from __future__ import annotations

import re
import secrets

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
OF_THE_CLASS = 6  # letters; 900 million codes, each guess of which takes a request
OF_A_DEVICE = 8  # valid for minutes only, but for a name


def new_code(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def typed_code(text: str) -> str:
    """A code as it was meant: without what separates its halves, in capital letters."""
    return re.sub(r"[\s\-._]", "", text[:40]).upper()


def shown_code(code: str) -> str:
    half = len(code) // 2
    return f"{code[:half]}-{code[half:]}"
