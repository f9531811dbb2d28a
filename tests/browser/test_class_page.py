"""A class in the browser: a phone joins with the code, the teacher opens the link and takes a name out again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

import pytest
from chromium import OTHER_HOST, App
from classes import HOST, ClassServer
from helpers import wait_until
from playwright.sync_api import BrowserContext, Page, expect

from gan.runs.registry import ROOT

# What of the page's texts is smaller than the last row can read, when it presents.
SMALL_TEXTS = """() => [...document.querySelectorAll(".lg-page *")].filter((el) => {
  const shown = el.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const texts = [...el.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
  const { top, bottom, width } = el.getBoundingClientRect();
  if (!shown || !texts || width < 2 || bottom < 0 || top > innerHeight) return false;
  const scale = width / (el.offsetWidth || el.getBBox().width);
  return parseFloat(getComputedStyle(el).fontSize) * scale < 22;
}).map((el) => el.outerHTML)"""

# How much of the page the students' line covers, in pixels.
COVERED = """() => document.querySelector("[data-testid=stMain]").getBoundingClientRect().bottom
  - document.querySelector(".lg-class-line").getBoundingClientRect().top"""


@pytest.fixture(scope="module")
def server(start_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory) -> ClassServer:
    folder = tmp_path_factory.mktemp("class")
    shutil.copytree(ROOT / "checkpoints" / "lecture", folder / "lecture")
    return ClassServer(start_app(folder, LIVEGAN_HOSTS=f"{HOST},{OTHER_HOST}"))


def test_a_phone_joins_by_the_code_and_is_the_same_student_after_a_reload(
    server: ClassServer, open_page: Callable[..., Page]
) -> None:
    server.teacher()
    phone = open_page(f"{server.app.url}/?run=lecture", width=390, height=844)
    phone.get_by_label("Code of the class").fill(server.kept["code"].lower())
    phone.get_by_label("Your name").fill("Zoë <b>")
    phone.get_by_role("button", name="Join").click()
    expect(phone.locator(".lg-live .lg-head")).to_contain_text("It is not on your desk")
    expect(phone.get_by_role("button", name="Step", exact=True)).to_have_attribute("aria-disabled", "true")
    expect(phone.get_by_role("button", name="New run", exact=True)).to_be_enabled()  # at the student's own desk
    expect(phone.get_by_role("button", name="Train again")).to_have_count(0)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.reload()
    expect(phone.locator(".lg-live .lg-head")).to_contain_text("It is not on your desk")
    phone.get_by_test_id("stExpandSidebarButton").click()
    expect(phone.get_by_test_id("stSidebar")).to_contain_text("You are Zoë <b>")


def test_the_teachers_link_leaves_the_address_bar_and_who_is_sent_away_learns_how_to_come_back(
    server: ClassServer, open_page: Callable[..., Page]
) -> None:
    here = f"http://{OTHER_HOST}:{server.port}/data"
    phone = open_page(here, width=390, height=844, server_ends=True)  # to it, when it is sent away
    phone.get_by_label("Code of the class").fill(server.kept["code"])
    phone.get_by_role("button", name="Join").click()  # with the name that is offered
    expect(phone.get_by_role("heading", name="Data")).to_be_visible()
    name = server.kept["students"][-1]["name"]
    teacher = open_page(f"{server.app.url}/class?teacher={server.kept['key']}")
    expect(teacher).to_have_url(re.compile("/class$"))
    expect(teacher.locator(".join-card img")).to_be_visible()
    expect(teacher.get_by_test_id("stMain")).to_contain_text(name)
    teacher.get_by_role("button", name="Remove").last.click()
    expect(phone.get_by_role("heading", name="Join the class")).to_be_visible()
    expect(phone.get_by_role("alert")).to_have_text("You are no longer in this class; join it again with its code.")
    phone.goto(f"{here}?teacher={server.kept['key']}")
    phone.get_by_role("button", name="Room").click()
    expect(phone.get_by_role("dialog", name="The room")).to_be_visible()
    teacher.get_by_text("Your own link").click()
    teacher.get_by_role("button", name="Make a new link").click()
    expect(phone.get_by_role("alert")).to_contain_text("This is no longer the teacher's page; to get back, open")


def test_a_students_page_goes_where_the_teachers_goes_and_looks_up(
    server: ClassServer, open_page: Callable[..., Page]
) -> None:
    phone = open_page(f"http://{OTHER_HOST}:{server.port}/data", width=390, height=844)
    phone.get_by_label("Code of the class").fill(server.kept["code"])
    phone.get_by_role("button", name="Join").click()
    expect(phone.get_by_role("heading", name="Data")).to_be_visible()
    teacher = open_page(f"{server.app.url}/?run=lecture&teacher={server.kept['key']}")
    bar = teacher.get_by_role("toolbar", name="Lead the class")
    bar.get_by_role("button", name="Follow me").click()
    expect(phone).to_have_url(re.compile(r"\?run=lecture$"))
    expect(phone.locator(".lg-live .lg-name")).to_have_text("lecture")
    expect(phone.get_by_role("button", name="Look around")).to_be_visible()
    for width in (1440, 390):
        phone.set_viewport_size({"width": width, "height": 844})
        wait_until(lambda: phone.evaluate(COVERED) <= 0)
    teacher.get_by_role("slider", name="Epoch").fill("5")
    expect(phone.locator(".lg-live .lg-time")).to_contain_text("As of epoch 5")
    teacher.get_by_role("button", name="Replay", exact=True).first.click()
    expect(phone.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    teacher.get_by_role("button", name="Pause", exact=True).click()
    expect(phone.get_by_role("button", name="Play", exact=True)).to_be_visible()
    batch = teacher.get_by_role("slider", name="Batch of the replay").input_value()
    expect(phone.get_by_role("slider", name="Batch of the replay")).to_have_value(batch)
    teacher.set_viewport_size({"width": 1920, "height": 1080})
    teacher.keyboard.press("p")
    expect(teacher.get_by_test_id("stSidebar")).to_be_hidden()
    expect(teacher.locator(".lg-live .lg-grid-canvas")).to_be_in_viewport()
    assert teacher.evaluate(SMALL_TEXTS) == []
    teacher.keyboard.press("e")  # the next epoch of the replay
    expect(phone.get_by_role("slider", name="Batch of the replay")).not_to_have_value(batch)
    bar.get_by_role("button", name="Room").hover()
    expect(teacher.locator(".lg-pointer")).to_have_attribute("hidden", "")  # it would cover the button
    teacher.reload()
    expect(teacher.locator("html[data-present] .lg-live .lg-grid-canvas")).to_be_in_viewport()
    teacher.keyboard.press("p")
    expect(teacher.get_by_test_id("stSidebar")).to_be_visible()
    phone.get_by_role("button", name="Look around").click()
    teacher.get_by_test_id("stSidebarNavLink").filter(has_text="Runs").click()
    expect(teacher.get_by_role("heading", name="Runs")).to_be_visible()
    phone.get_by_role("button", name="Back to the teacher").click()
    expect(phone).to_have_url(re.compile("/runs$"))
    bar.get_by_role("button", name="Room").click()
    expect(teacher.get_by_role("dialog")).to_contain_text(server.kept["students"][-1]["name"])
    teacher.get_by_role("dialog").get_by_role("button", name="Close").click()
    for width, height in ((390, 844), (1440, 900)):  # while the wall is closed, which then has no size to fill
        teacher.set_viewport_size({"width": width, "height": height})
    bar.get_by_role("button", name="Room").click()
    wait_until(lambda: 0 < teacher.evaluate("document.querySelector('.lg-desk').offsetHeight") < 900)
    teacher.get_by_role("dialog").get_by_role("button", name="Close").click()
    bar.get_by_role("button", name="Look up").click()
    expect(phone.get_by_role("dialog")).to_have_text("Look up, please.")
    bar.get_by_role("textbox").fill("<b>Watch</b> the ratio.")
    bar.get_by_role("textbox").press("Enter")
    expect(phone.get_by_role("dialog")).to_have_text("<b>Watch</b> the ratio.")
    bar.get_by_role("button", name="Look up").click()
    expect(phone.get_by_role("dialog")).to_have_count(0)
    bar.get_by_role("button", name="Follow me").click()
    expect(phone.get_by_role("button", name="Look around")).to_have_count(0)


def test_a_student_enters_the_league_that_the_teacher_opens_and_is_measured(
    server: ClassServer, open_page: Callable[..., Page], context: BrowserContext
) -> None:
    context.clear_cookies()
    phone = open_page(f"http://{OTHER_HOST}:{server.port}/runs", width=390, height=844)
    phone.get_by_label("Code of the class").fill(server.kept["code"])
    phone.get_by_label("Your name").fill("Ida <i>")
    phone.get_by_role("button", name="Join").click()
    teacher = open_page(f"{server.app.url}/runs?teacher={server.kept['key']}")
    teacher.get_by_role("toolbar", name="Lead the class").get_by_role("button", name="League").click()
    teacher.get_by_label("Batches for each").fill("10")
    teacher.get_by_role("button", name="Open the league").click()
    phone.get_by_role("button", name="League").click()
    phone.get_by_label("Generator learning rate").fill("0.001")
    phone.get_by_role("button", name="Enter the league").click()
    expect(phone).to_have_url(re.compile(r"\?run=League-1-of-Ida-i$"))
    expect(phone.locator(".lg-list-facts").first).to_have_text("Ida <i>")
    row = teacher.get_by_role("dialog").get_by_role("row").filter(has_text="Ida <i>")
    expect(row).to_have_text(re.compile(r"^1\.Ida <i>\d+\.\d\d"))
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
