"""On a phone a swipe scrolls the page; only a finger that goes sideways or rests moves a control."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from chromium import App
from fingers import Fingers, middle, place
from helpers import SMALL, wait_for, wait_until
from playing import choose_tool, image, picks, play
from playwright.sync_api import Locator, Page, Request, expect

from gan.runs.registry import RunRegistry

OpenPage = Callable[..., Page]
PHONE: dict[str, Any] = {"width": 390, "height": 844, "touch": True}


@pytest.fixture(scope="module", autouse=True)
def runs(app: App) -> Iterator[None]:
    """A finished run, to be looked at."""
    registry = RunRegistry(app.folder)
    wait_for(registry.start(SMALL.changed(epochs=6, lr_g=0.002), "touched"), "finished")
    yield
    registry.close()


@pytest.fixture
def steered(app: App, open_page: OpenPage) -> Iterator[Page]:
    """The page of a run that trains slowly, on a phone."""
    page = open_page(f"{app.url}/?run=new&pace=20", **PHONE)
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".lg-live .lg-head .lg-badge")).to_have_text("running")
    expect(slider(page, "Dropout")).to_be_enabled()
    yield page
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".lg-live .lg-head .lg-badge")).to_have_text("stopped")


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name, exact=True)


def sent_by(page: Page) -> list[Any]:
    """The commands that a page sends from now on."""
    sent: list[Any] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/commands"):
            sent.append(json.loads(request.post_data or "null"))

    page.on("request", note)
    return sent


def swipes_scroll(page: Page, element: Locator) -> None:
    """Swipe down and up over an element; the page follows both times."""
    fingers = Fingers(page)
    fingers.never_rest()
    x, _ = middle(element)
    for way in (120, -120):
        before, start = fingers.scrolled(), place(element)[1]
        fingers.down(x, start)
        fingers.move(x, start, x + 8, start + way)
        frames(page, 4)  # a finger that stops before it leaves gives no momentum, which could carry the element away
        fingers.up()
        wait_until(lambda before=before, way=way: (fingers.scrolled() - before) * -way > 0)  # type: ignore[misc]


def told(page: Page, sent: list[Any]) -> list[Any]:
    """What was sent by now: Playwright tells of requests only while it talks to the page."""
    page.evaluate("1")
    return sent


def frames(page: Page, count: int) -> None:
    """Wait until the page has drawn that many frames."""
    for _ in range(count):
        page.evaluate("() => new Promise(requestAnimationFrame)")


KNOBS = ["Generator learning rate", "Learning rate ratio", "Discriminator learning rate", "Dropout", "Latent size"]


def test_swipes_that_begin_on_sliders_scroll_and_steer_nothing(steered: Page) -> None:
    page = steered
    sent = sent_by(page)
    for name in [*KNOBS, "Moving average over batches"]:
        value = slider(page, name).input_value()
        swipes_scroll(page, slider(page, name))
        x, y = middle(slider(page, name))
        Fingers(page).tap(x + 60, y)
        expect(slider(page, name)).to_have_value(value)
    swipes_scroll(page, page.locator(".lg-plot-box"))
    assert sent == []


def test_a_finger_that_goes_sideways_moves_a_knob_and_posts_once_on_leaving(steered: Page) -> None:
    dropout, sent, fingers = slider(steered, "Dropout"), sent_by(steered), Fingers(steered)
    x, y = middle(dropout)
    scrolled = fingers.scrolled()
    fingers.down(x, y)
    fingers.move(x, y, x + 80, y + 30)
    expect(dropout).not_to_have_value("50")
    assert sent == []
    fingers.up()
    wait_until(lambda: told(steered, sent))
    assert [command["kind"] for command in sent] == ["set"]
    assert sent[0]["values"]["dropout"] > 0.6
    assert fingers.scrolled() == scrolled


def test_a_finger_that_rests_takes_hold_and_may_then_go_anywhere(steered: Page) -> None:
    dropout, sent, fingers = slider(steered, "Dropout"), sent_by(steered), Fingers(steered)
    x, y = middle(dropout)
    scrolled = fingers.scrolled()
    fingers.down(x - 100, y)
    expect(dropout).to_have_attribute("data-held", "")
    fingers.move(x - 100, y, x - 100, y - 150)
    fingers.up()
    wait_until(lambda: told(steered, sent))
    assert sent[0]["values"]["dropout"] < 0.35
    assert fingers.scrolled() == scrolled


def test_a_touch_that_the_browser_takes_away_puts_everything_back(steered: Page) -> None:
    page = steered
    sent, fingers = sent_by(page), Fingers(page)
    typed = page.get_by_label("Learning rate (typed)", exact=False).first
    values = {name: slider(page, name).input_value() for name in KNOBS}
    text = typed.input_value()
    for name in KNOBS:
        x, y = middle(slider(page, name))
        fingers.down(x, y)
        fingers.move(x, y, x + 90, y)
        expect(slider(page, name)).not_to_have_value(values[name])
        fingers.cancel()
        expect(slider(page, name)).to_have_value(values[name])
    expect(typed).to_have_value(text)
    assert sent == []


def test_the_epochs_go_back_to_live_when_the_touch_is_taken_away(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/?run=touched", **PHONE)
    epoch, fingers = slider(page, "Epoch"), Fingers(page)
    expect(epoch).to_have_value("6")
    swipes_scroll(page, epoch)
    x, y = middle(epoch)
    fingers.down(x, y)
    fingers.move(x, y, x - 40, y)
    expect(page.locator(".lg-time-title")).to_be_visible()
    fingers.cancel()
    expect(page.locator(".lg-time-title")).to_be_hidden()
    expect(epoch).to_have_value("6")


def test_swipes_over_the_playgrounds_controls_leave_the_image_as_it_is(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "touched", **PHONE)
    for tool, (control, says) in {
        "Walk": (".lg-scrubber", "spherical"),
        "Pad": (".lg-pad-canvas", "to the right"),
        "Directions": (".lg-direction input", "image, (z of|set by)"),
        "Map": (".lg-map-canvas", "on the map"),
    }.items():
        choose_tool(page, tool)
        element = page.locator(control).first
        expect(element).to_be_visible()
        # the image of the tool before may be there for another frame, and the map is fitted to its size in a later one
        focus = page.locator(".lg-focus-image")
        expect(focus).to_have_attribute("aria-label", re.compile(says))
        frames(page, 10)
        before, place_before = image(page), focus.get_attribute("aria-label")
        swipes_scroll(page, element)
        frames(page, 2)
        assert focus.get_attribute("aria-label") == place_before, tool
        assert image(page) == before, tool


def test_the_pad_follows_a_finger_that_goes_sideways_and_forgets_one_taken_away(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "touched", "tool=pad", **PHONE)
    pad, fingers = page.locator(".lg-pad-canvas"), Fingers(page)
    caption = page.locator(".lg-focus-caption")
    expect(caption).to_have_text("50 % to the right, 50 % down")
    x, y = middle(pad)
    fingers.down(x, y)
    fingers.move(x, y, x + 90, y)
    fingers.move(x + 90, y, x + 90, y + 90)
    expect(caption).to_have_text("78 % to the right, 78 % down")
    fingers.cancel()
    expect(caption).to_have_text("50 % to the right, 50 % down")
    expect(pad).to_have_attribute("aria-label", re.compile(" 0 images in the trail"))
    fingers.swipe(pad, right=90)
    expect(caption).to_have_text("78 % to the right, 50 % down")


def test_a_direction_goes_back_to_the_very_image_it_came_from(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "touched", "tool=directions", **PHONE)
    dial, fingers = slider(page, "Direction 1"), Fingers(page)
    expect(dial).to_be_visible()
    before = image(page)
    x, y = middle(dial)
    fingers.down(x, y)
    fingers.move(x, y, x + 60, y)
    wait_until(lambda: image(page) != before)
    fingers.cancel()
    wait_until(lambda: image(page) == before)


def test_picks_change_places_under_a_finger_and_the_map_is_zoomed_by_two(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "touched", "tool=map", **PHONE)
    fingers = Fingers(page)
    first = picks(page).first.get_attribute("title")
    x, y = middle(picks(page).first)
    fingers.down(x, y)
    fingers.move(x, y, x + 60, y)
    fingers.up()
    expect(picks(page).nth(1)).to_have_attribute("title", first or "")

    canvas = page.locator(".lg-map-canvas")
    label = canvas.get_attribute("aria-label") or ""
    x, y = middle(canvas)
    scrolled = fingers.scrolled()
    for kind, apart in (("touchStart", 40), ("touchMove", 60), ("touchMove", 90), ("touchMove", 120)):
        points = [{"x": x, "y": y - apart, "id": 0}, {"x": x, "y": y + apart, "id": 1}]
        fingers.browser.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    fingers.up()
    expect(canvas).not_to_have_attribute("aria-label", label)
    assert fingers.scrolled() == scrolled


def test_a_finger_encloses_dots_of_the_game_and_turns_a_unit(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/?run=touched&view=game", **PHONE)
    plot, fingers = page.locator(".lg-map-canvas"), Fingers(page)
    expect(plot).to_be_visible()
    middle(plot)  # what is out of sight is not computed
    expect(plot).to_have_attribute("aria-label", re.compile("^Map of 2,000 real and 500 generated images"))
    swipes_scroll(page, plot)
    x, y = middle(plot)
    corners = [(x - 165, y - 100), (x + 165, y - 100), (x + 165, y + 100), (x - 165, y + 100)]
    fingers.down(*corners[0])
    for here, there in pairwise(corners):
        fingers.move(*here, *there)
    fingers.up()
    expect(page.get_by_text(re.compile(r"^\d+ generated images"))).to_be_visible()

    page.get_by_role("tab", name="Inside").click()
    draws = page.get_by_role("button", name="Generator draws with")
    middle(draws)
    draws.click()
    turn = slider(page, "How active")
    expect(turn).to_be_visible()
    swipes_scroll(page, turn)
    before = turn.get_attribute("aria-valuetext") or ""
    fingers.swipe(turn, right=60)
    expect(turn).not_to_have_attribute("aria-valuetext", before)
