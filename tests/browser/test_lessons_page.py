"""Every lesson on the page, from the list to its end, with shortened runs.

What the runs promise at their full length is checked by `tests/lessons/test_played.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from chromium import App, runs_of
from helpers import wait_until
from playwright.sync_api import Locator, Page, expect

from gan.lessons.lesson import Lesson
from gan.lessons.library import FOLDER, library

OpenPage = Callable[..., Page]
BAD = "---\ntitle: <script>alert(1)</script>\nminuets: 5\n---\n\n## A step\n"
FIRST = "forger"  # played at more length than the others
TINY = {"digits": "[1]", "batch_size": "512", "g_hidden": "[8]", "d_hidden": "[8]"}  # epochs of 13 batches


def shortened(text: str) -> str:
    """A lesson whose runs are tiny and train one epoch, or two once a knob was turned."""
    if "pace:" in text:  # this one shows single batches
        return text.replace("start: {", "start: {digits: [1], ").replace("pace: 8", "pace: 40")
    parts = []
    for part in re.split(r"(?m)^(?=## )", text):
        last = 2 if "\nturn:" in part else 1
        start = re.search(r"start: \{[^}]*\}", part)
        missing = {name: value for name, value in TINY.items() if start and f"{name}:" not in start[0]}
        more = "".join(f"{name}: {value}, " for name, value in missing.items())
        tiny = re.sub(r"\bepochs: \d+", f"epochs: {last}", part.replace("start: {", "start: {" + more))
        parts.append(re.sub(r"\b(measured|epoch) >= \d+", rf"\1 >= {last}", tiny))
    return "".join(parts)


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lessons")
    for lesson in library(FOLDER).lessons:
        short = shortened((FOLDER / f"{lesson.name}.md").read_text("utf-8"))
        (folder / f"{lesson.name}.md").write_text(short)
    (folder / "bad.md").write_text(BAD)
    return folder


@pytest.fixture(scope="module")
def lessons_app(start_app: Callable[..., App], lessons: Path) -> App:
    return start_app(lessons / "runs", LIVEGAN_LESSONS=str(lessons))


class Reader:
    """Takes lessons as a student does who answers every question before the run has shown it."""

    def __init__(self, page: Page, app: App) -> None:
        self.page, self.app = page, app
        self.card = page.get_by_role("complementary", name="Lesson")

    def take(self, lesson: Lesson) -> None:
        self.page.get_by_role("button", name=f"Begin: {lesson.title}").click()
        for number in range(len(lesson.steps)):
            self.step(lesson, number)
            self.next(lesson, number)
        expect(self.card).to_be_hidden()
        expect(self.page.locator(".lg-watched")).to_have_count(0)
        self.page.get_by_role("link", name="Lessons").first.click()
        expect(self.page.get_by_role("button", name=f"Take again: {lesson.title}")).to_be_visible()

    def step(self, lesson: Lesson, number: int) -> None:
        """Predict, do what the step asks for, and see what the run has shown."""
        step = lesson.steps[number]
        expect(self.card.get_by_text(f"step {number + 1} of {len(lesson.steps)}")).to_be_visible()
        expect(self.card.get_by_role("heading", name=step.title)).to_be_visible()
        answered = self.card.get_by_text("Right.", exact=True)
        if step.question:
            unanswered = "Skip" if number < len(lesson.steps) - 1 else "Finish"
            expect(self.card.get_by_role("button", name=unanswered)).to_be_visible()
            self.card.get_by_role("radio").nth(step.question.right - 1).check()
        if step.start:
            expect(self.card.get_by_text("Noted.")).to_be_visible()  # the prediction comes before the result
            expect(answered).to_be_hidden()
            self.card.get_by_role("button", name="Start the run").click()
        if step.turn:
            self.card.get_by_role("button", name="Set ").click()
        if step.question:
            expect(answered).to_be_visible()
        told = self.card.locator(".lg-lesson-claim:visible")
        expect(told).to_have_count(len(step.shows))
        assert all(re.fullmatch("yes|no", str(claim.get_attribute("data-holds"))) for claim in told.all())
        if step.start and step.compare:
            expect(self.compared()).to_have_count(sum(each.start is not None for each in lesson.steps[:number]))

    def compared(self) -> Locator:
        return self.page.get_by_role("list", name="Compared with").get_by_role("button")

    def next(self, lesson: Lesson, number: int) -> None:
        self.card.get_by_role("button", name="Next" if number < len(lesson.steps) - 1 else "Finish").click()


@pytest.fixture
def reader(open_page: OpenPage, lessons_app: App) -> Reader:
    return Reader(open_page(f"{lessons_app.url}/lessons"), lessons_app)


def test_the_first_lesson_can_be_left_for_a_reload_and_points_at_what_to_watch(reader: Reader, lessons: Path) -> None:
    page, card = reader.page, reader.card
    expect(page.get_by_text("bad.md, line 3: 'minuets' means nothing here; is it a typing error?")).to_be_visible()
    lesson = library(lessons).get(FIRST)
    assert lesson is not None
    page.get_by_role("button", name=f"Begin: {lesson.title}").click()
    expect(page.locator(".lg-charts-head")).to_have_class("lg-charts-head lg-watched")
    for number in range(len(lesson.steps)):
        reader.step(lesson, number)
        if number == 0:
            on_a_phone_the_images_are_seen_above_the_step(page, card)
        if number == 2:
            expect(page).to_have_url(re.compile(f"lesson={FIRST}"))
            page.reload()  # the browser remembers the step, the answers and what was reached
            expect(card.get_by_text("Right.", exact=True)).to_be_visible()
        reader.next(lesson, number)
    expect(card).to_be_hidden()
    page.get_by_role("link", name="Lessons").first.click()
    expect(page.get_by_role("button", name=f"Take again: {lesson.title}")).to_be_visible()


def on_a_phone_the_images_are_seen_above_the_step(page: Page, card: Locator) -> None:
    wide = page.viewport_size
    assert wide is not None
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo({ top: 0, behavior: 'instant' })")

    def seen() -> bool:
        images, step = page.locator(".lg-grid-canvas").bounding_box(), card.bounding_box()
        return images is not None and step is not None and images["y"] + 100 < step["y"] < 844 - 200

    wait_until(seen)
    expect(card.get_by_role("button", name="Next")).to_be_in_viewport()
    page.set_viewport_size(wide)


def test_every_other_lesson_is_played_from_its_first_step_to_its_last(reader: Reader, lessons: Path) -> None:
    others = [lesson for lesson in library(lessons).lessons if lesson.name != FIRST]
    assert len(others) == 14
    for lesson in others:
        reader.take(lesson)
    started = sum(step.start is not None for lesson in others for step in lesson.steps)
    wait_until(lambda: {run["state"] for run in runs_of(reader.app)} <= {"finished", "stopped"})
    assert len(runs_of(reader.app)) >= started
