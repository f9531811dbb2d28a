"""A user sees how good the images are: beside the losses, over the epochs, and before anything is trained."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

import numpy as np
import pytest
import torch
from chromium import App
from helpers import SMALL
from playing import image, play, settled
from playwright.sync_api import Page, expect
from test_train_page import button, fresh, state

from gan.recording import epochs
from gan.recording.weights import generator_of
from gan.runs.registry import ROOT, RunRegistry

OpenPage = Callable[..., Page]
SHARP = SMALL.changed(g_norm="batch", ema_decay=0.9, dropout_in="discriminator", epochs=3)


@pytest.fixture(scope="module")
def unmeasured(app: App) -> str:
    """A finished run that nobody has measured: its scores are lost."""
    registry = RunRegistry(app.folder)
    registry.start(SHARP, "unmeasured").join()
    registry.close()
    (app.folder / "unmeasured" / "quality.json").unlink(missing_ok=True)
    return "unmeasured"


def test_an_older_run_is_measured_when_asked_for(app: App, open_page: OpenPage, unmeasured: str) -> None:
    page = open_page(f"{app.url}/?run={unmeasured}")
    quality = page.get_by_role("region", name="Image quality")
    expect(quality.get_by_role("img", name="nothing measured yet")).to_be_attached()
    quality.get_by_role("button", name="Measure all epochs").click()
    chart = quality.get_by_role(
        "img", name=re.compile(r"Last FID [\d.]+ \(epoch 3\); best FID [\d.]+ \(epoch \d\), of 3 measured")
    )
    expect(chart).to_be_attached()
    expect(quality.get_by_role("button", name="Measure all epochs")).to_be_hidden()
    expect(quality.locator(".scatterlayer .trace")).not_to_have_count(0)
    expect(quality.get_by_text("of the averaged generator")).to_be_visible()
    sevens = quality.get_by_role("listitem", name=re.compile("^7: "))
    expect(sevens).to_be_visible()
    expect(quality.get_by_role("definition")).to_have_count(4)

    page.get_by_role("slider", name="Epoch").fill("1")
    expect(quality.get_by_role("img", name=re.compile(r"^FID [\d.]+ \(epoch 1\); best FID"))).to_be_attached()


def test_a_run_that_trains_is_measured_at_the_end_of_its_epochs(app: App, open_page: OpenPage) -> None:
    page = fresh(app, open_page)
    page.get_by_label("Name", exact=True).fill("measured")
    button(page, "Start").click()
    quality = page.get_by_role("region", name="Image quality")
    expect(quality.get_by_role("img", name=re.compile(r"FID [0-9.]+ \(epoch"))).to_be_attached()
    expect(quality.get_by_text(re.compile("^Missing: |^No digit is missing"))).to_be_visible()


def test_the_first_page_shows_what_to_expect(
    start_app: Callable[..., App], open_page: OpenPage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("shipped")
    for name in ("lecture", "sharp", "chosen"):
        shutil.copytree(ROOT / "checkpoints" / name, folder / name)
    app = start_app(folder)
    page = open_page(f"{app.url}/?run=lecture")
    welcome = page.get_by_role("region", name="What to expect")
    expect(page.get_by_role("heading", name="lecture", exact=True)).to_be_visible()
    expect(welcome).to_be_hidden()
    button(page, "New run").click()
    expect(page.get_by_role("heading", name="New run", exact=True)).to_be_visible()
    expect(welcome).to_be_visible()
    page.goto(app.url)
    for name in ("64 real digits", "64 images of the run lecture after", "64 images of the run sharp after"):
        picture = welcome.get_by_role("img", name=name)
        expect(picture).to_be_visible()
        page.wait_for_function("image => image.complete && image.naturalWidth === 242", arg=picture.element_handle())
    expect(welcome.get_by_role("img", name=re.compile("The best FID of lecture is .* of sharp is"))).to_be_visible()
    expect(welcome.get_by_text(re.compile(r"^last FID [\d.]+ \(epoch 100\) on 2,000 images$"))).to_be_visible()
    expect(welcome.locator(".scatterlayer .trace")).to_have_count(4)  # three runs and the best epoch
    expect(page.get_by_role("region", name="Image quality")).to_be_hidden()

    welcome.get_by_role("link", name=re.compile("^64 images of the run sharp")).click()
    expect(page.get_by_role("heading", name="sharp", exact=True)).to_be_visible()
    expect(page.get_by_text("These settings are none of the presets.")).to_be_visible()  # its rates were lowered
    expect(page.get_by_text("by the averaged generator")).to_be_visible()


def test_the_preset_of_sharp_digits_is_one_click(app: App, open_page: OpenPage) -> None:
    page = fresh(app, open_page)
    sharp = page.get_by_role("button", name="Sharp digits")
    sharp.click()
    expect(sharp).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Latent size (typed)")).to_have_value("32")
    page.get_by_text("All settings").click()
    expect(page.get_by_role("textbox", name="Generator hidden layers")).to_have_value("256, 512")
    page.wait_for_url("**g_norm=batch**")

    page.get_by_role("button", name="The lecture's").click()
    expect(page.get_by_role("textbox", name="Generator hidden layers")).to_have_value("128")
    expect(page.get_by_label("Latent size (typed)")).to_have_value("100")

    sharp.click()
    expect(sharp).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Name", exact=True).fill("one-click")
    button(page, "Start").click()
    expect(state(page)).to_have_text("running")
    expect(sharp).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("by the averaged generator")).to_be_visible()


def test_the_playground_shows_the_averaged_or_the_raw_generator(app: App, open_page: OpenPage, unmeasured: str) -> None:
    page = play(app, open_page, unmeasured)
    averaged = image(page)
    page.get_by_label("Weights", exact=True).select_option("raw")
    page.wait_for_function("before => document.querySelector('.lg-focus-image').toDataURL() !== before", arg=averaged)
    page.wait_for_url("**weights=raw**")
    raw = image(page)
    again = play(app, open_page, unmeasured, "weights=raw")
    assert image(again) == raw
    again.get_by_label("Weights", exact=True).select_option("averaged")
    again.wait_for_function("before => document.querySelector('.lg-focus-image').toDataURL() === before", arg=averaged)


@pytest.mark.parametrize("weights", ["averaged", "raw"])
def test_its_images_are_those_of_torch(app: App, open_page: OpenPage, unmeasured: str, weights: str) -> None:
    """Batch normalisation is folded into what the browser runs; every pixel is within 1/255."""
    page = open_page(f"{app.url}/playground?run={unmeasured}#weights={weights}")
    settled(page)
    z = torch.randn(200, SHARP.latent_dim, generator=torch.Generator().manual_seed(1))
    pixels = page.evaluate(
        """async ([run, raw, numbers]) => {
          const { createEngine } = await import("/api/ui/playground/engine/engine.js");
          const engine = createEngine("");
          engine.setRaw(raw);
          const model = await engine.load(run, 2, "test");
          return [...engine.imagesNow(model, Float32Array.from(numbers)).pixels];
        }""",
        [unmeasured, weights == "raw", z.flatten().tolist()],
    )
    tensors, settings, _ = epochs.read(app.folder / unmeasured, 2)
    with torch.no_grad():
        images = generator_of(tensors, settings, raw=weights == "raw")(z)
    levels = (images.flatten(1).numpy() + 1) * 127.5
    assert np.abs(np.array(pixels, float).reshape(200, 784) - levels).max() <= 1.0
