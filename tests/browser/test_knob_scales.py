"""Where the sliders of the knobs stop, as the page's own modules compute it in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from chromium import App
from playwright.sync_api import Page

from gan.app.components.live import control
from gan.settings import KNOBS, Knob

OpenPage = Callable[..., Page]
SLIDERS = [knob for knob in KNOBS.values() if knob.live]


@pytest.fixture(scope="module")
def run_js(app: App, context: Any) -> Callable[..., Any]:
    """Runs a script that finds the module `scale.js` as `scale` and its arguments in `given`."""
    page = context.new_page()
    page.goto(f"{app.url}/api/health")

    def run(body: str, **given: Any) -> Any:
        prelude = 'const scale = await import("/api/ui/live/knobs/scale.js");'
        return page.evaluate(f"async (given) => {{ {prelude} {body} }}", given)

    return run


RunJs = Callable[..., Any]


def positions(run_js: RunJs, name: str) -> list[float]:
    values = run_js("return scale.createScale(given.knob).values", knob=control(KNOBS[name]))
    return [float(value) for value in values]


@pytest.mark.parametrize("knob", SLIDERS, ids=lambda knob: knob.name)
def test_a_slider_goes_from_the_smallest_useful_value_to_the_highest_in_small_steps(run_js: RunJs, knob: Knob) -> None:
    values = positions(run_js, knob.name)
    numbers = [value for value in values if value or not knob.zero]
    assert numbers[0] == knob.smallest
    assert numbers[-1] == knob.high
    assert numbers == sorted(set(numbers))
    assert 5 < len(values) <= 402
    if knob.scale == "log":
        assert all(after <= 2 * before for before, after in pairwise(numbers))
    if knob.scale == "near-one":
        assert all(1 - before <= 2 * (1 - after) + 1e-9 for before, after in pairwise(numbers))
    assert knob.kind == "float" or all(value == int(value) for value in values)


@pytest.mark.parametrize(
    ("name", "useful"),
    [
        ("seconds", [10, 30, 60, 90, 120, 300, 600, 3600, 5400, 86_400, 604_800]),
        ("pace", [0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000]),
        ("epochs", [1, 2, 3, 5, 10, 20, 30, 50, 60, 100, 200, 1000, 10_000]),
        ("lr_g", [1e-6, 1e-5, 1e-4, 2e-4, 3e-4, 5e-4, 1e-3, 1e-2]),
        ("latent_dim", [1, 2, 3, 4, 10, 20, 50, 100, 200, 512]),
        ("beta2_g", [0, 0.5, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999]),
        ("ema_decay", [0, 0.9, 0.95, 0.99, 0.999, 0.9999]),
        ("full_every", [1, 2, 5, 10, 1000]),
        ("kept_epochs", [1, 10, 200, 10_000]),
        ("dropout", [0, 0.1, 0.25, 0.5, 0.95]),
    ],
)
def test_the_values_that_people_use_are_on_the_slider(run_js: RunJs, name: str, useful: list[float]) -> None:
    assert set(useful) <= set(positions(run_js, name))
    assert KNOBS[name].default in positions(run_js, name)


@pytest.mark.parametrize(
    ("name", "at", "word"), [("seconds", -1, "no limit"), ("pace", -1, "no limit"), ("ema_decay", 0, "off")]
)
def test_zero_has_a_position_of_its_own_and_a_word(run_js: RunJs, name: str, at: int, word: str) -> None:
    values = positions(run_js, name)
    assert values[at] == 0
    assert values.count(0) == 1
    told = run_js(
        """const { knob, typed } = given, { nearest } = scale.createScale(knob);
        return [nearest(0), scale.inWords(knob, 0), scale.fieldText(knob, 0), scale.readTyped(knob, typed).value];""",
        knob=control(KNOBS[name]), typed=f" {word.upper()} ",
    )  # fmt: skip
    assert told == [values.index(0), word, word, 0]


def test_a_value_between_two_positions_is_shown_at_the_nearer_one(run_js: RunJs) -> None:
    nearest = (
        "const { values, nearest } = scale.createScale(given.knob); return given.xs.map((x) => values[nearest(x)])"
    )
    assert run_js(nearest, knob=control(KNOBS["seconds"]), xs=[1, 7, 61, 604_799, 0]) == [10, 10, 60, 604_800, 0]
    assert run_js(nearest, knob=control(KNOBS["ema_decay"]), xs=[0.2, 0.99901, 0]) == [0.9, 0.999, 0]
    assert run_js(nearest, knob=control(KNOBS["lr_g"]), xs=[0.00021, 1e-6, 0.1]) == [0.0002, 1e-6, 0.1]


def test_a_value_that_the_slider_does_not_reach_can_be_typed(run_js: RunJs) -> None:
    read = "return given.texts.map((text) => scale.readTyped(given.knob, text))"
    found = run_js(read, knob=control(KNOBS["seconds"]), texts=["7", "61", "0", "604801", "-1", "1.5", "sixty"])
    assert [answer.get("value") for answer in found] == [7, 61, 0, None, None, None, None]
    assert found[3]["error"] == "Time limit is 604801; it must be a whole number from 0 to 604800."


def test_a_time_is_typed_and_shown_with_its_unit(run_js: RunJs) -> None:
    read = "return given.texts.map((text) => scale.readTyped(given.knob, text).value)"
    assert run_js(read, knob=control(KNOBS["seconds"]), texts=["10 s", "10s", "10", "s"]) == [10, 10, 10, None]
    shown = "return given.xs.map((x) => scale.fieldText(given.knob, x))"
    assert run_js(shown, knob=control(KNOBS["seconds"]), xs=[10, 604_800, 0]) == ["10 s", "604800 s", "no limit"]
    assert run_js(shown, knob=control(KNOBS["epochs"]), xs=[10]) == ["10"]


def test_times_are_read_out_as_times(run_js: RunJs) -> None:
    words = "return given.xs.map((x) => scale.inWords(given.knob, x))"
    times = [10, 60, 90, 3600, 5400, 86_400, 0]
    assert run_js(words, knob=control(KNOBS["seconds"]), xs=times) == [
        "10 s", "1 min", "1 min 30 s", "1 h", "1 h 30 min", "1 d", "no limit",
    ]  # fmt: skip


def test_the_ratio_of_the_learning_rates_has_the_same_steps_on_both_sides(run_js: RunJs, app: App) -> None:
    found = run_js(
        """const { createRatio } = await import("/api/ui/live/knobs/ratio.js");
        const seen = [];
        const ratio = createRatio(given.range, { preview: (rates) => seen.push(rates), commit() {} });
        ratio.set({ lr_g: 0.0002, lr_d: 0.0002 });
        const input = ratio.el.querySelector("input");
        const middle = Number(input.value);
        for (const away of [-1, 1]) {
          input.value = middle + away * 10;
          input.dispatchEvent(new Event("input"));
        }
        return { middle, last: Number(input.max), ratios: seen.map(({ lr_g, lr_d }) => lr_g / lr_d) };""",
        range=control(KNOBS["lr_g"]),
    )
    assert found["middle"] * 2 == found["last"]
    assert found["ratios"] == [pytest.approx(1 / 3, rel=0.01), pytest.approx(3, rel=0.01)]
