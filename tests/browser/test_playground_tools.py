"""The tools of the playground, each driven in a real browser: what they show is what they should."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from chromium import App
from helpers import SMALL, wait_for, wait_until
from playing import OpenPage, changed, choose_tool, contrast, drawn, image, levels, pick, picks, play
from playwright.sync_api import Locator, Page, expect

from gan.runs.registry import RunRegistry

MINUS = "\N{MINUS SIGN}"


@pytest.fixture(scope="module", autouse=True)
def runs(app: App) -> Iterator[None]:
    """A run of three epochs, and one whose latent space is a plane."""
    registry = RunRegistry(app.folder)
    wait_for(registry.start(SMALL.changed(epochs=3, lr_g=0.002), "tools"), "finished")
    wait_for(registry.start(SMALL.changed(epochs=1, latent_dim=2, lr_g=0.002), "plane"), "finished")
    yield
    registry.close()


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name, exact=True)


def wait_for_pick(page: Page, letter: str, off: int = 0) -> None:
    """Wait until a pick's image is in focus, `off` levels of grey away at most."""
    wait_until(lambda: np.abs(levels(image(page)) - levels(pick(page, letter))).max() <= off)


def button(page: Page, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("button", name=name)


def test_a_walk_ends_at_its_picks_and_plays_in_a_loop(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "tools")
    position = slider(page, "Position")
    assert image(page) == pick(page, "A")
    position.press("End")
    assert changed(page, pick(page, "A")) == pick(page, "D")

    position.press("Home")
    position.press("PageUp")  # a tenth of the way through three legs
    expect(page.locator(".lg-focus-caption")).to_have_text("30 % of the way from A to B, spherical")
    spherical = image(page)
    button(page, "Linear").click()
    assert changed(page, spherical) != pick(page, "A")

    page.get_by_role("switch", name="Closed tour").check()
    position.press("End")
    wait_for_pick(page, "A")
    slider(page, "Steps").press("End")
    expect(page.get_by_role("img", name="64 images of the linear way from A to A")).to_be_visible()
    strip = page.get_by_role("img", name=re.compile("of the spherical way"))
    before = drawn(strip)
    slider(page, "Steps").press("Home")
    expect(page.get_by_role("img", name="2 images of the spherical way from A to A")).to_be_visible()
    assert drawn(strip) != before

    slider(page, "Speed").press("End")
    button(page, "Play").click()
    seen = {image(page)}
    while len(seen) < 20:
        seen.add(changed(page, image(page)))
    wait_until(lambda: float(slider(page, "Position").input_value()) > 800)
    wait_until(lambda: float(slider(page, "Position").input_value()) < 300)  # round again
    button(page, "Stop").click()
    expect(button(page, "Play")).to_be_visible()
    at = slider(page, "Position").input_value()
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert slider(page, "Position").input_value() == at


def test_the_nearest_training_image_is_found_for_each_image_that_rests(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "tools")
    button(page, "Nearest training image").click()
    found = page.locator(".lg-nearest-text")
    expect(found).to_have_text(re.compile(r"^Distance \d+\.\d\d: .*copy\. .*of 6,265 .*, labelled 7\.$"))
    sentence = found.inner_text()
    nearest = page.get_by_role("img", name=re.compile("^The nearest training image, number"))
    assert contrast(drawn(nearest)) > 200
    picks(page).nth(3).click()
    expect(found).not_to_have_text(sentence)


def test_the_pad_follows_pointer_keys_and_touch(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "tools")
    choose_tool(page, "Pad")
    pad = page.locator(".lg-pad-canvas")
    for index, letter in enumerate("ABCD"):
        picks(page).nth(index).click()
        wait_for_pick(page, letter)

    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    before = image(page)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=12)
    after = changed(page, before)
    page.mouse.up()
    expect(pad).to_have_attribute("aria-label", re.compile(r"[1-9]\d* images in the trail"))
    assert levels(drawn(pad)).max() > 100

    pad.press("ArrowRight")
    moved = changed(page, after)
    touch = page.context.new_cdp_session(page)
    at = {"x": box["x"] + 60, "y": box["y"] + box["height"] - 60}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{**at, "x": at["x"] + 30}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    changed(page, moved)
    button(page, "Clear trail").click()
    expect(pad).to_have_attribute("aria-label", re.compile(" 0 images in the trail"))


