"""The steering panel: which knobs it offers, under which headings, and a time limit of a minute."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import plain_http
from chromium import App, choose
from helpers import wait_until
from playwright.sync_api import Locator, Page, expect

OpenPage = Callable[..., Page]


def opened(app: App, open_page: OpenPage, query: str = "") -> Page:
    """A draft with all live knobs on the page."""
    page = open_page(f"{app.url}/?run=new&pace=100{query}")
    page.get_by_text("More live knobs", exact=True).click()
    return page


def slider(page: Page, label: str) -> Locator:
    return page.get_by_role("slider", name=label, exact=True)


def test_a_knob_without_effect_is_not_offered(app: App, open_page: OpenPage) -> None:
    page = opened(app, open_page)
    expect(slider(page, "Generator Adam beta 1")).to_be_visible()
    expect(slider(page, "Generator SGD momentum")).to_be_hidden()
    page.get_by_text("All settings").click()
    expect(page.get_by_role("spinbutton", name="Weight clip")).to_be_disabled()
    choose(page, "Generator optimiser", "SGD")
    expect(slider(page, "Generator SGD momentum")).to_be_visible()
    expect(slider(page, "Generator Adam beta 1")).to_be_hidden()
    expect(slider(page, "Discriminator Adam beta 1")).to_be_visible()
    choose(page, "Loss", "wasserstein")
    expect(page.get_by_role("spinbutton", name="Weight clip")).to_be_enabled()
    expect(slider(page, "Label smoothing")).to_be_hidden()


def test_the_knobs_stand_under_headings(app: App, open_page: OpenPage) -> None:
    page = opened(app, open_page)
    headings = page.locator(".lg-more").get_by_role("heading")
    expect(headings).to_have_text(["Optimisers", "Game", "Images", "Running"])
    games = page.get_by_role("region", name="Game").get_by_role("slider")
    labels = [each.get_attribute("aria-label") for each in games.all()]
    assert labels == [
        "Label smoothing", "Discriminator steps", "Generator steps", "R1 penalty", "R2 penalty", "R1 and R2 every",
        "Halve both rates every",
    ]  # fmt: skip


def test_a_time_limit_of_a_minute_is_a_few_arrow_keys_from_none(app: App, open_page: OpenPage) -> None:
    page = opened(app, open_page)
    limit = slider(page, "Time limit")
    expect(limit).to_have_attribute("aria-valuetext", "no limit")
    limit.focus()
    page.keyboard.press("Home")
    expect(limit).to_have_attribute("aria-valuetext", "10 s")
    for _ in range(20):
        if limit.get_attribute("aria-valuetext") == "1 min":
            break
        page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Time limit (typed)")).to_have_value("60 s")
    expect(page).to_have_url(re.compile("seconds=60"))
    page.keyboard.press("End")
    expect(page.get_by_label("Time limit (typed)")).to_have_value("no limit")
    expect(page).not_to_have_url(re.compile("seconds="))


def test_a_time_limit_that_is_over_already_is_refused_at_its_knob(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/?run=new", server_ends=True)  # a browser complains of a request that is refused
    page.get_by_label("Name", exact=True).fill("goes-on")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text(re.compile("^after batch"))).to_be_visible()
    address = f"{app.url}/api/runs"
    wait_until(
        lambda: any(run["name"] == "goes-on" and run["seconds"] > 1 for run in plain_http.get(address).json()["runs"])
    )
    page.get_by_text("More live knobs", exact=True).click()
    limit = page.get_by_label("Time limit (typed)")
    limit.fill("1 s")
    limit.press("Enter")
    refusal = re.compile(r"^It has trained for \d+ seconds? already; choose a longer limit, or press Stop\.$")
    expect(page.locator("[data-knob=seconds]").get_by_role("alert")).to_have_text(refusal)
    expect(limit).to_have_value("no limit")
    plain_http.post(f"{address}/goes-on/commands", json={"kind": "stop"}).raise_for_status()


def test_a_knob_without_effect_that_is_set_all_the_same_is_recorded_without_a_mark(
    app: App, open_page: OpenPage
) -> None:
    page = opened(app, open_page)
    page.get_by_label("Name", exact=True).fill("no-effect")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("heading", name="no-effect")).to_be_visible()
    expect(page.get_by_text(re.compile("^after batch"))).to_be_visible()
    address = f"{app.url}/api/runs/no-effect/commands"
    for values in ({"momentum_g": 0.3}, {"dropout": 0.4}):
        plain_http.post(address, json={"kind": "set", "values": values}).raise_for_status()
    marks = page.get_by_role("list", name="Knob changes").get_by_role("listitem")
    expect(marks).to_have_count(1)
    expect(marks.locator("b")).to_have_text("Dropout 0.5 → 0.4")
    plain_http.post(address, json={"kind": "stop"}).raise_for_status()
    run = app.folder / "no-effect" / "run.json"
    wait_until(lambda: json.loads(run.read_text())["settings"]["momentum_g"] == 0.3)
