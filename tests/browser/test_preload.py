"""What a page preloads is what a real Chromium fetches before a component's `main.js` runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import App
from playwright.sync_api import Page

from gan.app.components import wiring

OpenPage = Callable[..., Page]

FETCHED = """async (main) => {
  await import(main);
  return performance.getEntriesByType("resource").map((entry) => new URL(entry.name).pathname);
}"""


@pytest.mark.parametrize("folder", ["live", "playground", "runs", "classroom"])
def test_the_modules_that_a_component_imports_are_preloaded_and_no_others(
    app: App, open_page: OpenPage, folder: str
) -> None:
    page = open_page(f"{app.url}/api/health")
    wired = wiring(folder)
    preloaded = [f"/{wired['ui']}/{name}" for name in wired["modules"]]
    fetched = page.evaluate(FETCHED, preloaded[0])
    assert sorted(path for path in fetched if path.endswith(".js")) == sorted(preloaded)
