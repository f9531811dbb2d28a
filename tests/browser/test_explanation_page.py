"""A user reads what is going on, tries what a warning suggests by one click, and looks a word up."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from chromium import App
from helpers import ENDLESS, wait_until
from playwright.sync_api import Page, expect

from gan.runs.registry import RunRegistry

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def slow(app: App) -> str:
    """A run at rest whose learning rates are too small to see anything."""
    registry = RunRegistry(app.folder)
    run = registry.start(ENDLESS.changed(lr_g=1e-6, lr_d=1e-6), "too-slow")
    run.pause_at(300)
    wait_until(lambda: run.snapshot().state == "paused")
    registry.close()
    return run.name


def test_a_warning_is_read_and_its_remedy_tried_by_one_click(app: App, open_page: OpenPage, slow: str) -> None:
    page = open_page(f"{app.url}/?run={slow}")
    told = page.get_by_role("region", name="What is going on")
    part = told.get_by_role("button", name=re.compile(r"^The discriminator spots \d+ % of the fakes$"))
    part.focus()
    expect(page.locator(".lg-lit[data-figure='accuracy']")).to_have_count(1)
    warning = told.locator("[data-warning='rate too small']")
    expect(warning.get_by_text("Learning rate too small")).to_be_visible()
    before = told.bounding_box()
    warning.get_by_role("button", name="Why").click()
    expect(warning.get_by_role("dialog", name="Why")).to_contain_text("After 300 batches")
    assert told.bounding_box() == before  # nothing has moved
    page.keyboard.press("Escape")
    expect(warning.get_by_role("link", name="Read on")).to_have_attribute("href", re.compile("/words#learning-rate$"))
    warning.get_by_role("button", name="Try both learning rates 0.0002").click()
    page.get_by_role("button", name="Step", exact=True).click()
    marks = page.get_by_role("region", name="Charts").locator(".lg-mark")
    expect(marks).not_to_have_count(0)
    expect(page.get_by_role("slider", name="Generator learning rate", exact=True)).to_have_attribute(
        "aria-valuetext", re.compile(r"0\.0002")
    )

    page.locator("[data-word='fid']").hover()
    word = page.locator(".lg-word-box")
    expect(word).to_contain_text("0 is perfect, lower is better.")
    expect(word.get_by_role("link", name="More")).to_have_attribute("href", re.compile("/words#fid$"))


def test_terms_of_other_pages_open_their_sentence_and_lead_to_their_word(
    app: App, open_page: OpenPage, slow: str
) -> None:
    page = open_page(f"{app.url}/playground?run={slow}")
    page.get_by_text("Dropout", exact=True).focus()
    expect(page.locator(".lg-word-box")).to_contain_text("switches off")
    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_text("Best FID", exact=True).hover()
    word = page.locator(".lg-word-box:popover-open")
    expect(word).to_contain_text("0 is perfect, lower is better.")
    page.goto(f"{app.url}{word.get_by_role('link', name='More').get_attribute('href')}")
    heading = page.get_by_role("heading", name="FID")
    expect(page.locator(".katex").first).to_be_attached()  # formulas above it grow
    wait_until(lambda: 44 <= heading.evaluate("el => el.getBoundingClientRect().top") < 100)
