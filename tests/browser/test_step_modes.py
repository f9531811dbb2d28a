"""Step modes and slow motion: one batch, one network alone, so many batches a second."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import plain_http
from chromium import App
from helpers import wait_until
from playwright.sync_api import Locator, Page, expect

from gan.recording import commands_file

OpenPage = Callable[..., Page]


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Training").get_by_role("button", name=name, exact=True)


def summary(app: App, name: str) -> dict[str, Any]:
    runs = plain_http.get(f"{app.url}/api/runs").json()["runs"]
    return next((dict(run) for run in runs if run["name"] == name), {"state": "", "batch": 0})


def stands_at(app: App, name: str, batch: int) -> bool:
    return bool(summary(app, name)["batch"] == batch)


def obeyed(app: App, name: str) -> list[tuple[int, str]]:
    """The run's record: after how many batches it was told what."""
    commands, complaint = commands_file.read_valid(app.folder / name)
    assert complaint is None
    return [(command.batch, command.kind) for command in commands]


def test_one_network_alone_then_slow_motion(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/?run=new")
    page.get_by_label("Name", exact=True).fill("steps")
    speed = page.get_by_label("Speed", exact=True)
    speed.select_option("5 batches/s")
    expect(page).to_have_url(re.compile("pace=5"))
    button(page, "D only").click()
    expect(page.locator(".lg-live .lg-head .lg-badge")).to_have_text("paused")
    wait_until(partial(stands_at, app, "steps", 1))
    marks = page.get_by_role("list", name="Knob changes").get_by_role("listitem")
    expect(marks).to_have_count(1)
    expect(marks.first).to_contain_text(re.compile("discriminator only", re.IGNORECASE))
    for label, batch in (("G only", 2), ("Step", 3)):
        button(page, label).click()
        wait_until(partial(stands_at, app, "steps", batch))
    expect(marks).to_have_count(2)
    assert obeyed(app, "steps") == [(0, "step_d"), (1, "step_g"), (2, "step")]

    expect(speed).to_have_value("5")
    start = time.monotonic()  # before the run goes on: a summary may be a little old, which only makes this later
    button(page, "Resume").click()
    expect(button(page, "D only")).to_be_disabled()
    wait_until(lambda: summary(app, "steps")["batch"] >= 3 + 12)
    assert time.monotonic() - start > 11 / 5
    seen = summary(app, "steps")["batch"]
    speed.select_option("Full speed")
    # more batches than 5 a second could have been, however slow this machine is now
    wait_until(lambda: summary(app, "steps")["batch"] > seen + 100 + 5 * (time.monotonic() - start))
    button(page, "Stop").click()
    wait_until(lambda: summary(app, "steps")["state"] == "stopped")
    assert [kind for _, kind in obeyed(app, "steps")[3:]] == ["resume", "set", "stop"]
    expect(marks).to_have_count(2)  # the speed changes nothing that is trained
