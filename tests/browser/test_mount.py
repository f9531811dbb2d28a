"""A component finds its place on the page, however early its page is left for another one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import App
from playwright.sync_api import Page, expect

OpenPage = Callable[..., Page]


@pytest.mark.parametrize("name", ["Runs", "Data", "Playground"])
def test_who_goes_on_before_the_page_is_there_finds_the_list_of_runs(app: App, open_page: OpenPage, name: str) -> None:
    page = open_page(app.url)
    page.get_by_role("link", name=name, exact=True).first.click()
    expect(page.locator(".lg-runs-list nav")).to_be_visible()
