"""A user trains, watches and steers a run on the Train page."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import plain_http
import pytest
from chromium import App, choose, runs_of
from helpers import wait_until
from playwright.sync_api import Locator, Page, expect

OpenPage = Callable[..., Page]
TOO_WIDE = (
    "() => [...document.querySelectorAll('.lg-live *')]"
    ".filter(e => e.getBoundingClientRect().right > innerWidth + 1"
    " && !e.closest('.lg-strip') && getComputedStyle(e).visibility !== 'hidden').map(e => e.className.toString())"
)


def fresh(app: App, open_page: OpenPage, *, pace: int = 100, **options: Any) -> Page:
    """The page of a draft, of 100 batches a second: at its full speed a run takes a core from the browser."""
    page = open_page(f"{app.url}/?run=new&pace={pace}", **options)
    expect(button(page, "Start")).to_be_enabled()
    return page


def started(app: App, open_page: OpenPage, name: str, **options: Any) -> Page:
    """The page of a run that has just been started by a click, seen to run."""
    page = fresh(app, open_page, **options)
    page.get_by_label("Name", exact=True).fill(name)
    button(page, "Start").click()
    expect(state(page)).to_have_text("running")
    return page


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Training").get_by_role("button", name=name)


def state(page: Page) -> Locator:
    return page.locator(".lg-live .lg-head .lg-badge")


def slider(page: Page, label: str) -> Locator:
    return page.get_by_role("slider", name=label, exact=True)


def typed(page: Page, label: str) -> Locator:
    return page.get_by_label(f"{label} (typed)")


def marks(page: Page) -> Locator:
    return page.get_by_role("list", name="Knob changes").get_by_role("listitem")


def batch(app: App, name: str) -> int:
    return int(next((run["batch"] for run in runs_of(app) if run["name"] == name), 0))


def setting(app: App, name: str, knob: str) -> object:
    """The knob as the run has it, read from the weights' own description."""
    import json

    from safetensors import safe_open

    content = plain_http.get(f"{app.url}/api/runs/{name}/weights/latest.safetensors").content
    path = app.folder.parent / f"{name}.safetensors"
    path.write_bytes(content)
    with safe_open(path, "np") as file:
        return json.loads(file.metadata()["settings"])[knob]


def test_one_click_trains_and_points_and_images_arrive(app: App, open_page: OpenPage) -> None:
    page = fresh(app, open_page, pace=0)
    button(page, "Start").click()
    expect(state(page)).to_have_text("running")
    expect(page).to_have_url(re.compile("run=run-"))
    images = page.get_by_role("img", name=re.compile("64 images of the generator, after batch"))
    expect(images).to_be_visible()
    first = images.get_attribute("aria-label")
    page.wait_for_function("text => document.querySelector('.lg-grid-canvas').ariaLabel !== text", arg=first)
    chart = page.get_by_role("img", name=re.compile("loss", re.IGNORECASE)).first
    expect(chart).to_have_attribute("aria-label", re.compile(r"\d\.\d"))
    assert page.locator(".lg-live .scatterlayer path.js-line").count() >= 4
    pixels = page.evaluate(
        "() => { const canvas = document.querySelector('.lg-grid-canvas');"
        " return new Set(canvas.getContext('2d').getImageData(0, 0, 242, 242).data).size }"
    )
    assert pixels > 50


def test_each_slider_acts_on_the_run_and_leaves_a_mark(app: App, open_page: OpenPage) -> None:
    page = started(app, open_page, "slide")
    knobs = [
        ("Generator learning rate", "lr_g", "Gen. rate"),
        ("Discriminator learning rate", "lr_d", "Disc. rate"),
        ("Dropout", "dropout", "Dropout"),
        ("Latent size", "latent_dim", "Latent size"),
    ]
    for count, (label, knob, short) in enumerate(knobs, start=1):
        before = setting(app, "slide", knob)
        slider(page, label).focus()
        page.keyboard.press("ArrowLeft")
        expect(marks(page)).to_have_count(count)
        expect(marks(page).locator("b").filter(has_text=short)).to_have_count(1)
        wait_until(partial(lambda knob, before: setting(app, "slide", knob) != before, knob, before))
        after = setting(app, "slide", knob)
        assert isinstance(before, int | float)
        assert isinstance(after, int | float)
        assert after < before
        expect(typed(page, label)).to_have_value(re.compile(re.escape(str(after)[:5])))


