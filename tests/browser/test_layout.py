"""On phones and tablets nothing is cut off, overlaps or scrolls sideways, and a finger meets what it aims at.

(`test_accessibility.py` looks at the same pages from 900 px up.)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from chromium import App
from helpers import SMALL, wait_for
from looking import LONG, looks_right
from playing import choose_tool, play
from playwright.sync_api import Page, expect

from gan.runs.registry import RunRegistry

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def runs(app: App) -> Iterator[None]:
    """A run and a branch of it."""
    registry = RunRegistry(app.folder)
    wait_for(registry.start(SMALL.changed(epochs=6, lr_g=0.002), "laid-out"), "finished")
    wait_for(registry.branch("laid-out", 3, {"epochs": 5}, LONG), "finished")
    yield
    registry.close()


def test_train_before_a_run_with_all_settings(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/?run=new", width=390, touch=True)
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    looks_right(page, touch=True)
    page.get_by_text("All settings").click()
    page.locator(".lg-more > summary").click()
    expect(page.get_by_role("spinbutton", name="Seed")).to_be_visible()
    looks_right(page, touch=True)


def test_train_with_a_run_now_then_replayed_branched_and_compared(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/?run={LONG}&with=laid-out", width=390, touch=True)
    expect(page.get_by_text("after batch")).to_be_visible()
    looks_right(page, touch=True)
    page.get_by_role("button", name="Epoch 2", exact=True).click()
    looks_right(page, touch=True)
    page.get_by_role("button", name="Replay from here").click()
    travel = page.get_by_role("group", name="Time travel")
    expect(travel.get_by_role("button", name=re.compile("^(Pause|Play)$"))).to_be_focused()
    page.keyboard.press("PageDown")  # which pauses it, also when it is over already: the run is short
    expect(travel.get_by_role("button", name="Play")).to_be_visible()
    looks_right(page, touch=True)
    page.get_by_role("button", name="Branch from").click()
    # the strip of images covers what is scrolled beneath it, and how far that is depends on the page's height before
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo({ top: 0, behavior: 'instant' })")
    looks_right(page, touch=True)


def test_runs_data_and_the_sidebar(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/runs", width=390, touch=True)
    expect(page.get_by_role("link", name=LONG).first).to_be_visible()
    looks_right(page, touch=True)
    page.goto(f"{app.url}/data")
    expect(page.get_by_role("button", name="64 others")).to_be_visible()
    looks_right(page, touch=True)
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.get_by_test_id("stSidebar").get_by_role("link", name="Playground")).to_be_in_viewport()
    looks_right(page, touch=True)


def test_all_tools_of_the_playground(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, LONG, width=390, touch=True)
    for tool in ("Walk", "Pad", "Directions", "Arithmetic", "Map", "Time"):
        choose_tool(page, tool)
        looks_right(page, touch=True)


def test_a_pad_fits_on_a_small_phone_below_the_image_that_stays_in_view(app: App, open_page: OpenPage) -> None:
    page = play(app, open_page, "laid-out", "tool=pad", width=375, height=667, touch=True)
    page.locator(".lg-pad-canvas").evaluate("pad => pad.scrollIntoView({ block: 'end' })")
    pad, image = (page.locator(name).bounding_box() for name in (".lg-pad-canvas", ".lg-focus-image"))
    assert pad is not None
    assert image is not None
    assert image["y"] >= 0
    assert image["y"] + image["height"] <= pad["y"]
    assert pad["y"] + pad["height"] <= 667


def test_on_a_phone_images_come_before_charts_before_steering_and_a_row_of_them_stays(
    app: App, open_page: OpenPage
) -> None:
    page = open_page(f"{app.url}/?run=laid-out", width=390, height=844, touch=True)
    expect(page.get_by_text("after batch")).to_be_visible()
    tops = [page.get_by_role("region", name=name).bounding_box() for name in ("Images", "Charts", "Steering")]
    assert [box["y"] for box in tops if box] == sorted(box["y"] for box in tops if box)
    glance = page.get_by_role("button", name="Back to the images")
    expect(glance).to_be_hidden()
    page.get_by_role("slider", name="Latent size").scroll_into_view_if_needed()
    expect(glance).to_be_in_viewport()
    glance.click()
    expect(page.locator(".lg-grid-canvas")).to_be_in_viewport()
    expect(glance).to_be_hidden()
