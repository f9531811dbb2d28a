"""The types of the pages: what `types.d.ts` declares."""

from __future__ import annotations

import re

from gan.app.components.modules import FOLDER

TYPES = (FOLDER / "types.d.ts").read_text("utf-8")


def fields_of(interface: str) -> set[str]:
    """The fields of an interface as the file declares them."""
    body = re.search(rf"^export interface {interface} (?:extends \w+ )?{{\n(.*?)^}}", TYPES, re.DOTALL | re.MULTILINE)
    assert body is not None, f"types.d.ts has no interface {interface}"
    return set(re.findall(r"^  (\w+)\??:", body[1], re.MULTILINE))
