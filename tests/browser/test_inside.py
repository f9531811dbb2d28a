"""A user looks inside the networks: of a run that is over, at one of its epochs, and while a run trains."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from chromium import App
from helpers import SMALL
from playwright.sync_api import Locator, Page, expect
from test_train_page import button

from gan.runs.registry import RunRegistry

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def finished(app: App) -> str:
    registry = RunRegistry(app.folder)
    registry.start(SMALL.changed(g_hidden=(16, 24)), "finished").join()
    registry.close()
    return "finished"


def part(page: Page, name: str) -> Locator:
    return page.locator(f"[data-part={name}]")


def test_a_run_is_seen_from_inside_now_and_after_an_epoch(app: App, open_page: OpenPage, finished: str) -> None:
    page = open_page(f"{app.url}/?run={finished}&view=inside")
    game = page.get_by_role("region", name="The whole game")
    expect(part(page, "generator")).to_contain_text("20,152 weights")  # 8 to 16 to 24 to 784
    expect(part(page, "outReal")).to_contain_text(re.compile(r"% real\d+ % are called real"))
    expect(game).to_contain_text("now, after batch 26")

    page.locator("[data-knob=lr_g] .lg-knob-label").hover()
    expect(page.locator("[data-part][data-lit]")).to_have_count(2)
    expect(game).to_contain_text("acts here: on the generator and the generator's update")
    part(page, "lossD").hover()
    expect(game).to_contain_text("Smaller is better for the discriminator")

    part(page, "discriminator").click()  # leads to the networks
    expect(page.get_by_role("img", name="Discriminator: 784 to 16 to 1 units, 12,577 parameters")).to_be_in_viewport()
    units = page.get_by_role("region", name="Units")
    units.scroll_into_view_if_needed()
    unit = units.get_by_role("slider", name="Unit")
    expect(unit).to_have_attribute("aria-valuetext", re.compile("It moves the output by"))
    units.get_by_role("button", name="Generator draws with").click()
    expect(unit).to_have_attribute("aria-valuemax", "24")
    units.get_by_role("button", name="Hidden layer 1").click()
    expect(unit).to_have_attribute("aria-valuemax", "16")
    expect(units).to_contain_text("By way of the layers after it")
    units.get_by_role("button", name="Hidden layer 2").click()
    expect(unit).to_have_attribute("aria-valuemax", "24")
    expect(units.get_by_text("with this unit turned (on a copy of the generator)")).to_be_visible()
    turn = units.get_by_role("slider", name="How active")
    turn.fill("0")
    expect(turn).to_have_attribute("aria-valuetext", "activation 0.00")

    health = page.get_by_role("region", name="Health of the gradients")
    health.scroll_into_view_if_needed()
    ratios = health.get_by_role("img", name=re.compile(r"Update to weights: Generator layer 1 \d.*layer 3.*layer 2"))
    expect(ratios).to_be_attached()
    expect(health).to_contain_text("r by unseen images")
    health.locator("[data-word=gradient]").focus()
    expect(page.get_by_role("tooltip")).to_contain_text("Gradient")
    expect(health).to_contain_text("measured while the run trained and are kept with it")
    expect(
        health.get_by_role("img", name=re.compile(r"Called real, on the way: Training images [\d.]"))
    ).to_be_attached()

    page.get_by_role("slider", name="Epoch").fill("1")
    game.scroll_into_view_if_needed()
    expect(game).to_contain_text("then, after batch 13")
    expect(part(page, "outReal")).to_contain_text(re.compile(r"% real\d+ % are called real"))


def test_both_sides_are_lit_while_a_run_trains(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/?run=new&pace=100&view=inside")
    page.get_by_label("Name", exact=True).fill("inside-live")
    button(page, "Start").click()
    expect(page.locator(".lg-flowchart[data-learns=both]")).to_be_visible()
    expect(part(page, "outFake")).to_contain_text("% are called fake")
    page.get_by_role("region", name="Units").scroll_into_view_if_needed()
    expect(page.get_by_role("slider", name="Unit")).to_have_attribute("aria-valuemax", "128")
    health = page.get_by_role("region", name="Health of the gradients")
    health.scroll_into_view_if_needed()
    expect(health.get_by_role("img", name=re.compile("Pull on the fake images: .* [0-9.]+"))).to_be_attached()