def test_the_ratio_moves_both_rates_around_their_geometric_mean(app: App, open_page: OpenPage) -> None:
    page = started(app, open_page, "ratio")
    ratio = page.get_by_role("slider", name=re.compile("ratio", re.IGNORECASE))
    ratio.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(marks(page)).not_to_have_count(0)
    wait_until(lambda: setting(app, "ratio", "lr_g") != setting(app, "ratio", "lr_d"))
    lr_g, lr_d = setting(app, "ratio", "lr_g"), setting(app, "ratio", "lr_d")
    assert isinstance(lr_g, float)
    assert isinstance(lr_d, float)
    assert lr_g > lr_d
    assert (lr_g * lr_d) ** 0.5 == pytest.approx(0.0002, rel=0.02)


def test_a_typed_value_acts_and_a_bad_one_is_explained(app: App, open_page: OpenPage) -> None:
    page = started(app, open_page, "typed")
    field = typed(page, "Generator learning rate")
    field.fill("0.003")
    field.press("Enter")
    wait_until(lambda: setting(app, "typed", "lr_g") == 0.003)
    field.fill("7")
    field.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="0.1")).to_be_visible()
    expect(field).to_have_value("0.003")
    assert setting(app, "typed", "lr_g") == 0.003


def test_a_preset_steers_the_running_run(app: App, open_page: OpenPage) -> None:
    page = started(app, open_page, "preset")
    page.get_by_role("button", name="Tiny latent (2)").click()
    wait_until(lambda: setting(app, "preset", "latent_dim") == 2)
    expect(typed(page, "Latent size")).to_have_value("2")


@pytest.mark.parametrize(
    ("preset", "name", "knob", "value"),
    [("Tiny latent (2)", "tiny", "latent_dim", 2), ("Sharp digits", "sharp-one", "g_hidden", [256, 512])],
)
def test_start_right_after_a_preset_starts_just_that(
    app: App, open_page: OpenPage, preset: str, name: str, knob: str, value: object
) -> None:
    page = fresh(app, open_page)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name=preset).click()
    button(page, "Start").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    wait_until(lambda: batch(app, name) > 0)
    assert setting(app, name, knob) == value
    expect(page.get_by_role("button", name=preset)).to_have_attribute("aria-pressed", "true")


def test_start_as_a_preset_arrives_starts_just_that(app: App, open_page: OpenPage) -> None:
    # the settings below hold the values of before for a moment longer than the panel does
    page = fresh(app, open_page)
    page.get_by_label("Name", exact=True).fill("at-once")
    chip = page.get_by_role("button", name="Sharp digits")
    chip.evaluate(
        """chip => {
          const buttons = [...chip.getRootNode().querySelectorAll("button")];
          const start = buttons.find((button) => button.textContent.trim() === "Start");
          new MutationObserver((_, observer) => {
            if (chip.getAttribute("aria-pressed") !== "true") return;
            observer.disconnect();
            start.click();
          }).observe(chip, { attributes: true });
          chip.click();
        }"""
    )
    expect(page.get_by_role("heading", name="at-once")).to_be_visible()
    wait_until(lambda: batch(app, "at-once") > 0)
    assert setting(app, "at-once", "g_hidden") == [256, 512]
    assert setting(app, "at-once", "batch_size") == 64


