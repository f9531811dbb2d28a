"""Every view of the runs that ship: now, at an old epoch and in a replay, on a laptop and on a phone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

import pytest
from chromium import App
from helpers import wait_until
from looking import FAULTS
from playwright.sync_api import Page, expect

from gan.runs.registry import ROOT

OpenPage = Callable[..., Page]
COVERED = """() => {
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  return Math.max(box(".lg-charts").bottom, box(".lg-grid").bottom) - box(".lg-views").top;
}"""  # px of the views that charts and images stand over
VIEWS = {  # the text of each view now and after epoch 40
    "Game": ("now, after batch", "after epoch 40"),
    "Inside": ("now, after batch", "then, after batch"),
    "Step through": ("Step through a batch after epoch", "Step through a batch after epoch 40"),
}
MOMENT = re.compile(r"after (?:batch|epoch) [\d,]+")


@pytest.mark.parametrize("name", ["lecture", "sharp", "chosen"])
def test_every_view_of_a_run_that_ships(app: App, open_page: OpenPage, name: str) -> None:
    shutil.copytree(ROOT / "checkpoints" / name, app.folder / name, dirs_exist_ok=True)
    page = open_page(f"{app.url}/?run={name}&view=quality")
    for moment in (0, 1):
        if moment:
            page.get_by_role("slider", name="Epoch").fill("40")
        for tab, texts in VIEWS.items():
            page.get_by_role("tab", name=tab).click()
            expect(page.get_by_role("tabpanel", name=tab)).to_contain_text(texts[moment])
            expect(page).to_have_url(re.compile(rf"view={tab.split()[0].lower()}"))
            page.get_by_role("tablist", name="Views").evaluate("row => row.scrollIntoView()")
            assert page.evaluate(COVERED) <= 0
    page.set_viewport_size({"width": 390, "height": 844})
    old = {}
    for tab, texts in VIEWS.items():
        page.get_by_role("tab", name=tab).click()
        panel = page.get_by_role("tabpanel", name=tab)
        expect(panel).to_contain_text(texts[1])
        (old[tab], *_) = MOMENT.findall(panel.inner_text())
        wait_until(lambda: not page.evaluate(FAULTS, 0))
    page.get_by_role("button", name="Replay from here").click()
    for tab in VIEWS:
        page.get_by_role("tab", name=tab).click()
        panel = page.get_by_role("tabpanel", name=tab)
        expect(panel).to_contain_text(MOMENT)
        expect(panel).not_to_contain_text(re.compile(rf"{old[tab]}\b"))
    page.evaluate("localStorage.removeItem('livegan-view')")
