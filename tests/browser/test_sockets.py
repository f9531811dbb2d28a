"""How many connections a page holds: two, however much it shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import plain_http
import pytest
from chromium import App
from helpers import SMALL, wait_until
from playwright.sync_api import Page, WebSocket, expect

from gan.runs.registry import RunRegistry

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def runs(app: App) -> None:
    """Two finished runs."""
    registry = RunRegistry(app.folder)
    for name in ("one", "two"):
        registry.start(SMALL, name).join()
    registry.close()


class Sockets:
    """Those that a page has open, by the ends of their addresses."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.there: list[WebSocket] = []
        page.on("websocket", lambda socket: self.there.append(socket))

    def are(self, *ends: str) -> bool:
        self._page.wait_for_timeout(50)
        there = sorted(socket.url.partition("/_stcore/")[2] or socket.url.partition("/api/")[2] for socket in self.open)
        return there == sorted(["stream", *ends])

    @property
    def open(self) -> list[WebSocket]:
        return [socket for socket in self.there if not socket.is_closed()]


def test_a_page_has_streamlits_socket_and_one_of_ours_that_brings_run_and_list(app: App, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    sockets = Sockets(page)
    page.goto(f"{app.url}/?run=one")
    runs = page.get_by_role("navigation", name="Runs")
    expect(runs.get_by_role("link")).to_have_count(2)
    wait_until(lambda: sockets.are("runs/one/live?list=1"))
    runs.get_by_role("link", name="two").click()
    wait_until(lambda: sockets.are("runs/two/live?list=1"))
    plain_http.post(f"{app.url}/api/runs/one/commands", json={"kind": "set", "values": {"epochs": 3}})
    expect(runs.get_by_role("link").filter(has_text="one")).to_contain_text("paused")
    page.get_by_role("link", name="Playground").click()
    wait_until(lambda: sockets.are("runs/live"))
    page.get_by_role("link", name="Train").click()
    wait_until(lambda: sockets.are("runs/two/live?list=1"))
    plain_http.post(f"{app.url}/api/runs/one/commands", json={"kind": "stop"})
    expect(runs.get_by_role("link").filter(has_text="one")).to_contain_text("stopped")


def test_when_the_run_on_the_page_is_gone_the_list_comes_by_itself(
    app: App, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page("about:blank", server_ends=True)  # it complains of pictures that are gone
    sockets = Sockets(page)
    page.goto(f"{app.url}/?run=two")
    wait_until(lambda: sockets.are("runs/two/live?list=1"))
    (app.folder / "two").rename(tmp_path / "elsewhere")
    wait_until(lambda: sockets.are("runs/live"))
    expect(page.get_by_role("navigation", name="Runs").get_by_role("link")).to_have_count(1)
