"""What the browser tests of the playground share: opening it, and the pixels that it shows."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from chromium import App
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect

OpenPage = Callable[..., Page]

SETTLED = """() => {
  const empty = Object.assign(document.createElement("canvas"), { width: 28, height: 28 }).toDataURL();
  const images = document.querySelectorAll(".lg-focus-image, .lg-samples canvas");
  return images.length > 1 && [...images].every((canvas) => canvas.toDataURL() !== empty);
}"""


def play(app: App, open_page: OpenPage, run: str, link: str = "", **options: object) -> Page:
    """The playground with the images of a run on show; `link` is the part of the address after #."""
    page = open_page(f"{app.url}/playground?run={run}#{link}", **options)
    settled(page)
    expect(page.get_by_label("Run", exact=True)).to_have_value(run)
    return page


def image(page: Page) -> str:
    """The image in focus, as a data URL: equal ones are equal in every pixel."""
    return drawn(page.locator(".lg-focus-image"))


def drawn(canvas: Locator) -> str:
    return str(canvas.evaluate("canvas => canvas.toDataURL()"))


def pick(page: Page, letter: str) -> str:
    """The small image of a pick."""
    return drawn(picks(page).filter(has=page.get_by_text(letter, exact=True)).locator("canvas"))


def picks(page: Page) -> Locator:
    return page.locator(".lg-pick")


def levels(url: str) -> NDArray[np.int16]:
    """The greys of a data URL."""
    content = base64.b64decode(url.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("L"), np.int16)


def contrast(url: str) -> int:
    return int(np.ptp(levels(url)))


def changed(page: Page, before: str) -> str:
    """Wait for another image in focus and return it."""
    page.wait_for_function("before => document.querySelector('.lg-focus-image').toDataURL() !== before", arg=before)
    return image(page)


def settled(page: Page) -> None:
    """Wait until the image in focus is there, and those that the worker makes."""
    page.wait_for_function(SETTLED)


def choose_tool(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tabpanel", name=name)).to_be_visible()


def save(page: Page, item: str | re.Pattern[str], folder: Path) -> Path:
    """Choose something from the menu; where the file lies."""
    page.locator("summary", has_text="Save").click()
    with page.expect_download() as download:
        page.get_by_role("group", name="Save").get_by_role("button", name=item).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path