def test_a_preset_chosen_again_puts_back_what_was_edited(app: App, open_page: OpenPage) -> None:
    page = fresh(app, open_page)
    page.get_by_label("Name", exact=True).fill("put-back")
    chip = page.get_by_role("button", name="Sharp digits")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    page.get_by_text("All settings").click()
    widths = page.get_by_role("textbox", name="Generator hidden layers")
    expect(widths).to_have_value("256, 512")
    widths.fill("64")
    widths.press("Enter")
    expect(page).to_have_url(re.compile("g_hidden=64"))
    chip.click()
    expect(widths).to_have_value("256, 512")
    button(page, "Start").click()
    expect(page.get_by_role("heading", name="put-back")).to_be_visible()
    wait_until(lambda: batch(app, "put-back") > 0)
    assert setting(app, "put-back", "g_hidden") == [256, 512]


def test_a_chip_is_lit_only_if_the_settings_below_are_its_own_too(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/?run=new")
    chip = page.get_by_role("button", name="The lecture's")
    expect(chip).to_have_attribute("aria-pressed", "true")
    page.get_by_text("All settings").click()
    choose(page, "Generator optimiser", "SGD")
    expect(chip).to_have_attribute("aria-pressed", "false")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(page).not_to_have_url(re.compile("optimizer_g"))
    page.goto(f"{app.url}/?run=new&split=test&seed=3")
    expect(chip).to_have_attribute("aria-pressed", "true")  # the data do not count


def test_pause_step_resume_and_stop(app: App, open_page: OpenPage) -> None:
    page = started(app, open_page, "buttons")
    button(page, "Pause").click()
    expect(state(page)).to_have_text("paused")
    paused_at = batch(app, "buttons")
    button(page, "Step").click()
    wait_until(lambda: batch(app, "buttons") == paused_at + 1)
    expect(page.get_by_text(f"after batch {paused_at + 1:,}")).to_be_visible()
    button(page, "Resume").click()
    expect(state(page)).to_have_text("running")
    wait_until(lambda: batch(app, "buttons") > paused_at + 5)
    button(page, "Stop").click()
    expect(state(page)).to_have_text("stopped")


def test_step_in_a_draft_starts_with_one_batch(app: App, open_page: OpenPage) -> None:
    page = fresh(app, open_page)
    page.get_by_label("Name", exact=True).fill("first-step")
    button(page, "Step").click()
    expect(state(page)).to_have_text("paused")
    wait_until(lambda: batch(app, "first-step") == 1)


def test_a_reload_shows_the_same_run_and_posts_nothing(app: App, open_page: OpenPage) -> None:
    page = started(app, open_page, "reload")
    slider(page, "Dropout").focus()
    page.keyboard.press("ArrowLeft")
    expect(marks(page)).to_have_count(1)
    page.reload()
    expect(state(page)).to_have_text("running")
    expect(marks(page)).to_have_count(1)
    expect(page.get_by_role("heading", name="reload")).to_be_visible()


def test_a_second_tab_shows_the_run_and_follows_the_sliders(app: App, open_page: OpenPage) -> None:
    page = started(app, open_page, "tabs")
    other = open_page(app.url)
    expect(other.get_by_role("heading", name="tabs")).to_be_visible()
    page.bring_to_front()
    field = typed(page, "Discriminator learning rate")
    field.fill("0.01")
    field.press("Enter")
    other.bring_to_front()
    expect(typed(other, "Discriminator learning rate")).to_have_value("0.01")
    expect(marks(other)).to_have_count(1)
    button(other, "Pause").click()
    page.bring_to_front()
    expect(state(page)).to_have_text("paused")
    expect(marks(page)).to_have_count(1)  # the second tab posted no value of its own


def test_a_closed_tab_does_not_stop_the_run(app: App, open_page: OpenPage) -> None:
    page = started(app, open_page, "closed")
    page.close()
    seen = batch(app, "closed")
    wait_until(lambda: batch(app, "closed") > seen + 50)


def test_zoom_stays_put_while_data_arrives(app: App, open_page: OpenPage) -> None:
    page = started(app, open_page, "zoom")
    wait_until(lambda: batch(app, "zoom") > 60)
    plot = page.locator(".lg-live .js-plotly-plot")
    box = plot.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 90, steps=5)
    page.mouse.up()
    range_now = "() => document.querySelector('.lg-live .js-plotly-plot')._fullLayout.xaxis.range.join()"
    zoomed = page.evaluate(range_now)
    seen = batch(app, "zoom")
    wait_until(lambda: batch(app, "zoom") > seen + 150)
    page.wait_for_function(  # the chart has drawn what came since
        "seen => Number(document.querySelector('.lg-chart-alt').ariaLabel.match(/batch ([\\d,]+)/)[1].replace(',', ''))"
        " > seen + 100",
        arg=seen,
    )
    assert page.evaluate(range_now) == zoomed


