"""The pages against the rules of WCAG 2.2, levels A and AA, in both themes, as axe-core checks them; and by keyboard.

The same visits look for faults of layout at the widths of laptops and projectors.

axe-core comes from npm (`npm ci`). Without it these tests are skipped, unless LIVEGAN_BROWSER=required (as in CI).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from typing import Any, Literal

import pytest
from chromium import App
from helpers import SMALL, wait_for
from looking import LONG, looks_right
from playing import settled
from playwright.sync_api import Locator, Page, expect

from gan.runs.registry import ROOT, RunRegistry

OpenPage = Callable[..., Page]
Theme = Literal["light", "dark"]
Check = Callable[..., None]

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SHOWS = """theme => {
  const [r, g, b] = getComputedStyle(document.querySelector(".stApp")).backgroundColor.match(/\\d+/g);
  const parts = [...document.querySelectorAll("[data-scheme]")]; // they follow Streamlit one by one
  return (Number(r) + Number(g) + Number(b) < 3 * 128) === (theme === "dark")
    && parts.every((part) => part.dataset.scheme === theme);
}"""
RULES = """async () => {
  const found = await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    rules: { "empty-table-header": { enabled: true } },
    resultTypes: ["violations"],
  });
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`));
}"""


@pytest.fixture(scope="module", autouse=True)
def runs(app: App) -> None:
    """The runs that ship, a family of two runs, one that is damaged and one that has not begun."""
    for name in ("lecture", "sharp"):
        shutil.copytree(ROOT / "checkpoints" / name, app.folder / name)
    registry = RunRegistry(app.folder)
    wait_for(registry.start(SMALL.changed(epochs=6, lr_g=0.002), "root"), "finished")
    wait_for(registry.branch("root", 3, {"epochs": 5}, LONG), "finished")
    wait_for(registry.start(SMALL, "damaged"), "finished")
    registry.start(SMALL, "fresh", paused=True)
    registry.close()
    (app.folder / "damaged" / "run.json").write_text("{")
    (app.folder / "damaged" / "previous.json").write_text("{")


@pytest.fixture
def look(app: App, open_page: OpenPage) -> Callable[[str], tuple[Page, Check]]:
    """Opens an address; what it returns checks the page as it is by then, and names the state if it is at fault.

    One state is checked in the light and then in the dark, the next one the other way round.
    """
    if not AXE.exists() and os.environ.get("LIVEGAN_BROWSER") != "required":
        pytest.skip("no axe-core: npm ci installs it")

    def open_(path: str) -> tuple[Page, Check]:
        page = open_page(f"{app.url}{path}")
        page.emulate_media(reduced_motion="reduce")  # no badge pulses
        themes: list[Theme] = ["light", "dark"]
        expect(page.locator(".lg-runs-list .lg-list a").first).to_be_visible()

        def check(state: str, *, layout: bool = True) -> None:
            if layout:
                looks_right(page, touch=False)
            for theme in themes:
                page.emulate_media(color_scheme=theme)
                page.wait_for_function(SHOWS, arg=theme)
                page.wait_for_function("() => document.getAnimations().every((each) => each.playState !== 'running')")
                if not page.evaluate("() => 'axe' in window"):
                    page.evaluate(AXE.read_text("utf-8"))
                assert page.evaluate(RULES) == [], f"{state}, {theme}"
            themes.reverse()

        return page, check

    return open_


Look = Callable[[str], tuple[Page, Check]]


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_a_draft(look: Look) -> None:
    page, check = look("/?run=new")
    expect(page.get_by_text("What to expect")).to_be_visible()
    check("the welcome")
    page.get_by_text("More live knobs", exact=True).click()
    page.get_by_text("All settings").click()
    expect(page.get_by_role("textbox", name="Generator hidden layers")).to_be_visible()
    check("all settings")
    page.get_by_label("Dropout (typed)").fill("7")
    page.get_by_label("Dropout (typed)").press("Enter")
    expect(page.get_by_role("alert").filter(has_text="0.95")).to_be_visible()
    check("a value that is refused", layout=False)


def test_a_run_that_trains(look: Look) -> None:
    page, check = look("/?run=new&pace=5&device=CPU")
    page.get_by_label("Name", exact=True).fill("trains")
    button(page, "Start").click()
    expect(page.get_by_text(re.compile("^after batch"))).to_be_visible()
    page.get_by_label("Dropout (typed)").fill("0.3")
    page.get_by_label("Dropout (typed)").press("Enter")
    expect(page.get_by_role("list", name="Knob changes").get_by_role("listitem")).to_have_count(1)
    check("running", layout=False)
    button(page, "Pause").click()
    expect(page.locator(".lg-head .lg-badge")).to_have_text("paused")
    check("paused", layout=False)
    button(page, "Stop").click()
    expect(page.locator(".lg-head .lg-badge")).to_have_text("stopped")


def test_a_finished_run(look: Look) -> None:
    page, check = look("/?run=lecture")
    expect(page.get_by_text(re.compile("^100 of 100|^after batch|of 100")).first).to_be_visible()
    page.get_by_text("All settings").click()
    page.get_by_text("Take it home").click()
    expect(page.get_by_role("link", name="Download lecture as Zip")).to_be_visible()
    check("finished, all open")
    page.get_by_role("button", name="Compare").click()
    check("the runs to compare with", layout=False)
    page.keyboard.press("Escape")


def test_a_comparison_a_replay_and_a_branch(look: Look) -> None:
    page, check = look(f"/?run={LONG}&with=sharp")
    expect(page.get_by_role("list", name="Knob changes")).to_be_attached()
    check("compared")
    page.goto(f"{page.url.split('?')[0]}?run={LONG}&with=root")
    expect(page.get_by_role("list", name="Knob changes")).to_be_attached()
    page.get_by_role("button", name="Epoch 2", exact=True).click()
    check("an epoch, compared with its parent")
    page.get_by_role("button", name="Replay from here").click()
    travel = page.get_by_role("group", name="Time travel")
    expect(travel.get_by_role("button", name=re.compile("^(Pause|Play)$"))).to_be_focused()
    page.keyboard.press("PageDown")  # which pauses it, also when it is over already: the run is short
    expect(travel.get_by_role("button", name="Play")).to_be_visible()
    expect(page.locator(".lg-head .lg-badge")).to_have_text("replay")
    check("a replay")
    page.goto(page.url.split("?")[0] + "?run=root")
    slider = page.get_by_role("slider", name="Epoch", exact=True)
    expect(slider).to_be_enabled()
    slider.focus()
    page.keyboard.press("Home")
    page.get_by_role("button", name="Branch from epoch 1").click()
    expect(page.get_by_role("heading", name="New branch")).to_be_visible()
    check("a branch that has not begun")


def test_the_views(look: Look) -> None:
    page, check = look("/?run=root&view=game")
    page.get_by_role("tablist", name="Views").scroll_into_view_if_needed()
    page.get_by_role("button", name=re.compile(r"^Image 10: [\d.<> ]+%$")).click()
    expect(page.get_by_text(re.compile("^after 100 steps"))).to_be_visible()
    check("the game", layout=False)
    page.get_by_role("tab", name="Inside").click()
    page.get_by_role("region", name="Health of the gradients").scroll_into_view_if_needed()
    expect(page.get_by_text("r by unseen images")).to_be_visible()
    page.get_by_role("region", name="Units").scroll_into_view_if_needed()
    expect(page.get_by_role("slider", name="How active")).to_be_visible()
    check("inside", layout=False)
    page.get_by_role("tab", name="Step through").click()
    page.get_by_role("button", name="Step through a batch after epoch 6").click()
    page.get_by_role("button", name="3: The discriminator looks at both").click()
    expect(page.get_by_text("Fake images with their logits:")).to_be_visible()
    check("a batch", layout=False)


def test_the_runs(look: Look) -> None:
    page, check = look("/runs")
    expect(page.get_by_role("row", name=re.compile("damaged"))).to_be_visible()
    check("the table and its tree")
    button(page, "Take home: lecture").click()
    expect(page.get_by_role("link", name="Download lecture as Zip")).to_be_visible()
    check("taking one home", layout=False)
    page.keyboard.press("Escape")
    button(page, "Delete root").click()
    expect(page.get_by_role("dialog", name=re.compile("Delete"))).to_be_visible()
    check("deleting one", layout=False)


def test_the_data(look: Look) -> None:
    page, check = look("/data")
    expect(page.get_by_role("img", name="64 of 60,000 real images")).to_be_visible()
    check("MNIST")
    page.get_by_text("FashionMNIST", exact=True).click()
    expect(page.get_by_role("button", name=re.compile("Download FashionMNIST"))).to_be_visible()
    check("a data set that is not here yet")


def test_the_lessons(look: Look) -> None:
    page, check = look("/lessons")
    begin = page.get_by_role("button", name="Begin: The forger and the detective")
    expect(begin).to_be_visible()
    check("the list")
    begin.click()
    expect(page.get_by_role("complementary", name="Lesson").get_by_role("radio").first).to_be_visible()
    check("a lesson beside the run that it will start")


def test_the_playground(look: Look) -> None:
    page, check = look("/playground?run=sharp")
    expect(page.locator(".lg-focus-image")).to_be_visible()
    for tool in page.get_by_role("tab").all():
        tool.click()
        expect(tool).to_have_attribute("aria-selected", "true")
        check(f"the tool {tool.inner_text()}")


# --- what axe-core does not see ----------------------------------------------------------------------------------

FOCUSED = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
  const { width, height } = element.getBoundingClientRect();
  const marked = (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
  const name = element.getAttribute("aria-label") || element.textContent.trim().slice(0, 40) || element.tagName;
  return { name, marked: marked && width > 0 && height > 0 };
}"""


def tabbed(page: Page, most: int) -> dict[str, bool]:
    """What the Tab key stops at, and whether one sees that it does."""
    stops: dict[str, bool] = {}
    for _ in range(most):
        page.keyboard.press("Tab")
        focused: dict[str, Any] | None = page.evaluate(FOCUSED)
        if focused is None and stops:
            break
        if focused is not None:
            stops[focused["name"]] = stops.get(focused["name"], True) and focused["marked"]
    return stops


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        (
            "/?run=root",
            ["Generator learning rate", "Learning rate ratio", "Dropout (typed)", "Resume", "Replay", "Epoch"],
        ),
        ("/runs", ["Find a run", "Open root", "Take home: root", "Delete root"]),
        ("/data", ["MNIST", "64 others"]),
        ("/playground?run=sharp", ["Run", "Walk"]),
    ],
    ids=["train", "runs", "data", "playground"],
)
def test_all_can_be_reached_by_keyboard_and_one_sees_where_one_is(
    app: App, open_page: OpenPage, path: str, reached: list[str]
) -> None:
    page = open_page(f"{app.url}{path}")
    expect(page.locator(".lg-runs-list .lg-list a").first).to_be_visible()
    if "playground" in path:
        settled(page)
    stops = tabbed(page, 120)
    assert [name for name, marked in stops.items() if not marked] == []
    assert [name for name in reached if not any(name in stop for stop in stops)] == []


def test_nothing_moves_for_those_who_asked_for_that(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/?run=root")
    page.emulate_media(reduced_motion="reduce")
    expect(page.locator(".lg-head .lg-badge")).to_have_text("finished")
    moving = """() => [...document.querySelectorAll(".lg *")].filter((element) => {
        const { transitionDuration, animationName, animationTimingFunction } = getComputedStyle(element);
        return !/^0s/.test(transitionDuration) || (animationName !== "none" && animationTimingFunction !== "steps(1)");
      }).map((element) => element.className)"""
    assert page.evaluate(moving) == []
