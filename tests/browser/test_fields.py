"""Names in any script, and fields that say what is wrong with what was typed, where it was typed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

from chromium import App, runs_of
from helpers import wait_until
from playwright.sync_api import Locator, Page, expect

from gan.runs.registry import ROOT

OpenPage = Callable[..., Page]

# What can be used and lies under the sentence that is told of a field.
COVERED = """() => {
  const a = [...document.querySelectorAll(".lg-field-error")].find((el) => el.textContent).getBoundingClientRect();
  return [...document.querySelectorAll(".lg :is(button, input, select)")].filter((el) => {
    const b = el.getBoundingClientRect();
    return b.width && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  }).map((el) => el.outerHTML);
}"""


def start(app: App, open_page: OpenPage, name: str) -> tuple[Page, Locator]:
    page = open_page(f"{app.url}/?run=new&pace=20")
    field = page.get_by_label("Name", exact=True)
    begin = page.get_by_role("group", name="Training").get_by_role("button", name="Start")
    expect(begin).to_be_enabled()
    field.fill(name)
    begin.click()
    return page, field


def test_a_name_in_any_script_is_shown_as_it_was_typed(app: App, open_page: OpenPage) -> None:
    title = "Größe 7 <b>é</b> 実験"
    page, _ = start(app, open_page, f"  {title} ")
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"run=Grosse-7-b-e-b"))
    expect(page.get_by_role("navigation", name="Runs").locator(".lg-list-name", has_text=title)).to_be_visible()
    page.goto(f"{app.url}/runs")
    expect(page.get_by_role("link", name=title, exact=True)).to_be_visible()
    expect(page.get_by_role("button", name=f"Open {title}")).to_be_visible()


def test_a_name_that_is_taken_is_marked_at_its_field_and_nothing_moves(app: App, open_page: OpenPage) -> None:
    first, _ = start(app, open_page, "Twice told")
    expect(first.get_by_role("heading", name="Twice told")).to_be_visible()
    before = len(runs_of(app))
    page = open_page(f"{app.url}/?run=new&pace=20")
    field = page.get_by_label("Name", exact=True)
    begin = page.get_by_role("group", name="Training").get_by_role("button", name="Start")
    expect(begin).to_be_enabled()
    field.fill("twice TOLD")
    places = "() => [...document.querySelectorAll('.lg-live .lg-card')].map((el) => el.getBoundingClientRect().top)"
    still = page.evaluate(places)
    begin.click()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("There is already a run named 'twice TOLD'.")
    expect(field).to_be_focused()
    assert page.evaluate(places) == still
    for width in (1440, 900, 390):
        page.set_viewport_size({"width": width, "height": 844})
        wait_until(lambda: page.evaluate(COVERED) == [])
    box = page.locator(".lg-field-error", has_text="There is already").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert len(runs_of(app)) == before
    field.press_sequentially(" again")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    begin.click()
    expect(page.get_by_role("heading", name="twice TOLD again")).to_be_visible()


def test_a_bad_seed_is_told_at_its_field(app: App, open_page: OpenPage) -> None:
    started, _ = start(app, open_page, "seeds")
    wait_until(lambda: any(run["name"] == "seeds" and run["batch"] > 0 for run in runs_of(app)))
    started.close()
    page = open_page(f"{app.url}/playground?run=seeds")
    field = page.get_by_label("Seed", exact=True)
    field.fill("-3")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("A seed is a whole number from 0 to 4294967295.")
    for width in (1440, 900, 390):
        page.set_viewport_size({"width": width, "height": 844})
        wait_until(lambda: page.evaluate(COVERED) == [])
    message = page.locator(".lg-play .lg-message")
    expect(message).not_to_contain_text("seed")
    field.fill("3")
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_what_a_run_takes_on_disk_is_told_with_the_knobs_that_decide_it(app: App, open_page: OpenPage) -> None:
    shutil.copytree(ROOT / "checkpoints" / "lecture", app.folder / "on-disk")
    page = open_page(f"{app.url}/?run=on-disk")
    expect(page.locator(".lg-disk")).to_contain_text("MB on disk (kept epochs 200, full state every 5)")
