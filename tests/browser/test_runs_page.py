"""Runs on disk, seen from the page: damaged, interrupted, branched, taken home, added, deleted; and the data page."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import plain_http
import pytest
from chromium import App, free_port
from helpers import BATCHES, PATIENCE, SMALL, score_of, wait_for, wait_until
from playwright.sync_api import Page, expect

from gan.quality import scores
from gan.recording.commands import Step
from gan.runs.registry import RunRegistry

OpenPage = Callable[..., Page]
StartApp = Callable[..., App]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run, a damaged one, one that has not begun, and two families, one without its root."""
    folder = tmp_path_factory.mktemp("found")
    registry = RunRegistry(folder)
    for name in ("root", "gone", "finished", "damaged", "unwanted"):
        wait_for(registry.start(SMALL, name), "finished")
    branches = (("root", 1, "branch"), ("branch", 2, "twig"), ("gone", 0, "orphan"), ("root", 2, "second"))
    for parent, at, name in branches:
        wait_for(registry.branch(parent, at, {"epochs": 3}, name), "finished")
    registry.delete("gone")
    registry.start(SMALL, "fresh", paused=True)
    registry.close()
    (folder / "damaged" / "run.json").write_text("{")
    return folder


@pytest.fixture(scope="module")
def found(start_app: StartApp, folder: Path) -> App:
    """An app that finds runs on disk."""
    return start_app(folder)


def test_runs_on_disk_are_listed_and_open(found: App, open_page: OpenPage) -> None:
    page = open_page(f"{found.url}/runs")
    damaged = page.get_by_role("row", name=re.compile("damaged"))
    expect(damaged).to_contain_text("run.json")
    page.get_by_role("button", name="Open finished").click()
    expect(page.get_by_role("heading", name="finished")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("64 images of the generator"))).to_be_visible()
    expect(page.get_by_text("2 of 2")).to_be_visible()


def test_the_pages_agree_on_the_epoch_and_the_table_says_of_which_one_the_best_fid_is(
    app: App, open_page: OpenPage
) -> None:
    registry = RunRegistry(app.folder)
    run = registry.start(SMALL.changed(epochs=5), "halfway", paused=True)
    for _ in range(BATCHES + 1):
        registry.command("halfway", Step())
    wait_until(lambda: run.snapshot().batch == BATCHES + 1 and run.snapshot().state == "paused")
    registry.close()
    scores.write(app.folder / "halfway", [score_of(8.5, 1)])
    page = open_page(f"{app.url}/runs")
    row = page.get_by_role("row", name=re.compile("halfway"))
    expect(row.get_by_role("cell", name="8.5 · epoch 1", exact=True)).to_be_visible()
    expect(row.get_by_role("cell", name="2 / 5", exact=True)).to_be_visible()
    expect(page.get_by_role("navigation", name="Runs").get_by_role("link")).to_contain_text("epoch 2, ")
    page.get_by_role("button", name="Open halfway").click()
    expect(page.locator(".lg-head").get_by_text("2 / 5", exact=True)).to_be_visible()