def test_epochs_can_be_leafed_through(app: App, open_page: OpenPage) -> None:
    page = fresh(app, open_page)
    page.get_by_label("Name", exact=True).fill("film")
    page.get_by_text("All settings").click()
    for digit in "0123456":
        page.get_by_role("button", name=digit, exact=True).click()
        # the script has seen it: a click in the middle of its rerun would be lost
        expect(page).not_to_have_url(re.compile(rf"[?&]digits={digit}(&|$)"))
        expect(page).to_have_url(re.compile(r"[?&]digits=9(&|$)"))
    page.get_by_role("spinbutton", name="Batch size").fill("512")
    page.get_by_role("spinbutton", name="Batch size").press("Enter")
    button(page, "Start").click()
    expect(page.get_by_text("/ 36", exact=False)).to_be_visible()  # 18,065 sevens, eights and nines in batches of 512
    expect(page.get_by_role("button", name="Epoch 3", exact=True)).to_be_visible()
    button(page, "Pause").click()
    epochs = slider(page, "Epoch")
    epochs.focus()
    page.keyboard.press("Home")
    expect(page.get_by_text(re.compile(r"^epoch 1 of \d+"))).to_be_visible()
    page.get_by_role("button", name="Live", exact=True).click()
    expect(page.get_by_text(re.compile("^after batch"))).to_be_visible()


def test_the_fixed_settings_reach_the_run_and_a_bad_one_is_explained(app: App, open_page: OpenPage) -> None:
    page = fresh(app, open_page)
    page.get_by_label("Name", exact=True).fill("settings")
    page.get_by_text("All settings").click()
    widths = page.get_by_role("textbox", name="Generator hidden layers")
    widths.fill("64, nonsense")
    widths.press("Enter")
    expect(page.get_by_text("must be 1 to 4 whole numbers").first).to_be_visible()
    widths.fill("64, 32")
    widths.press("Enter")
    expect(page.get_by_text("must be 1 to 4 whole numbers")).to_have_count(0)
    button(page, "Start").click()
    expect(state(page)).to_have_text("running")
    assert setting(app, "settings", "g_hidden") == [64, 32]


def test_an_unknown_run_in_the_address_is_one_sentence(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/?run=nobody")
    expect(page.get_by_text("There is no run named 'nobody'.")).to_be_visible()
    expect(button(page, "Start")).to_be_enabled()


def test_it_fits_the_window_in_light_and_dark(app: App, open_page: OpenPage) -> None:
    page = started(app, open_page, "looks", dark=True)
    expect(page.get_by_text(re.compile("^after batch"))).to_be_visible()
    for dark in (True, False):
        page.emulate_media(color_scheme="dark" if dark else "light")
        wait_until(partial(lambda dark: is_dark(page) == dark, dark))
        for width in (1440, 900):
            page.set_viewport_size({"width": width, "height": 1000})
            wait_until(lambda: page.evaluate(TOO_WIDE) == [])
            wait_until(lambda: page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"))


def is_dark(page: Page) -> bool | None:
    """None while it is neither."""
    background = page.evaluate("() => getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    brightness = sum(int(part) for part in re.findall(r"\d+", background)[:3]) / 3
    return None if 60 <= brightness <= 200 else brightness < 60
