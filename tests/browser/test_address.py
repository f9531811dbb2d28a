"""A copied link opens the page with its settings."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from chromium import App
from helpers import wait_until
from playwright.sync_api import Page, expect

from gan.recording.run_file import read_run_file
from gan.runs.registry import ROOT
from gan.settings import Settings, parse

OpenPage = Callable[..., Page]


def address(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.evaluate("location.href")).query)


def knob(page: Page, label: str, value: str) -> None:
    """Type a value for a live knob."""
    field = page.get_by_label(f"{label} (typed)")
    field.fill(value)
    field.press("Enter")


def started(app: App, page: Page, name: str) -> Settings:
    """Start the draft for one batch; what the run was started with."""
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("group", name="Training").get_by_role("button", name="Step", exact=True).click()
    expect(page.locator(".lg-live .lg-head .lg-badge")).to_have_text("paused")
    return read_run_file(app.folder / name).initial_settings


def test_a_copied_link_opens_the_page_with_its_settings(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/?run=new")
    knob(page, "Generator learning rate", "0.00003")
    knob(page, "Latent size", "7")
    page.get_by_text("All settings").click()
    page.get_by_role("button", name="0", exact=True).click()
    size = page.get_by_role("spinbutton", name="Batch size")
    size.fill("512")
    size.press("Enter")
    expect(page).to_have_url(re.compile("batch_size=512"))
    knob(page, "Latent size", "100")  # back to the default
    digits = [str(digit) for digit in range(1, 10)]
    there = {"run": ["new"], "lr_g": ["0.00003"], "batch_size": ["512"], "digits": digits}
    wait_until(lambda: address(page) == there)
    link = page.url

    page.get_by_role("link", name="Runs").first.click()
    expect(page).to_have_url(re.compile("/runs$"))
    page.get_by_role("link", name="Train").first.click()
    expect(page.get_by_label("Generator learning rate (typed)")).to_have_value("0.00003")
    wait_until(lambda: address(page) | {"run": ["new"]} == there)  # a visit to another page loses nothing

    other = open_page(link)
    expect(other.get_by_label("Generator learning rate (typed)")).to_have_value("0.00003")
    assert started(app, other, "linked") == parse({"lr_g": 0.00003, "batch_size": 512, "digits": range(1, 10)})
    wait_until(lambda: address(other) == {"run": ["linked"]})
    other.go_back()
    wait_until(lambda: address(other) == there)


def test_bad_values_are_named_and_replaced_by_defaults(app: App, open_page: OpenPage) -> None:
    bad = f"lr_d=fast&batch_size=0&dataset=cifar&g_hidden=64,x&seed={'9' * 5000}&lr_x=1&dropout=<b>1</b>"
    page = open_page(f"{app.url}/?ref=mail&{bad}&loss=minimax&digits=3,8&latent_dim=20")
    problems = page.get_by_role("alert").get_by_role("listitem")
    expect(problems).to_have_count(7)
    expect(problems.first).to_have_text(
        "Discriminator learning rate (lr_d) is 'fast' in the link; it must be a number from 1e-06 to 0.1, "
        "so it stays 0.0002."
    )
    expect(problems.nth(5)).to_contain_text("'<b>1</b>'")
    expect(page.get_by_label("Latent size (typed)")).to_have_value("20")
    good = {"run": ["new"], "ref": ["mail"], "loss": ["minimax"], "digits": ["3", "8"], "latent_dim": ["20"]}
    wait_until(lambda: address(page) == good)
    assert started(app, page, "bad-link") == parse({"loss": "minimax", "digits": [3, 8], "latent_dim": 20})
    expect(problems).to_have_count(0)


def test_what_a_link_to_a_run_cannot_ask_for_is_told(app: App, open_page: OpenPage) -> None:
    shutil.copytree(ROOT / "checkpoints" / "lecture", app.folder / "told")
    page = open_page(f"{app.url}/?run=told&with=nobody&epoch=3&lr_g=0.01")
    said = page.locator(".lg-live .lg-message")
    expect(said).to_have_text("There is no run named 'nobody', so nothing is compared.")
    expect(page.locator(".link-problems li")).to_have_text(
        [
            "The link names a run and also settings (lr_g); the run keeps its own, so they are left out.",
            "A link cannot name an epoch; choose it with the slider below the images.",
        ]
    )
    expect(page).to_have_url(f"{app.url}/?run=told")


def test_a_link_that_compares_a_draft_is_told_that_it_cannot(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/?run=new&with=lecture")
    said = page.locator(".lg-live .lg-message")
    expect(said).to_have_text("The link names a run to compare with, but none to show; choose a run, then Compare.")
    expect(page).to_have_url(f"{app.url}/?run=new")


def test_a_link_to_a_run_that_is_not_there_is_told(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/?run=nobody")
    expect(page.locator(".lg-live .lg-message")).to_have_text("There is no run named 'nobody'.")
    expect(page.get_by_role("heading", name="New run")).to_be_visible()