def test_a_run_travels_as_a_zip(found: App, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(f"{found.url}/runs")
    with page.expect_download() as download:
        page.get_by_role("button", name="Take home: finished").click()
        page.get_by_role("link", name="Download finished as Zip").click()
    packed = tmp_path / "travelled.zip"
    download.value.save_as(packed)
    page.locator("input[type=file]").set_input_files(packed)
    expect(page.get_by_text("Run travelled was added.")).to_be_visible()
    expect(page.get_by_role("button", name="Open travelled")).to_be_visible()


def test_branches_stand_below_their_parents(found: App, open_page: OpenPage) -> None:
    page = open_page(f"{found.url}/runs")
    rows = page.locator(".lg-table tbody tr")
    expect(rows.filter(has=page.get_by_role("link", name="root", exact=True))).to_have_count(1)
    names = page.locator(".lg-table-name").all_inner_texts()
    at = names.index("root")
    assert names[at : at + 4] == ["root", "second", "branch", "twig"]  # of two branches the newer one comes first
    assert at < names.index("finished")  # though the root is older: its family holds newer runs
    lefts = [rows.nth(at + i).locator(".lg-table-name").bounding_box() for i in range(4)]
    depths = [round((box["x"] - lefts[0]["x"]) / 18) for box in lefts if box and lefts[0]]
    assert depths == [0, 1, 1, 2]
    lines = [[i.get_attribute("data-line") for i in rows.nth(at + n).locator(".lg-tree i").all()] for n in range(4)]
    assert lines == [[], ["tee"], ["elbow"], ["none", "elbow"]]
    expect(rows.nth(at + 3)).to_contain_text("from epoch 2")
    orphan = page.get_by_role("row", name=re.compile("orphan"))
    expect(orphan).to_contain_text("from the start of gone")
    expect(orphan.locator(".lg-tree i")).to_have_count(0)
    page.get_by_label("Find a run").fill("twig")  # without its parents it begins a family
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("from epoch 2 of branch")
    (twig,) = [run for run in _runs(found) if run["name"] == "twig"]
    size = f"{round(twig['size'] / 1e3)} kB"
    expect(rows.first).to_contain_text(size)
    expect(page.get_by_text(f"1 of {len(_runs(found))} runs, {size} on disk")).to_be_visible()
    sidebar = page.get_by_role("navigation", name="Runs").get_by_role("link", name=re.compile("^twig"))
    expect(sidebar).to_contain_text("from epoch 2")


def test_a_run_is_taken_home_from_its_page(found: App, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(f"{found.url}/?run=finished")
    page.get_by_text("Take it home").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download finished as CSV").click()
    download.value.save_as(tmp_path / download.value.suggested_filename)
    head, *batches = (tmp_path / "finished.csv").read_text().splitlines()
    assert head.startswith("batch,epoch,d_loss,")
    assert len(batches) == 2 * BATCHES
    # what cannot be made says what to install, and nothing is asked of the server
    form = {"kind": "mp4", "label": "MP4", "meaning": "A film.", "missing": "MP4 needs the package av; install it."}
    page.evaluate(
        """async ([base, form]) => {
          const { createExportCard } = await import(`${base}/api/ui/runs/exports.js`);
          const card = window.card = createExportCard({ base, formats: [form] });
          card.select("elsewhere", { notes: false });
          card.el.id = "card";
          document.body.append(card.el);
        }""",
        [found.url, form],
    )
    film = page.get_by_role("button", name="Download elsewhere as MP4")
    expect(film).to_be_disabled()
    expect(film).to_contain_text("MP4 needs the package av; install it.")
    # a student's page has shown the teacher's run, and goes to one of the student's own, with its notes
    notes = page.locator("#card textarea")
    expect(notes).to_have_count(0)
    page.evaluate('card.select("finished", { notes: true })')
    expect(notes).to_be_enabled()
    page.evaluate('card.select("finished", { notes: false })')
    expect(notes).to_have_count(0)


def test_a_format_that_cannot_be_made_says_why(found: App, open_page: OpenPage) -> None:
    page = open_page(f"{found.url}/runs", server_ends=True)  # a browser complains of each refusal, too
    page.get_by_role("button", name="Take home: fresh").click()
    page.get_by_role("button", name="Download fresh as GIF").click()
    expect(
        page.get_by_role("alert").filter(has_text="Run fresh has no batch on disk yet; train it first.")
    ).to_be_visible()
    expect(page.get_by_role("button", name="Download fresh as GIF")).to_be_enabled()


def test_a_zip_that_is_no_run_is_refused_with_the_reason(found: App, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(f"{found.url}/runs")
    nonsense = tmp_path / "nonsense.zip"
    nonsense.write_bytes(b"PK, or so it says")
    page.locator("input[type=file]").set_input_files(nonsense)
    expect(page.get_by_text("nonsense.zip was refused: The file is not a zip.")).to_be_visible()


def test_deleting_asks_first(found: App, open_page: OpenPage, folder: Path) -> None:
    page = open_page(f"{found.url}/runs")
    page.get_by_role("button", name="Delete unwanted").click()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert (folder / "unwanted").exists()
    page.get_by_role("button", name="Delete unwanted").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    wait_until(lambda: not (folder / "unwanted").exists())
    expect(page.get_by_role("button", name="Open unwanted")).to_have_count(0)


def test_a_run_outlives_the_server_and_the_page_reconnects_by_itself(
    start_app: StartApp, open_page: OpenPage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, port = tmp_path_factory.mktemp("outlives"), free_port()
    app = start_app(folder, port)
    page = open_page(f"{app.url}/?run=new", server_ends=True)
    page.get_by_label("Name", exact=True).fill("survivor")
    page.get_by_role("button", name="Start").click()
    wait_until(lambda: _run(app)["batch"] > 20)
    app.process.send_signal(signal.SIGTERM)
    app.process.wait(PATIENCE)
    expect(page.get_by_text("connection lost")).to_be_visible()
    for name in ("Pause", "Stop", "New run", "Compare", "Replay"):
        button = page.locator(".lg-live").get_by_role("button", name=name, exact=True)
        expect(button).to_have_attribute("aria-disabled", "true")
        expect(button).to_have_attribute("title", "The server does not answer; trying again.")
    expect(page.get_by_role("slider", name="Dropout", exact=True)).to_be_disabled()
    expect(page.get_by_test_id("stStatusWidget").locator("visible=true")).to_have_count(0)

    app = start_app(folder, port)
    saved = _run(app)
    assert saved["state"] == "interrupted"
    assert saved["batch"] > 20
    expect(page.get_by_text("connection lost")).to_have_count(0)  # the tab that was open all the time
    page.get_by_role("button", name="Resume").click()
    wait_until(lambda: _run(app)["batch"] > saved["batch"])
    page.get_by_role("button", name="Stop").click()
    wait_until(lambda: _run(app)["state"] == "stopped")


def test_a_second_server_only_shows(found: App, start_app: StartApp, open_page: OpenPage) -> None:
    second = start_app(found.folder)
    page = open_page(f"{second.url}/?run=finished")
    expect(page.get_by_text("Another LiveGAN server uses this folder").first).to_be_visible()
    page.goto(f"{second.url}/?run=new")
    expect(page.get_by_text("No run can be started here: this server only shows")).to_be_visible()
    page.goto(f"{second.url}/runs")
    expect(page.get_by_text("No run can be added here: this server only shows")).to_be_visible()
    refused = plain_http.post(f"{second.url}/api/runs/finished/commands", json={"kind": "resume"})
    assert refused.status_code == 400
    assert "Another LiveGAN server" in refused.json()["error"]


def test_a_second_server_takes_over_when_the_first_is_killed_and_its_pages_say_so_without_a_reload(
    start_app: StartApp, open_page: OpenPage, tmp_path: Path
) -> None:
    first = start_app(tmp_path / "runs")
    lab_runs = plain_http.get(f"{first.url}/api/runs").json()
    assert lab_runs["read_only"] is None
    second = start_app(tmp_path / "runs")
    train = open_page(second.url)
    runs = open_page(f"{second.url}/runs")
    for page in (train, runs):
        expect(page.get_by_text("Another LiveGAN server uses this folder").first).to_be_visible()
    expect(runs.get_by_text("No run can be added here")).to_be_visible()
    first.process.kill()
    first.process.wait(PATIENCE)
    for page in (train, runs):
        expect(page.get_by_text("this one has taken over its runs")).to_be_visible()
        expect(page.get_by_text("Another LiveGAN server uses this folder")).to_have_count(0)
    expect(runs.get_by_text("No run can be added here")).to_have_count(0)
    train.get_by_role("button", name="Start").click()
    wait_until(lambda: _run(second)["state"] == "running")
    train.get_by_role("button", name="Stop").click()
    wait_until(lambda: _run(second)["state"] == "stopped")
    expect(train.get_by_text("this one has taken over")).to_have_count(0)


def test_the_data_page_shows_64_real_images(found: App, open_page: OpenPage) -> None:
    page = open_page(f"{found.url}/data")
    images = page.get_by_test_id("stMain").get_by_role("img").first
    expect(images).to_be_visible()
    wait_until(lambda: images.evaluate("image => image.naturalWidth") == 242)


def _run(app: App) -> dict[str, Any]:
    runs = _runs(app)
    return runs[0] if runs else {"batch": 0, "state": ""}


def _runs(app: App) -> list[dict[str, Any]]:
    return list(plain_http.get(f"{app.url}/api/runs").json()["runs"])
