"""The page through a real nginx, set up in the ways in which schools and hubs do it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import plain_http
import pytest
from chromium import CHROMIUMS, FLAGS, App, Chromium, program
from helpers import PATIENCE, SMALL, wait_for
from playing import settled
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from proxying import NAME, UPGRADE, Site, nginx, readme_site, site

from gan.runs.registry import RunRegistry

STREAMLITS_GUESSES = "/_stcore/"  # it looks for its server below the page's own path first
WAYS = ["the README's example", "X-Forwarded-Host", "Forwarded", "the port lost", "a path kept", "a path stripped"]


@pytest.fixture(scope="module")
def sites(start_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Site]]:
    folder = tmp_path_factory.mktemp("nginx")
    apps = [started(start_app, tmp_path_factory.mktemp("runs"), base) for base in ("", "/class/gan")]
    plain, kept = (f"http://127.0.0.1:{app.url.split(':')[2].split('/')[0]}" for app in apps)
    host = "proxy_set_header Host $http_host"
    sites = {
        "the README's example": readme_site(plain, folder),
        "X-Forwarded-Host": site(plain, *UPGRADE, "proxy_set_header X-Forwarded-Host $http_host"),
        "Forwarded": site(plain, *UPGRADE, """proxy_set_header Forwarded 'for=10.0.0.7;host="$http_host"'"""),
        "the port lost": site(plain, *UPGRADE, "proxy_set_header Host $host"),
        "a path kept": site(kept, *UPGRADE, host, path="/class/gan/"),
        "a path stripped": site(f"{plain}/", *UPGRADE, host, path="/hub/user/"),
        "no Upgrade": site(plain, host),
        "no host": site(plain, *UPGRADE),
    }
    with nginx(folder, *sites.values()):
        yield sites


def started(start_app: Callable[..., App], folder: Path, base: str) -> App:
    """An app with a run that trains, slowly."""
    registry = RunRegistry(folder)
    run = registry.start(SMALL.changed(epochs=10_000, pace=20), "demo", paused=True)
    wait_for(run, "paused")
    registry.close()
    app = start_app(folder, base=base, LIVEGAN_HOSTS=NAME, LIVEGAN_OPEN="1")
    plain_http.post(f"{app.url}/api/runs/demo/commands", json={"kind": "resume"}).raise_for_status()
    return app


@pytest.fixture(scope="module")
def browser(chromium: Chromium) -> Iterator[Browser]:
    """A Chromium that finds the proxy by its name."""
    path = program("Chromium or Chrome", *CHROMIUMS)
    flags = ["--ignore-certificate-errors", f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]
    browser = chromium.playwright.chromium.launch(executable_path=path, args=FLAGS + flags)
    yield browser
    browser.close()


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """A page that notes what its console complains of and what it asks others for."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE * 1000)

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and STREAMLITS_GUESSES not in message.location["url"]:
            complaints.append(f"{message.text} ({message.location['url']})")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()


@pytest.mark.parametrize("way", WAYS)
def test_the_page_is_whole_and_steers(sites: dict[str, Site], way: str, page: Page, complaints: list[str]) -> None:
    page.on("request", lambda request: None if below(request.url, sites[way].url) else complaints.append(request.url))
    page.goto(f"{sites[way].url}?run=demo")
    expect(page.locator(".lg-live .lg-head .lg-badge")).to_have_text("running")  # from its stream
    expect(page.locator(".lg-list")).to_contain_text("demo")  # from the socket of the list
    rate = f"0.000{WAYS.index(way) + 3}"
    typed = page.get_by_label("Generator learning rate (typed)")
    typed.fill(rate)
    typed.press("Enter")
    expect(page.get_by_role("list", name="Knob changes").get_by_role("listitem").filter(has_text=rate)).to_have_count(1)
    assert complaints == []


@pytest.mark.parametrize("way", ["a path kept", "a path stripped"])
def test_pages_opened_directly_are_whole_below_a_path(
    sites: dict[str, Site], way: str, page: Page, complaints: list[str]
) -> None:
    page.on("request", lambda request: None if below(request.url, sites[way].url) else complaints.append(request.url))
    page.goto(f"{sites[way].url}runs/")
    expect(page.locator(".lg-table")).to_contain_text("demo")
    page.get_by_role("link", name="demo").last.click()
    expect(page).to_have_url(re.compile(re.escape(f"{sites[way].url}?run=demo")))
    page.goto(f"{sites[way].url}playground?run=demo")
    settled(page)
    assert complaints == []


@pytest.mark.parametrize(
    ("way", "remedy"), [("no Upgrade", "proxy_set_header Upgrade $http_upgrade"), ("no host", "proxy_set_header Host")]
)
def test_where_no_socket_gets_through_the_page_says_what_to_set(
    sites: dict[str, Site], way: str, remedy: str, page: Page
) -> None:
    page.goto(sites[way].url)
    expect(page.get_by_role("alert")).to_contain_text(remedy)


def below(url: str, root: str) -> bool:
    """Whether a page at `root` may ask for this: something below the same path."""
    return url.split("://")[1].startswith(root.split("://")[1]) or url.startswith(("data:", "blob:"))
