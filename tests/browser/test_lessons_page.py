"""A lesson on the page, from the list to its end."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from chromium import App
from playwright.sync_api import Page, expect

from gan.lessons.lesson_file import read
from gan.lessons.library import FOLDER

OpenPage = Callable[..., Page]
BAD = "---\ntitle: <script>alert(1)</script>\nminuets: 5\n---\n\n## A step\n"


def test_the_first_lesson_is_played_on_the_page(
    start_app: Callable[..., App], open_page: OpenPage, tmp_path: Path
) -> None:
    lessons = tmp_path / "lessons"
    lessons.mkdir()
    text = (FOLDER / "forger.md").read_text("utf-8")
    short = text.replace("preset: lecture,", "preset: lecture, digits: [1],")  # epochs of 53 batches
    assert short != text
    (lessons / "forger.md").write_text(short)
    (lessons / "bad.md").write_text(BAD)
    steps = read(lessons / "forger.md").steps
    app = start_app(tmp_path / "runs", LIVEGAN_LESSONS=str(lessons))

    page = open_page(f"{app.url}/lessons")
    expect(page.get_by_text("bad.md, line 3: 'minuets' means nothing here; is it a typing error?")).to_be_visible()
    page.get_by_role("button", name="Begin: The forger and the detective").click()
    card = page.get_by_role("complementary", name="Lesson")
    for number, step in enumerate(steps):
        expect(card.get_by_text(f"step {number + 1} of {len(steps)}")).to_be_visible()
        if step.question:
            expect(card.get_by_role("button", name="Skip")).to_be_visible()
            card.get_by_role("radio").nth(step.question.right - 1).check()
        if number == 0:
            expect(card.get_by_text("Noted.")).to_be_visible()  # the prediction comes before the result
            expect(card.get_by_text("Right.")).to_be_hidden()
            expect(page.locator(".lg-charts-head")).to_have_class("lg-charts-head lg-watched")
            card.get_by_role("button", name="Start the run").click()
        if step.turn:
            card.get_by_role("button", name="Set ").click()
        if step.question:
            expect(card.get_by_text("Right.")).to_be_visible()
        if number == 2:
            expect(page).to_have_url(re.compile("lesson=forger"))
            page.reload()  # the browser remembers the step, the answers and what was reached
            expect(card.get_by_text("Right.")).to_be_visible()
        card.get_by_role("button", name="Next" if number < len(steps) - 1 else "Finish").click()
    expect(card).to_be_hidden()
    expect(page.locator(".lg-watched")).to_have_count(0)
    page.get_by_role("link", name="Lessons").first.click()
    expect(page.get_by_role("button", name="Take again: The forger and the detective")).to_be_visible()
