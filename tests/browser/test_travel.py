"""The Train page as a recording: back to an epoch, branch from there, play it again, two runs in one chart."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import plain_http
from chromium import App
from helpers import BATCHES, SMALL, wait_for, wait_for_batch, wait_until
from playwright.sync_api import Locator, Page, expect

from gan.recording.commands import SetKnobs
from gan.recording.metric_history import METRICS, Rows
from gan.runs.registry import RunRegistry

OpenPage = Callable[..., Page]
MOVED = 3 * BATCHES  # after that many batches the recorded run's discriminator learns faster
BEFORE, AFTER = "0.0002", "0.01"


def recorded(app: App, name: str) -> Rows:
    """A run of six epochs, on disk, whose discriminator learns faster from the fourth on; its figures."""
    registry = RunRegistry(app.folder)
    run = registry.start(SMALL.changed(epochs=3), name)
    wait_for(run, "finished")
    registry.command(name, SetKnobs({"lr_d": float(AFTER), "epochs": 6}))
    registry.resume(name)
    wait_for_batch(run, 6 * BATCHES)
    wait_for(run, "finished")
    registry.close()
    wait_until(lambda: summary(app, name).get("epoch") == 6)
    return run.series.rows(0, 6 * BATCHES).copy()


def summary(app: App, name: str) -> dict[str, Any]:
    runs = plain_http.get(f"{app.url}/api/runs").json()["runs"]
    return next((dict(run) for run in runs if run["name"] == name), {})


def command(app: App, name: str, **order: Any) -> None:
    plain_http.post(f"{app.url}/api/runs/{name}/commands", json=order).raise_for_status()


def losses(page: Page) -> Locator:
    """The loss chart in words."""
    return page.get_by_role("img", name=re.compile("^Losses"))


def says(rows: Rows) -> re.Pattern[str]:
    """What the loss chart says after these batches: their average, as there are fewer than its window is long."""
    d_loss, g_loss = rows[:, [METRICS.index("d_loss"), METRICS.index("g_loss")]].mean(axis=0, dtype=np.float64)
    return re.compile(rf"after batch {len(rows)}\b.*: discriminator {d_loss:.3f}, generator {g_loss:.3f}")


def rate(page: Page) -> Locator:
    return page.get_by_label("Discriminator learning rate (typed)")


def knob_changes(page: Page) -> Locator:
    return page.get_by_role("list", name="Knob changes").get_by_role("listitem")


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_an_epoch_shows_what_the_run_was_then(app: App, open_page: OpenPage) -> None:
    rows = recorded(app, "then")
    page = open_page(f"{app.url}/?run=then", width=900)
    expect(losses(page)).to_have_attribute("aria-label", says(rows))
    page.get_by_role("slider", name="Epoch", exact=True).focus()
    for key in ("Home", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.get_by_text("epoch 3 of 6", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Epoch 3", exact=True)).to_have_attribute("aria-current", "true")
    expect(losses(page)).to_have_attribute("aria-label", says(rows[:MOVED]))
    expect(page.get_by_role("heading", name="Losses at epoch 3")).to_be_visible()
    expect(rate(page)).to_have_value(BEFORE)
    expect(rate(page)).to_be_disabled()
    expect(page.get_by_text("as of epoch 3", exact=True)).to_be_visible()
    click(page, "Epoch 4")
    expect(rate(page)).to_have_value(AFTER)
    click(page, "Return to live")
    expect(losses(page)).to_have_attribute("aria-label", says(rows))
    expect(rate(page)).to_be_enabled()


def test_a_branch_goes_on_from_an_epoch_in_one_chart_with_its_parent(app: App, open_page: OpenPage) -> None:
    rows = recorded(app, "trunk")
    page = open_page(f"{app.url}/?run=trunk")
    click(page, "Epoch 2")
    click(page, "Branch from epoch 2")
    page.get_by_label("Name", exact=True).fill("twig")
    expect(rate(page)).to_have_value(BEFORE)
    rate(page).fill("0.003")
    rate(page).press("Enter")
    click(page, "Start")
    expect(page.get_by_role("heading", name="twig")).to_be_visible()
    expect(page.get_by_text("Branched from trunk at epoch 2.")).to_be_visible()
    wait_until(lambda: summary(app, "twig").get("state") == "finished")
    assert summary(app, "twig")["parent"] == "trunk"
    grown = RunRegistry(app.folder).get("twig")
    assert np.array_equal(grown.series.rows(0, 2 * BATCHES), rows[: 2 * BATCHES])
    assert grown.snapshot().settings.lr_d == 0.003
    # both are in one chart, and the address says so
    expect(page).to_have_url(re.compile("run=twig&with=trunk"))
    expect(losses(page)).to_have_attribute("aria-label", re.compile(r"after batch 78\b.*; trunk: "))
    expect(page.locator(".lg-line-fork b")).to_be_visible()
    click(page, "End the comparison")
    expect(losses(page)).to_have_attribute("aria-label", re.compile(r"generator [\d.]+\.$"))
    assert "with=" not in page.url
    # the other way round, while the branch trains
    page.get_by_role("link", name="trunk", exact=True).first.click()
    expect(page.get_by_role("heading", name="trunk")).to_be_visible()
    click(page, "Compare")
    page.get_by_role("button", name=re.compile("^twig.*branch at epoch 2")).click()
    expect(page).to_have_url(re.compile("run=trunk&with=twig"))
    expect(losses(page)).to_have_attribute("aria-label", re.compile("; twig: "))
    reach = "() => document.querySelector('.lg-live .js-plotly-plot')._fullLayout.xaxis.range[1]"
    assert page.evaluate(reach) == len(rows)
    command(app, "twig", kind="set", values={"epochs": 10_000})
    command(app, "twig", kind="resume")
    page.wait_for_function(f"() => ({reach})() > {len(rows) + 50}")
    command(app, "twig", kind="stop")
    wait_until(lambda: summary(app, "twig")["state"] == "stopped")


def test_a_replay_repeats_the_run_and_steers_nothing(app: App, open_page: OpenPage) -> None:
    rows = recorded(app, "again")
    commands = (app.folder / "again" / "commands.jsonl").read_text()
    page = open_page(f"{app.url}/?run=again")
    expect(losses(page)).to_have_attribute("aria-label", says(rows))
    click(page, "Replay")
    play = page.get_by_role("group", name="Time travel").get_by_role("button", name=re.compile("^(Pause|Play)$"))
    expect(play).to_be_focused()  # it says "Play" if the short recording is over already
    page.keyboard.press("Home")
    expect(losses(page)).to_have_attribute("aria-label", re.compile("after batch 1,"))
    expect(rate(page)).to_have_value(BEFORE)
    expect(knob_changes(page)).to_have_count(0)
    expect(page.get_by_role("group", name="Training").get_by_role("button").first).to_be_disabled()
    for _ in range(3):
        page.keyboard.press("PageDown")
    page.keyboard.press("ArrowLeft")
    expect(losses(page)).to_have_attribute("aria-label", says(rows[: MOVED - 1]))
    expect(rate(page)).to_have_value(BEFORE)
    own = summary(app, "again")
    expect(page.locator(".lg-replay-rate")).to_have_text(f"{own['batch'] / own['seconds']:,.0f} batches/s")
    page.keyboard.press(" ")
    expect(losses(page)).to_have_attribute("aria-label", says(rows))
    expect(page.get_by_text("epoch 6 of 6", exact=True)).to_be_visible()
    expect(rate(page)).to_have_value(AFTER)
    expect(knob_changes(page)).not_to_have_count(0)
    expect(page.locator("[data-knob=lr_d]")).to_have_class(re.compile("lg-flash"))
    page.keyboard.press("Escape")
    expect(rate(page)).to_be_enabled()
    assert (app.folder / "again" / "commands.jsonl").read_text() == commands
