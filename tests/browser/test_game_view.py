"""A user sees why: the map of the images, how the discriminator sees them, and each image's verdict."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from chromium import App
from helpers import SMALL
from playwright.sync_api import Page, expect

from gan.runs.registry import RunRegistry
from gan.runs.trim import trim_run

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def trained(app: App) -> str:
    """A finished run that kept the discriminator of its last epoch only."""
    registry = RunRegistry(app.folder)
    run = registry.start(SMALL.changed(digits=(0, 1), epochs=2), "for-the-game")
    run.join()
    registry.close()
    trim_run(run.folder, {1, 2})
    return run.name


@pytest.fixture
def forgetful(open_page: OpenPage) -> Iterator[OpenPage]:
    """Opens pages; the tab that they chose is forgotten afterwards."""
    opened: list[Page] = []

    def open_one(address: str) -> Page:
        opened.append(open_page(address))
        return opened[-1]

    yield open_one
    for page in opened:
        page.evaluate("localStorage.removeItem('livegan-view')")


def test_the_game_is_shown_now_and_at_an_old_epoch(app: App, forgetful: OpenPage, trained: str) -> None:
    page = forgetful(f"{app.url}/?run={trained}")
    page.set_viewport_size({"width": 1440, "height": 2400})  # what is out of sight is not computed
    views = page.get_by_role("tablist", name="Views")
    views.get_by_role("tab", name="Quality").focus()
    page.keyboard.press("ArrowRight")
    expect(views.get_by_role("tab", name="Game")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("region", name="Image quality")).to_be_hidden()

    map_card = page.get_by_role("region", name="Where they are")
    expect(map_card.get_by_text(re.compile("^now, after batch"))).to_be_visible()
    picture = map_card.get_by_role("img", name=re.compile("^Map of 2,000 real and 500 generated images"))
    picture.focus()
    page.keyboard.press("ArrowRight")
    expect(map_card.get_by_text(re.compile(r"which the classifier reads as \d \("))).to_be_visible()
    expect(map_card.get_by_text(re.compile(r"^The real image nearest to it, a [01]: "))).to_be_visible()
    box = picture.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    for x, y in ((0.99, 0.01), (0.99, 0.99), (0.01, 0.99)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.mouse.up()
    expect(map_card.get_by_text("500 generated images, of which 64 are shown")).to_be_visible()

    hills = page.get_by_role("region", name="How the discriminator sees them")
    expect(hills.get_by_role("img", name=re.compile(r"Of the real images [\d.<> ]+% are judged real"))).to_be_visible()
    expect(hills.get_by_text("Real images it never learned from")).to_be_visible()

    verdicts = page.get_by_role("region", name="Each image's verdict")
    tenth = verdicts.get_by_role("button", name=re.compile(r"^Image 10: [\d.<> ]+%$"))
    tenth.click()
    expect(tenth).to_have_attribute("aria-pressed", "true")
    expect(verdicts.get_by_text(re.compile(r"^after 100 steps"))).to_be_visible()
    verdicts.get_by_role("button", name="Sort").click()
    expect(tenth).to_have_attribute("style", re.compile(r"order: \d+"))

    page.get_by_role("slider", name="Epoch").fill("1")
    expect(map_card.get_by_text("after epoch 1", exact=True)).to_be_visible()
    for card in (hills, verdicts):
        sentence = "The discriminator of epoch 1 was not kept, only the generator."
        expect(card.get_by_text(sentence)).to_be_visible()
    page.reload()
    expect(views.get_by_role("tab", name="Game")).to_have_attribute("aria-selected", "true")  # it is remembered


def test_a_link_opens_the_game_of_a_run_that_trains(app: App, forgetful: OpenPage) -> None:
    page = forgetful(f"{app.url}/?view=game")
    page.get_by_label("Name", exact=True).fill("game-live")
    page.get_by_role("button", name="Start", exact=True).click()
    when = page.get_by_role("region", name="How the discriminator sees them").get_by_text(
        re.compile("^now, after batch")
    )
    expect(when).to_be_visible()
    first = when.inner_text()
    expect(when).not_to_have_text(first)
    page.get_by_role("button", name="Stop", exact=True).click()
