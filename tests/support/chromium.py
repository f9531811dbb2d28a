"""Starts the app as the README does, and a Chromium that watches it; console and server log must stay clean."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plain_http
import pytest
from fingers import Fingers
from forked import Process, start_streamlit
from helpers import PATIENCE, wait_until
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from gan.recording.writer import is_held

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--process-per-site"]  # fmt: skip
OTHER_HOST = "student.localhost"  # this computer as well, with cookies of its own: another person in the same browser
THIRD_HOST = "third.localhost"  # and one more


@dataclass
class App:
    """The running app: where it listens, where its runs are, and what it has printed."""

    url: str
    folder: Path
    log: Path
    process: Process


class Chromium:
    """One for all files of browser tests that a process runs one after another, with one profile.

    As for a user, what does not change comes from its cache, and compiled. All pages of the app share one process,
    which the first tab keeps alive: a page in a new process takes a third more of the processor. From the first page
    on, Playwright's event loop runs in this thread; tests of other files could not run one of their own until `close`.
    """

    def __init__(self, profile: Path) -> None:
        self._profile = profile
        self._playwright: Playwright | None = None
        self._context: BrowserContext | None = None

    @property
    def playwright(self) -> Playwright:
        if self._playwright is None:
            expect.set_options(timeout=PATIENCE * 1000)
            self._playwright = sync_playwright().start()
        return self._playwright

    @property
    def context(self) -> BrowserContext:
        if self._context is None:
            path = program("Chromium or Chrome", *CHROMIUMS)
            launch = self.playwright.chromium.launch_persistent_context
            self._context = launch(self._profile, executable_path=path, args=FLAGS)
            self._context.on("close", self._gone)
        return self._context

    def close(self) -> None:
        if self._context is not None:
            self._context.close()
            self._context = None
        if self._playwright is not None:
            self._playwright.stop()
            self._playwright = None

    def _gone(self, _context: BrowserContext) -> None:
        """It was closed, or has crashed: the next file gets another one."""
        self._context = None


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    chromium = Chromium(tmp_path_factory.mktemp("profile"))
    yield chromium
    chromium.close()


@pytest.fixture(scope="module", autouse=True)
def no_browser_beside_other_tests(request: pytest.FixtureRequest, chromium: Chromium) -> None:
    """Files of browser tests come first (`tests/conftest.py`), so this ends the browser once."""
    if not _use(request, "context") and not _use(request, "browser"):
        chromium.close()


@pytest.fixture(scope="module")
def context(chromium: Chromium) -> Iterator[BrowserContext]:
    """A headless Chromium; what a file of tests has opened and was allowed ends with it."""
    context = chromium.context
    yield context
    for page in context.pages[1:]:  # with its last page Chromium would end
        page.close()
    context.clear_permissions()
    context.clear_cookies()


@contextlib.contextmanager
def app_starter() -> Iterator[Callable[..., App]]:
    """Starts apps on folders of runs. In the end all get a SIGTERM, and must have printed no warning."""
    apps: list[App] = []

    def start(folder: Path, port: int | None = None, base: str = "", **environment: str) -> App:
        port = port or free_port()
        log = folder.with_name(f"{folder.name}-{port}.log")
        arguments = ["run", "streamlit_app.py", "--server.port", str(port), "--server.baseUrlPath", base]
        process = start_streamlit(arguments, {"LIVEGAN_CHECKPOINTS": str(folder), **environment}, log)
        app = App(f"http://localhost:{port}{base}", folder, log, process)
        apps.append(app)
        wait_until(lambda: _answers(app))
        return app

    try:
        yield start
    finally:
        for app in apps:
            app.process.terminate()
        for app in apps:
            app.process.wait(PATIENCE)
    for app in apps:
        printed = app.log.read_text()
        assert not [line for line in printed.splitlines() if "Error" in line or "WARN" in line or "Traceback" in line]


@pytest.fixture(scope="module")
def start_app() -> Iterator[Callable[..., App]]:
    """Start apps that end with their file of tests: one that runs on would take its memory and time from the others."""
    with app_starter() as start:
        yield start


@pytest.fixture(scope="session")
def shared_apps() -> list[App]:
    """Those that run, so that a fixture can tidy up without starting one."""
    return []


@pytest.fixture(scope="session")
def app(shared_apps: list[App], tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app that most tests share. Each file of tests finds it empty, and each test with no run that trains."""
    with app_starter() as start:
        shared_apps.append(start(tmp_path_factory.mktemp("runs")))
        yield shared_apps[0]


@pytest.fixture(autouse=True)
def no_run_left_training(request: pytest.FixtureRequest, shared_apps: list[App]) -> Iterator[None]:
    """End the runs that a test leaves in the shared app, also if it failed.

    A run that trains or rests in a pause keeps one of as many places as the machine has cores. In a few tests all
    of them would be taken, and the next run would wait in the queue.
    """
    yield
    if "app" in request.fixturenames:
        for app in shared_apps:
            end_training(app)


