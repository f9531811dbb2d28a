"""The playground around its tools: opening, epochs, picks, dropout, what can be saved, and links."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from chromium import App
from helpers import SMALL, wait_for, wait_until
from PIL import Image, ImageSequence
from playing import OpenPage, changed, choose_tool, contrast, drawn, image, levels, pick, picks, play, save, settled
from playwright.sync_api import expect

from gan.runs.registry import RunRegistry


@pytest.fixture(scope="module", autouse=True)
def run(app: App) -> Iterator[None]:
    """A finished run of three epochs."""
    registry = RunRegistry(app.folder)
    wait_for(registry.start(SMALL.changed(epochs=3, lr_g=0.002), "play"), "finished")
    yield
    registry.close()


def test_it_opens_a_run_goes_through_its_epochs_and_switches_dropout(app: App, open_page: OpenPage) -> None:
    page = open_page(app.url)
    page.get_by_role("link", name="Playground").click()
    settled(page)
    page.get_by_label("Run", exact=True).select_option("play")
    expect(page).to_have_url(re.compile("run=play"))
    expect(page.get_by_text("newest, 3 of 3")).to_be_visible()
    expect(page.get_by_text("Judged by the discriminator of epoch 3.")).to_be_visible()
    expect(page.locator(".lg-output-value")).to_have_text(re.compile(r"^\d+(\.\d)? % real$"))
    newest = image(page)
    epochs = page.get_by_role("slider", name="Epoch", exact=True)
    epochs.press("Home")
    first = changed(page, newest)
    expect(page.get_by_text("Judged by the discriminator of epoch 1.")).to_be_visible()
    epochs.press("ArrowRight")
    second = changed(page, first)
    epochs.press("End")
    assert changed(page, second) == newest

    dropout = page.get_by_role("switch", name="Dropout")
    dropout.check()
    expect(page.get_by_text("50 % of the hidden units")).to_be_visible()
    changed(page, changed(page, newest))  # each moment has its own silent units
    dropout.uncheck()
    wait_until(lambda: image(page) == newest)


def test_picks_are_made_replaced_reordered_and_cleared(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "play", "picks=1,2")
    sample = page.get_by_role("button", name=re.compile("^Sample of seed"))
    sample.nth(6).click()
    expect(page.get_by_role("button", name="Pick C, seed 7")).to_be_visible()
    expect(sample.nth(6)).to_have_attribute("aria-pressed", "true")
    wait_until(lambda: pick(page, "C") == drawn(sample.nth(6).locator("canvas")))

    page.get_by_role("button", name="Pick A, seed 1").click()
    sample.nth(9).click()
    expect(page.get_by_role("button", name="Pick A, seed 10")).to_be_visible()
    page.get_by_role("button", name="Pick C, seed 7").press("Alt+ArrowLeft")
    expect(page.get_by_role("button", name="Pick B, seed 7")).to_be_visible()
    a, b = (picks(page).nth(i).bounding_box() for i in (0, 1))
    assert a is not None
    assert b is not None
    page.mouse.move(a["x"] + 20, a["y"] + 20)
    page.mouse.down()
    page.mouse.move(b["x"] + 25, b["y"] + 20, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Pick A, seed 7")).to_be_visible()
    page.get_by_role("button", name="Pick B, seed 10").press("Delete")
    expect(picks(page)).to_have_count(2)

    page.get_by_label("Seed", exact=True).fill("123456789")
    page.get_by_label("Seed", exact=True).press("Enter")
    expect(page.get_by_role("button", name="Pick C, seed 123456789")).to_be_visible()
    page.get_by_role("slider", name="Position").press("PageUp")
    page.get_by_role("button", name="Pick this").click()
    expect(page.get_by_role("button", name="Pick D, made here")).to_be_visible()
    page.get_by_role("button", name="New ones").click()
    expect(sample.first).to_have_attribute("aria-label", "Sample of seed 17")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(picks(page)).to_have_count(0)
    page.get_by_role("button", name="Pick for me").click()
    expect(page.get_by_role("button", name="Pick B, seed 18")).to_be_visible()


def test_what_is_on_screen_can_be_saved(app: App, open_page: OpenPage, tmp_path: Path) -> None:
    page = play(app, open_page, "play", "steps=9&t=0.25&closed=1")
    expect(page.get_by_role("img", name="9 images of the linear way from A to A")).to_be_visible()
    with Image.open(save(page, "Image (PNG)", tmp_path)) as png:
        assert (np.asarray(png.convert("L"), np.int16)[::10, ::10] == levels(image(page))).all()
    with Image.open(save(page, "Picture of the tool (PNG)", tmp_path)) as strips:
        assert strips.size[0] > 9 * 28

    with Image.open(save(page, "Film of 9 images (GIF)", tmp_path)) as film:
        frames = [np.asarray(frame.convert("L"), np.int16) for frame in ImageSequence.Iterator(film)]
        assert film.info["loop"] == 0
    assert len(frames) == 9
    assert (frames[0][::10, ::10] == levels(pick(page, "A"))).all()
    assert (frames[8] == frames[0]).all()

    vectors = np.load(save(page, "Latent vectors (NumPy)", tmp_path))
    assert vectors.shape == (9, 8)
    assert vectors.dtype == np.float32
    described = json.loads(save(page, "Latent vectors (JSON)", tmp_path).read_text())
    assert (described["run"], described["epoch"], described["latent_dim"]) == ("play", 3, 8)
    assert np.array([each["z"] for each in described["vectors"]], np.float32).tobytes() == vectors.tobytes()


def test_a_link_opens_exactly_this_again(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "play", "epoch=2&tool=directions&picks=4,5,6,7")
    before = image(page)
    page.get_by_role("slider", name="Direction 2").press("PageUp")
    moved = changed(page, before)
    page.get_by_role("button", name="Pick this").click()  # its z comes from no seed
    expect(picks(page)).to_have_count(5)
    choose_tool(page, "Pad")
    middle = changed(page, moved)
    page.locator(".lg-pad-canvas").press("Shift+ArrowLeft")
    on_pad = changed(page, middle)
    choose_tool(page, "Walk")
    page.get_by_role("slider", name="Position").press("End")
    wait_until(lambda: image(page) == moved == pick(page, "E"))

    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app.url)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    again = open_page(page.evaluate("() => navigator.clipboard.readText()"))
    settled(again)
    expect(again.get_by_text("2 of 3")).to_be_visible()
    wait_until(lambda: image(again) == moved == pick(again, "E"))
    choose_tool(again, "Pad")
    wait_until(lambda: image(again) == on_pad)


def test_what_is_wrong_in_a_link_is_named_and_ignored(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "play", "tool=pad&steps=900&epoch=77&picks=1,x&pad=0.25,0.75&colour=red")
    message = page.locator(".lg-message")
    for part in ("steps=900", "2 to 64", "picks=1,x", "colour", "Epoch 77 of play is not kept"):
        expect(message).to_contain_text(part)
    expect(page.locator(".lg-focus-caption")).to_have_text("25 % to the right, 75 % down")
    expect(picks(page)).to_have_count(4)
    lost = open_page(f"{app.url}/playground?run=nobody")
    expect(lost.locator(".lg-message")).to_contain_text("There is no run named 'nobody'.")
    wait_until(lambda: contrast(image(lost)) > 10)


def test_it_fits_the_window_and_every_picture_has_a_text(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "play")
    for width in (1440, 900):
        page.set_viewport_size({"width": width, "height": 1000})
        for tool in ("Walk", "Pad", "Directions", "Arithmetic", "Map", "Time"):
            choose_tool(page, tool)
            expect(page.locator(".lg-focus-caption")).not_to_be_empty()
            wide = page.evaluate(
                "() => [...document.querySelectorAll('.lg-play *')]"
                ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className.toString())"
            )
            assert wide == []
            assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
            nameless = page.locator(
                ".lg-play canvas:visible:not([aria-hidden]):is(:not([aria-label]), [aria-label=''])"
            )
            assert nameless.count() == 0
