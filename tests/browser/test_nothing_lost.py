"""Nothing that was trained is lost from the page: trimmed runs, what is set aside, the bin, and the runs that ship."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from chromium import App
from helpers import wait_until
from playwright.sync_api import Page, expect

from gan.lab import ROOT

OpenPage = Callable[..., Page]
StartApp = Callable[..., App]
LECTURE = ROOT / "checkpoints" / "lecture"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the lecture's run, which is finished and trimmed."""
    folder = tmp_path_factory.mktemp("kept")
    shutil.copytree(LECTURE, folder / "lecture", ignore=shutil.ignore_patterns(".lock"))
    return folder


@pytest.fixture(scope="module")
def kept(start_app: StartApp, folder: Path) -> App:
    return start_app(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.suffix != ".lock"
            and path.is_file() and path.name != ".lock"}  # fmt: skip


def summary(app: App, name: str) -> dict[str, Any]:
    runs = httpx.get(f"{app.url}/api/runs").json()["runs"]
    return next((dict(run) for run in runs if run["name"] == name), {})


def post(app: App, name: str, **command: Any) -> httpx.Response:
    return httpx.post(f"{app.url}/api/runs/{name}/commands", json=command)


def test_the_lectures_run_is_trained_again_as_a_new_run_and_stays_as_it_is(
    kept: App, open_page: OpenPage, folder: Path
) -> None:
    whole = contents(folder / "lecture")
    for command in ({"kind": "resume"}, {"kind": "step"}, {"kind": "set", "values": {"epochs": 101}}):
        refused = post(kept, "lecture", **command)
        assert refused.status_code == 400
        assert refused.json()["error"].startswith("It has trained its 100 epochs, and its training state was not kept")
    page = open_page(f"{kept.url}/?run=lecture")
    expect(page.get_by_text("Its training state was not kept, so it cannot go on")).to_be_visible()
    page.get_by_role("button", name="Train again").click()
    expect(page.get_by_role("heading", name="lecture-again")).to_be_visible()
    wait_until(lambda: summary(kept, "lecture-again").get("batch", 0) > 0)
    page.get_by_role("button", name="Stop").click()
    wait_until(lambda: summary(kept, "lecture-again")["state"] == "stopped")
    assert contents(folder / "lecture") == whole
    page.goto(f"{kept.url}/runs")
    expect(page.get_by_role("button", name="Train again lecture", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Resume lecture-again", exact=True)).to_be_visible()
