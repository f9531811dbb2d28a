"""What can be wrong with the looks of a page, at all widths: told by a script that measures it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from fingers import Fingers
from helpers import wait_until
from playwright.sync_api import Page

FUNCTIONS = Path(__file__).parents[1].joinpath("browser", "layout_faults.js").read_text("utf-8")
FAULTS = f"(least) => {{ {FUNCTIONS} return layoutFaults(least); }}"
TOUCH = ((390, 844), (375, 667), (480, 900), (600, 960), (768, 1024))
MOUSE = ((900, 900), (1920, 1080), (1440, 1000))  # ends as pages are opened: each width costs half a second
TARGET = 40  # px
LONG = "a-branch-with-a-rather-long-name-that-has-to-fit"  # of a run


def looks_right(page: Page, touch: bool) -> None:
    """At all widths there is no fault."""
    fingers = Fingers(page) if touch else None
    for width, height in TOUCH if touch else MOUSE:
        if fingers:
            fingers.resize(width, height)
        else:
            page.set_viewport_size({"width": width, "height": height})
        faults: list[str] = []

        def settled(found: list[str] = faults) -> bool:
            found[:] = page.evaluate(FAULTS, TARGET if touch else 0)
            return not found

        with contextlib.suppress(AssertionError):
            wait_until(settled)
        assert not faults, f"at {width} x {height}:\n" + "\n".join(faults[:20])
