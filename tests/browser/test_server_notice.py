"""The server goes away and comes back under an open page: what the page says meanwhile, and that it works again."""

from __future__ import annotations

import signal
from collections.abc import Callable

import plain_http
import pytest
from chromium import App, free_port
from helpers import PATIENCE, SMALL, wait_for, wait_until
from playwright.sync_api import Locator, Page, Route, expect

from gan.runs.registry import RunRegistry

OpenPage = Callable[..., Page]
StartApp = Callable[..., App]

SENTENCE = "The server does not answer; trying again."
WIDTHS = """() => [...document.querySelectorAll(".lg-list .lg-thumb img")].map((image) =>
    getComputedStyle(image).visibility === "visible" ? image.naturalWidth : 0)"""
# Notes every dialog that can be seen, as it comes and in every frame, and counts those that are closed.
WATCH = """() => {
  window.seen = [];
  window.dismissed = 0;
  const look = () => {
    for (const dialog of document.querySelectorAll('[data-testid="stDialog"]')) {
      if (dialog.checkVisibility()) window.seen.push(dialog.textContent);
    }
  };
  new MutationObserver((changes) => {
    look();
    for (const { removedNodes } of changes) {
      window.dismissed += [...removedNodes].filter((node) => node.dataset?.testid === "stDialog").length;
    }
  }).observe(document.body, { childList: true });
  const lookAgain = () => {
    look();
    requestAnimationFrame(lookAgain);
  };
  lookAgain();
}"""


def end(app: App) -> None:
    app.process.send_signal(signal.SIGTERM)
    app.process.wait(PATIENCE)


def test_a_notice_and_no_dialog_while_the_server_is_gone(
    start_app: StartApp, open_page: OpenPage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, port = tmp_path_factory.mktemp("gone"), free_port()
    app = start_app(folder, port)
    data = open_page(f"{app.url}/data", server_ends=True)
    expect(data.get_by_text("64 of 60,000 real images").first).to_be_visible()
    phone = open_page(app.url, width=390, server_ends=True)
    expect(phone.get_by_text("Dropout").first).to_be_visible()
    pages = (data, phone)
    for page in pages:
        expect(page.locator(".lg-runs-list")).to_be_attached()
        page.evaluate(WATCH)
        expect(notice_on(page)).to_have_count(0)
    end(app)
    for page in pages:
        page.bring_to_front()
        expect(notice_on(page)).to_be_visible()
        app_state = page.locator("[data-test-connection-state]")
        expect(app_state).to_have_attribute("data-test-connection-state", "PINGING_SERVER")
        page.wait_for_function("() => window.dismissed > 0")  # Streamlit's dialog has come
        assert page.evaluate("window.seen") == []
        expect(notice_on(page)).to_be_visible()
        assert page.locator("#root[aria-hidden], #root[inert]").count() == 0
    start_app(folder, port)
    for page in pages:
        page.bring_to_front()
        expect(notice_on(page)).to_have_count(0)
    data.bring_to_front()
    data.get_by_role("button", name="3", exact=True).click()
    expect(data.get_by_text("64 of 53,869 real images")).to_be_visible()


def notice_on(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text=SENTENCE)


def test_pictures_that_did_not_arrive_are_asked_for_again(app: App, open_page: OpenPage) -> None:
    registry = RunRegistry(app.folder)
    wait_for(registry.start(SMALL, "pictured"), "finished")
    registry.close()
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        if len(refused) <= 2:
            route.abort()
        else:
            route.continue_()

    page = open_page(f"{app.url}/api/health", server_ends=True)  # the browser complains of what is refused here
    page.route("**/pictured/grids/latest.png*", refuse)
    page.goto(f"{app.url}/data")
    width = "() => document.querySelector('.lg-list a[href*=pictured] img')?.naturalWidth"
    wait_until(lambda: page.evaluate(width) == 242)
    assert len(refused) == 3


def test_a_small_picture_stays_while_the_next_one_fails_to_come(app: App, open_page: OpenPage) -> None:
    registry = RunRegistry(app.folder)
    wait_for(registry.start(SMALL, "lasting"), "finished")
    registry.close()
    page = open_page(f"{app.url}/data", server_ends=True)
    width = """() => { const image = document.querySelector('.lg-list a[href*=lasting] img');
        return image && getComputedStyle(image).visibility === "visible" && image.naturalWidth; }"""
    wait_until(lambda: page.evaluate(width) == 242)
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.abort()

    page.route("**/lasting/grids/latest.png*", refuse)
    url = f"{app.url}/api/runs/lasting/commands"
    plain_http.post(url, json={"kind": "set", "values": {"epochs": SMALL.epochs + 1}}).raise_for_status()
    plain_http.post(url, json={"kind": "resume"}).raise_for_status()
    wait_until(lambda: page.evaluate("true") and refused)  # asked, since the routes are run meanwhile
    assert page.evaluate(width) == 242


def test_pictures_come_as_soon_as_the_server_is_back(
    start_app: StartApp, open_page: OpenPage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, port = tmp_path_factory.mktemp("pictures"), free_port()
    registry = RunRegistry(folder)
    wait_for(registry.start(SMALL, "one"), "finished")
    registry.close()
    app = start_app(folder, port)
    page = open_page(f"{app.url}/data", server_ends=True)
    wait_until(lambda: page.evaluate(WIDTHS) == [242])
    end(app)
    expect(page.get_by_role("status").filter(has_text=SENTENCE)).to_be_visible()
    page.evaluate("() => (document.querySelector('.lg-list .lg-thumb img').src += '&again')")
    wait_until(lambda: page.evaluate(WIDTHS) == [0])
    start_app(folder, port)
    wait_until(lambda: page.evaluate(WIDTHS) == [242])