def test_directions_move_z_and_can_be_undone(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "tools")
    choose_tool(page, "Directions")
    first = slider(page, "Direction 1")
    expect(first).to_be_visible()
    expect(page.locator(".lg-direction:visible")).to_have_count(8)  # a latent size of 8
    start = image(page)
    first.press("ArrowRight")
    moved = changed(page, start)
    button(page, "Undo").click()
    assert changed(page, moved) == start

    first.press("End")
    changed(page, start)
    high = page.locator(".lg-direction").first.locator("canvas").last  # what the right end would be
    wait_until(lambda: np.abs(levels(drawn(high)) - levels(image(page))).max() <= 1)

    button(page, "Centre").click()
    expect(first).to_have_attribute("aria-valuetext", "0.0")
    centre = image(page)
    button(page, "Single numbers").click()
    slider(page, "Number 3").press("ArrowLeft")
    changed(page, centre)
    before = image(page)
    button(page, "Random").click()
    changed(page, before)


def test_arithmetic_adds_and_takes_away_picks(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "tools")
    choose_tool(page, "Arithmetic")
    expect(page.locator(".lg-focus-caption")).to_have_text(f"A {MINUS} B + C")
    before = image(page)
    added, taken = page.get_by_role("group", name="Add"), page.get_by_role("group", name="Take away")
    added.get_by_role("button", name="D").click()
    expect(page.locator(".lg-focus-caption")).to_have_text(f"(A + D) / 2 {MINUS} B + C")
    changed(page, before)
    added.get_by_role("button", name="D").click()
    taken.get_by_role("button", name="B").click()
    taken.get_by_role("button", name="A").click()
    expect(page.locator(".lg-focus-caption")).to_have_text(f"A {MINUS} A + C")
    wait_for_pick(page, "C")
    result = page.get_by_role("img", name=f"Result of A {MINUS} A + C")
    wait_until(lambda: drawn(result) == pick(page, "C"))


def test_the_map_pans_zooms_and_points_on_the_whole_plane_or_one_through_picks(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "plane", "tool=map")
    canvas = page.locator(".lg-map-canvas")
    wait_until(lambda: contrast(drawn(canvas)) > 30)
    expect(canvas).to_have_attribute("aria-label", "The latent space: images around 0.0, 0.0, 8.0 wide.")

    picks(page).nth(1).click()
    wait_for_pick(page, "B", off=1)
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    changed(page, pick(page, "B"))
    page.mouse.wheel(0, -300)
    expect(canvas).to_have_attribute("aria-label", re.compile(r"[1-7]\.\d wide"))
    zoomed = canvas.get_attribute("aria-label")
    assert zoomed is not None
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 90, steps=4)
    page.mouse.up()
    expect(canvas).not_to_have_attribute("aria-label", zoomed)
    button(page, "Fit").click()
    expect(canvas).to_have_attribute("aria-label", re.compile(r"8\.0 wide"))
    before = image(page)
    canvas.press("ArrowDown")
    changed(page, before)
    canvas.press("+")
    expect(canvas).to_have_attribute("aria-label", re.compile(r"6\.4 wide"))

    page.get_by_label("Run", exact=True).select_option("tools")
    expect(canvas).to_have_attribute("aria-label", re.compile("plane through the picks A, B and C"))
    for index, letter in enumerate("ABC"):
        picks(page).nth(index).click()
        wait_for_pick(page, letter, off=1)
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_text("A plane needs three picks")).to_be_visible()
    button(page, "Pick for me").click()
    expect(picks(page)).to_have_count(3)
    expect(canvas).to_be_visible()


def test_time_shows_one_z_through_all_epochs_and_weights_side_by_side(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "tools")
    newest = image(page)
    choose_tool(page, "Time")
    reel = page.get_by_role("group", name="Epochs").locator("canvas")
    expect(reel).to_have_count(3)
    wait_until(lambda: len({drawn(reel.nth(i)) for i in range(3)}) == 3)
    assert drawn(reel.nth(2)) == newest
    button(page, "Epoch 1").click()
    assert changed(page, newest) == drawn(reel.nth(0))
    button(page, "Play").click()
    frames = {image(page)}
    while len(frames) < 3:
        frames.add(changed(page, image(page)))
    button(page, "Stop").click()
    button(page, "Epoch 1").click()
    expect(page.locator(".lg-focus-caption")).to_have_text("seed 12 at epoch 1")

    mine, other = page.locator(".lg-comparison canvas").all()
    expect(page.get_by_role("img", name="12 samples of tools, epoch 1")).to_have_count(2)
    wait_until(lambda: drawn(mine) == drawn(other))
    page.get_by_label("Compare with run").select_option("plane")
    expect(page.get_by_role("img", name="12 samples of plane, epoch 1")).to_be_visible()
    wait_until(lambda: drawn(mine) != drawn(other))
