"""A component keeps its view whatever the order in which Streamlit renders it and takes renders back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import App
from playwright.sync_api import Page, expect

OpenPage = Callable[..., Page]

# `render` and `back` are what happens, in order: 1 is the older render, 2 the newer one.
STORY = """async (events) => {
  const { mount } = await import("/api/ui/shared/mount.js");
  const told = [];
  const component = mount(() => {
    told.push("made");
    return { render: ({ data }) => told.push(data), destroy: () => told.push("gone") };
  });
  const parentElement = document.body.appendChild(document.createElement("div"));
  const back = {};
  for (const [what, data] of events) {
    if (what === "render") back[data] = component({ parentElement, data });
    else if (what === "remove") parentElement.remove();
    else back[data]();
  }
  return told;
}"""


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([("render", 1), ("render", 2), ("remove", 0), ("back", 2)], ["made", 1, 2, "gone"]),
        ([("render", 1), ("render", 2), ("back", 1)], ["made", 1, 2, 2]),
        ([("render", 2), ("render", 1), ("back", 1)], ["made", 2, 1, 2]),  # the older one came last
        ([("render", 1), ("back", 1), ("render", 2)], ["made", 1, "gone", "made", 2]),
        ([("render", 1), ("back", 1), ("remove", 0)], ["made", 1, "gone"]),
    ],
)
def test_a_view_ends_only_with_its_place(
    app: App, open_page: OpenPage, events: list[tuple[str, int]], told: list[object]
) -> None:
    page = open_page(f"{app.url}/api/health")
    assert page.evaluate(STORY, [list(event) for event in events]) == told


@pytest.mark.parametrize("name", ["Runs", "Data", "Playground"])
def test_who_goes_on_before_the_page_is_there_finds_the_list_of_runs(app: App, open_page: OpenPage, name: str) -> None:
    page = open_page(app.url)
    page.get_by_role("link", name=name, exact=True).first.click()
    expect(page.locator(".lg-runs-list nav")).to_be_visible()