@pytest.fixture(scope="module", autouse=True)
def no_run_left_behind(request: pytest.FixtureRequest, shared_apps: list[App]) -> Iterator[None]:
    """Empty the shared app after a file of tests: names are free again, and its pages show no run of another file."""
    yield
    if _use(request, "app"):
        for app in shared_apps:
            empty(app)


def _use(request: pytest.FixtureRequest, fixture: str) -> bool:
    """Whether a test of this file uses the fixture."""
    here = [item for item in request.session.items if item.path == request.path]
    return any(fixture in item.fixturenames for item in here if isinstance(item, pytest.Function))


@pytest.fixture
def open_page(context: BrowserContext) -> Iterator[Callable[..., Page]]:
    """Open addresses in fresh tabs; afterwards no console may hold an error or a warning."""
    complaints: list[str] = []
    pages = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"{message.text} ({message.location['url']})")

    def open_page(
        url: str,
        width: int = 1440,
        height: int = 1000,
        dark: bool = False,
        server_ends: bool = False,
        touch: bool = False,
    ) -> Page:
        page = context.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_default_timeout(PATIENCE * 1000)
        if not server_ends:  # a browser complains of each request that a server which is gone did not answer
            page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: None if _local(r.url) else complaints.append(f"asked for {r.url}"))
        if touch:
            Fingers(page).resize(width, height)
        if len(pages) == 1:
            _keep_process(page, url)
            _forget_what_pages_keep(page, url)
        page.goto(url)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert complaints == []


def runs_of(app: App) -> list[dict[str, Any]]:
    """What the app lists of its runs."""
    listed: list[dict[str, Any]] = plain_http.get(f"{app.url}/api/runs").json()["runs"]
    return listed


def training(app: App) -> list[str]:
    """The names of the runs that train, or have or want a place among those that do."""
    return [run["name"] for run in runs_of(app) if run["state"] in ("running", "paused", "queued")]


def end_training(app: App) -> None:
    """Stop the runs that train, and wait until their threads have ended."""
    for name in training(app):
        plain_http.post(f"{app.url}/api/runs/{name}/commands", json={"kind": "stop"}).raise_for_status()
    wait_until(lambda: not training(app))


def empty(app: App) -> None:
    """Take the runs' folders away, the bin too."""
    end_training(app)
    there = [path for path in app.folder.iterdir() if path.name != ".server.lock"]
    wait_until(lambda: not any(is_held(path) for path in there))
    for path in there:
        path.rename(app.folder.with_name(f"{uuid.uuid4().hex}-{path.name}"))
    wait_until(lambda: not runs_of(app))


def program(what: str, *names: str) -> str:
    """Where one of these programs is. Without one the test is skipped, unless LIVEGAN_BROWSER=required (as in CI)."""
    path = next(
        (found for name in names if (found := shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin"))), None
    )
    if path is None and os.environ.get("LIVEGAN_BROWSER") != "required":
        pytest.skip(f"no {what} on this machine")
    assert path is not None, f"LIVEGAN_BROWSER=required, but there is no {what}"
    return path


def choose(page: Page, label: str, choice: str) -> None:
    """Choose in one of the settings that are fixed once a run has started."""
    box = page.get_by_role("combobox", name=re.compile(label))
    box.scroll_into_view_if_needed()  # the list of choices closes when the page is scrolled
    option = page.get_by_role("option", name=choice, exact=True)

    def chosen() -> bool:
        """A list that opens too early closes again, also between a look at its options and the click."""
        if not option.count():
            box.click()
        with contextlib.suppress(PlaywrightTimeout):
            option.click(timeout=3000)
            return True
        return False

    wait_until(chosen)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return int(free.getsockname()[1])


def _forget_what_pages_keep(page: Page, url: str) -> None:
    """Clear the local storage: Streamlit keeps there that a test before folded the sidebar on a narrow page."""
    parts = urllib.parse.urlsplit(url)
    client = page.context.new_cdp_session(page)
    client.send(
        "Storage.clearDataForOrigin",
        {"origin": f"{parts.scheme}://{parts.netloc}", "storageTypes": "local_storage"},
    )
    client.detach()


def _keep_process(page: Page, url: str) -> None:
    """Let the tab that stays open belong to the app's site: its process goes on when all other tabs are closed."""
    first = page.context.pages[0]
    if first != page and first.url == "about:blank" and _local(url):
        first.goto(urllib.parse.urljoin(url, "/api/health"))


def _answers(app: App) -> bool:
    assert app.process.poll() is None, app.log.read_text()
    try:
        with urllib.request.urlopen(f"{app.url}/api/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _local(url: str) -> bool:
    hosts = ("localhost", OTHER_HOST, THIRD_HOST)
    return url.startswith((*(f"{kind}://{host}:" for kind in ("http", "ws") for host in hosts), "data:", "blob:"))
