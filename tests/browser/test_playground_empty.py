"""The playground before there is a run."""

from __future__ import annotations

from chromium import App
from helpers import ENDLESS
from playing import OpenPage, changed, image, settled
from playwright.sync_api import expect

from gan.runs.registry import RunRegistry


def test_without_runs_it_invites_and_opens_by_itself_when_one_learns(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/playground")
    expect(page.get_by_role("heading", name="Nothing to explore yet")).to_be_visible()
    expect(page.get_by_role("link", name="Go to Train")).to_be_visible()
    registry = RunRegistry(app.folder)
    registry.start(ENDLESS.changed(lr_g=0.002, pace=40), "learning")
    expect(page.get_by_label("Run", exact=True)).to_have_value("learning")
    settled(page)
    changed(page, image(page))  # its newest weights flow in
    registry.close()
