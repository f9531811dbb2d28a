"""The playground of a conditional run: digits are chosen, walked along, laid out in a table and written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import App
from helpers import SMALL, wait_for, wait_until
from PIL import Image
from playing import OpenPage, changed, choose_tool, contrast, drawn, image, play, save, settled
from playwright.sync_api import Page, expect

from gan.runs.registry import RunRegistry


@pytest.fixture(scope="module", autouse=True)
def runs(app: App) -> Iterator[None]:
    """A run that has learned to draw a 3, a 7 or an 8 to order, and one that has not."""
    registry = RunRegistry(app.folder)
    ours = SMALL.changed(epochs=1, lr_g=0.002)
    wait_for(registry.start(ours.changed(digits=(3, 7, 8), conditional="on"), "chosen"), "finished")
    wait_for(registry.start(ours, "unasked"), "finished")
    yield
    registry.close()


def caption(page: Page, text: str) -> None:
    expect(page.locator(".lg-focus-caption")).to_have_text(text)


def test_digits_are_chosen_walked_along_laid_out_and_written(app: App, open_page: OpenPage, tmp_path: Path) -> None:
    page = play(app, open_page, "chosen")
    digits = page.get_by_role("group", name="Digits").get_by_role("button")
    expect(digits).to_have_count(3)
    three = image(page)
    page.keyboard.press("8")
    eight = changed(page, three)
    expect(page.get_by_role("button", name="Digit 8")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("5")  # the run has not learned it
    expect(page.get_by_role("button", name="Digit 8")).to_have_attribute("aria-pressed", "true")

    page.get_by_role("button", name="the digit").click()
    caption(page, "at 8")
    page.get_by_role("button", name="Digit 3").click()
    caption(page, "at 3")
    wait_until(lambda: image(page) == three)
    page.get_by_role("textbox", name="Digits on the way").fill("38")
    page.get_by_role("slider", name="Position").press("PageUp")
    caption(page, "10 % of the way from 3 to 8")
    between = changed(page, three)
    page.get_by_role("slider", name="Position").press("End")
    assert changed(page, between) == eight

    choose_tool(page, "Table")
    table = page.get_by_role("img", name=re.compile("^8 styles as 3 digits. On show: 8, seed 12.$"))
    wait_until(lambda: contrast(drawn(table)) > 100)
    table.press("ArrowLeft")
    caption(page, "7, seed 12")
    changed(page, eight)
    page.get_by_role("img", name=re.compile("^8 styles")).press("ArrowDown")
    caption(page, "7, seed 1")

    choose_tool(page, "Write")
    number = page.get_by_role("textbox", name="Number")
    number.fill("")
    expect(page.get_by_text("Nothing is written yet")).to_be_visible()
    caption(page, "7, seed 1")
    number.fill("7x1 8")
    expect(page.get_by_role("alert").filter(has_text="this was left out: x")).to_be_visible()
    page.get_by_role("button", name="Digit 7").click()
    written = page.get_by_role("img", name="7 8 7, as the generator writes it")
    expect(written).to_be_visible()
    wait_until(lambda: contrast(drawn(written)) > 100)
    with Image.open(save(page, "Picture of the tool (PNG)", tmp_path)) as png:
        assert png.size[0] * 28 == png.size[1] * (3 * 28 + 2 * 2)  # with two pixels between the digits
    page.get_by_role("button", name="A style each").click()
    caption(page, "7, seed 3")
    expect(page).to_have_url(re.compile("digit=7.*number=7187&styles=mixed"))

    again = open_page(page.url)
    settled(again)
    caption(again, "7, seed 1")
    expect(again.get_by_role("textbox", name="Number")).to_have_value("7187")
    again.get_by_label("Run", exact=True).select_option("unasked")
    expect(again.get_by_role("tab", name="Write")).to_be_hidden()
    expect(again.get_by_role("group", name="Digits")).to_be_hidden()
