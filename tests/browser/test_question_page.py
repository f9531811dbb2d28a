"""A question to the class in the browser: the teacher asks, a phone answers, the answers meet the real curve."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import OTHER_HOST, App
from classes import HOST, ClassServer
from helpers import SMALL, wait_until
from playwright.sync_api import Locator, Page, expect

from gan.runs.registry import RunRegistry

BATCHES = 40

FONT_SIZE = "el => getComputedStyle(el).fontSize"


@pytest.fixture(scope="module")
def server(start_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory) -> ClassServer:
    """A class with a run, "demo", that has trained a little."""
    folder = tmp_path_factory.mktemp("class")
    registry = RunRegistry(folder)
    registry.open()
    run = registry.start(SMALL.changed(epochs=10_000, pace=100), "demo")
    wait_until(lambda: run.snapshot().batch >= 30)
    registry.close()
    return ClassServer(start_app(folder, LIVEGAN_HOSTS=f"{HOST},{OTHER_HOST}"))


def draw(page: Page, chart: Locator) -> None:
    """A line through the part of the chart in which one draws, which is the right two thirds."""
    box = chart.bounding_box()
    assert box is not None
    y = box["y"] + 0.5 * box["height"]
    page.mouse.move(box["x"] + 0.42 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.95 * box["width"], y, steps=5)
    page.mouse.up()


def test_a_phone_draws_how_a_curve_goes_on_and_the_teacher_sees_it_meet_the_real_one(
    server: ClassServer, open_page: Callable[..., Page]
) -> None:
    phone = open_page(f"http://{OTHER_HOST}:{server.port}/data", width=390, height=844)
    phone.get_by_label("Code of the class").fill(server.kept["code"])
    phone.get_by_label("Your name").fill("<i>Zoë</i>")
    phone.get_by_role("button", name="Join").click()
    expect(phone.get_by_role("heading", name="Data")).to_be_visible()
    teacher = open_page(f"{server.app.url}/?run=demo&teacher={server.kept['key']}")
    expect(teacher.locator(".lg-live .lg-name")).to_have_text("demo")
    panel, sheet = teacher.get_by_label("Ask the class", exact=True), phone.locator(".lg-question-sheet")

    # Answers to choose from
    teacher.get_by_role("button", name="Ask", exact=True).click()
    panel.get_by_label("Question", exact=True).fill("<b>Who</b> wins?")
    panel.get_by_label("Answer 1", exact=True).fill("the forger")
    panel.get_by_label("Answer 2", exact=True).fill("the <i>detective</i>")
    panel.get_by_label("Answer 2 is right").check()
    panel.get_by_role("button", name="Ask the class").click()
    expect(sheet.get_by_role("heading")).to_have_text("<b>Who</b> wins?")
    sheet.get_by_role("button", name="the forger").click()
    expect(sheet).to_contain_text("Your answer is in.")
    expect(panel).to_contain_text("1 answer")
    phone.reload()
    expect(sheet.get_by_role("button", name="the forger")).to_have_attribute("aria-pressed", "true")
    for step in ("Close", "Show the answers", "Names", "Tell what is right"):
        panel.get_by_role("button", name=step, exact=True).click()
    expect(sheet).to_contain_text("Right: the <i>detective</i>")
    expect(panel).to_contain_text("<i>Zoë</i>")
    bar, total = panel.locator(".lg-answers-text").first, panel.get_by_text("1 answer", exact=True)
    assert bar.evaluate(FONT_SIZE) == total.evaluate(FONT_SIZE)  # large on the projector
    panel.get_by_role("button", name="Put away").click()
    expect(sheet).to_have_count(0)

    # A curve
    teacher.get_by_role("button", name="Ask", exact=True).click()
    panel.get_by_role("button", name="A curve").click()
    panel.get_by_label("Batches to draw").fill(str(BATCHES))
    panel.get_by_role("button", name="Ask the class").click()
    draw(phone, sheet.get_by_role("img").first)
    expect(sheet).to_contain_text("Your answer is in.")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    for step in ("Close", "Show the answers"):
        panel.get_by_role("button", name=step, exact=True).click()
    expect(teacher.locator(".lg-predictions path")).to_have_count(1)
    panel.get_by_role("button", name="Let it train").click()
    expect(teacher.locator(".lg-predicted-nearest")).to_have_count(1)  # the run has got there
    expect(sheet).to_contain_text("Nearest drawing")
