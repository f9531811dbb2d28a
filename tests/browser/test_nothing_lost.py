"""Nothing that was trained is lost from the page: trimmed runs, what is set aside, the bin, and the runs that ship."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import plain_http
import pytest
from chromium import App
from helpers import SMALL, wait_for, wait_until
from playwright.sync_api import Page, expect

from gan.runs import set_aside
from gan.runs.registry import ROOT, RunRegistry

OpenPage = Callable[..., Page]
LECTURE = ROOT / "checkpoints" / "lecture"


@pytest.fixture(scope="module")
def folder(app: App) -> Path:
    """The app's folder, with the lecture's run, which is finished and trimmed."""
    shutil.copytree(LECTURE, app.folder / "lecture", ignore=shutil.ignore_patterns(".lock"))
    return app.folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.suffix != ".lock"
            and path.is_file() and path.name != ".lock"}  # fmt: skip


def summary(app: App, name: str) -> dict[str, Any]:
    runs = plain_http.get(f"{app.url}/api/runs").json()["runs"]
    return next((dict(run) for run in runs if run["name"] == name), {})


def finished(app: App, name: str) -> None:
    """A finished run, trained by another process."""
    registry = RunRegistry(app.folder)
    wait_for(registry.start(SMALL, name), "finished")
    registry.close(measure=True)


def post(app: App, name: str, **command: Any) -> httpx.Response:
    return plain_http.post(f"{app.url}/api/runs/{name}/commands", json=command)


def test_the_lectures_run_is_trained_again_as_a_new_run_and_stays_as_it_is(
    app: App, open_page: OpenPage, folder: Path
) -> None:
    whole = contents(folder / "lecture")
    for command in ({"kind": "resume"}, {"kind": "step"}, {"kind": "set", "values": {"epochs": 101}}):
        refused = post(app, "lecture", **command)
        assert refused.status_code == 400
        assert refused.json()["error"].startswith("It has trained its 100 epochs, and its training state was not kept")
    page = open_page(f"{app.url}/?run=lecture")
    expect(page.get_by_text("Its training state was not kept, so it cannot go on")).to_be_visible()
    page.get_by_role("button", name="Train again").click()
    expect(page.get_by_role("heading", name="lecture-again")).to_be_visible()
    expect(page.locator(".lg-below")).to_contain_text(
        "Trains the recording of lecture again; it ends where lecture stands."
    )
    wait_until(lambda: summary(app, "lecture-again").get("batch", 0) > 0)
    page.get_by_role("button", name="Stop").click()
    wait_until(lambda: summary(app, "lecture-again")["state"] == "stopped")
    assert contents(folder / "lecture") == whole
    page.goto(f"{app.url}/runs")
    expect(page.get_by_role("button", name="Train again lecture", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Resume lecture-again", exact=True)).to_be_visible()


def test_a_run_that_is_over_says_so_and_what_to_do(app: App, open_page: OpenPage, folder: Path) -> None:
    finished(app, "over")
    sentence = "It has trained its 2 epochs; raise Epochs to go on."
    page = open_page(f"{app.url}/?run=over")
    expect(page.get_by_text(sentence)).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("button", name="Resume")).to_have_attribute("title", sentence)
    page.goto(f"{app.url}/runs")
    expect(page.get_by_role("row").filter(has_text="over").get_by_text(sentence)).to_be_visible()
    expect(page.get_by_role("button", name="Resume over", exact=True)).to_have_attribute("title", sentence)


def delete(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Delete {name}", exact=True).click()
    sure = page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True)
    expect(sure).to_have_css("background-color", "rgb(185, 28, 28)")  # it is red
    sure.click()


def test_a_deleted_run_comes_back_by_undo_and_from_the_bin(app: App, open_page: OpenPage, folder: Path) -> None:
    finished(app, "precious")
    whole = contents(folder / "precious")
    page = open_page(f"{app.url}/runs")
    delete(page, "precious")
    expect(page.get_by_text("Run precious is in the bin.")).to_be_visible()
    assert not (folder / "precious").exists()
    page.get_by_role("button", name="Undo").click()
    wait_until(lambda: contents(folder / "precious") == whole)
    expect(page.get_by_role("button", name="Open precious")).to_be_visible()

    delete(page, "precious")
    expect(page.get_by_role("button", name="Open precious")).to_have_count(0)  # the page shows what came of it
    page.get_by_text("Bin: 1 run").click()
    page.get_by_role("button", name="Restore").click()
    wait_until(lambda: contents(folder / "precious") == whole)
    expect(page.get_by_role("button", name="Open precious")).to_be_visible()

    delete(page, "precious")
    expect(page.get_by_role("button", name="Open precious")).to_have_count(0)  # the page shows what came of it
    page.get_by_text("Bin: 1 run").click()
    page.get_by_role("button", name="Empty the bin").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    wait_until(lambda: not (folder / ".bin").exists())
    expect(page.get_by_text("Bin: 1 run")).to_have_count(0)


def test_a_run_that_ships_is_hidden_and_shown_again(app: App, open_page: OpenPage, folder: Path) -> None:
    page = open_page(f"{app.url}/runs")
    page.get_by_role("button", name="Hide lecture", exact=True).click()
    expect(page.get_by_role("button", name="Open lecture", exact=True)).to_have_count(0)
    sidebar = page.get_by_role("navigation", name="Runs")
    expect(sidebar.get_by_role("link", name="lecture", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Show 1 hidden").click()
    page.get_by_role("button", name="Show lecture", exact=True).click()
    expect(page.get_by_role("button", name="Hide lecture", exact=True)).to_be_visible()
    assert not summary(app, "lecture")["hidden"]


def test_what_a_run_had_reached_is_restored_or_thrown_away(app: App, open_page: OpenPage, folder: Path) -> None:
    for name in ("one", "two"):
        finished(app, name)
        set_aside.keep(folder / name)
    page = open_page(f"{app.url}/runs")
    rows = page.get_by_text(re.compile("up to epoch 2, "))
    expect(rows).to_have_count(2)
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()  # else the click may be lost
    page.get_by_role("button", name="Restore as a new run").first.click()
    expect(page.get_by_text(re.compile("It is now the run (one|two)-set-aside"))).to_be_visible()
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Throw away").click()
    page.get_by_role("dialog").get_by_role("button", name="Throw away").click()
    expect(rows).to_have_count(0)
    assert not (folder / "one" / "aside").exists()
    assert not (folder / "two" / "aside").exists()
