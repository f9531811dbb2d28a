"""Finds the files of a component: the JavaScript modules that its `main.js` needs at once, and its style sheets."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent

# `import(...)` is not among them: such a module is fetched when it is first needed.
_STATIC_IMPORT = re.compile(r'^(?:import|(?:import|export)\s[^;"]*?\sfrom)\s*"(\.[^"]+)"', re.MULTILINE)


@cache
def static_modules(main: Path) -> list[Path]:
    """Lists `main` and all modules that it imports statically, directly or not: a browser needs them all to run it."""
    found = [main]
    for module in found:  # grows on the way
        for name in _STATIC_IMPORT.findall(module.read_text("utf-8")):
            path = (module.parent / name).resolve()
            if path not in found:
                found.append(path)
    return found


def style_sheets(folder: str) -> list[Path]:
    """Lists a component's style sheets after those that all components share; `touch.css` is the last.

    Those of its subfolders come before its own, which can thus override them; otherwise the order is that of the paths.
    """
    own, shared = FOLDER / folder, FOLDER / "shared"
    first, last = shared / "base.css", shared / "touch.css"
    between = [path for path in sorted(shared.glob("*.css")) if path not in (first, last)]
    sheets = sorted(own.rglob("*.css"), key=lambda path: (path.parent == own, path))
    return [first, *between, *sheets, last]
