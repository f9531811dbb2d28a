"""Where the sliders of the knobs stop, as the page's own module computes it in Node from the settings' table."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from gan.app import components
from gan.app.components.live import control
from gan.settings import KNOBS, Knob

SLIDERS = [knob for knob in KNOBS.values() if knob.live]
SCALE = Path(components.__file__).parent / "live" / "knobs" / "scale.js"
SCRIPT = f"""
import {{ createScale, fieldText, inWords, readTyped }} from {json.dumps(SCALE.as_uri())};
const knobs = JSON.parse(process.argv[1]);
const about = (knob) => {{
  const {{ values, nearest }} = createScale(knob);
  const zero = {{ at: nearest(0), words: inWords(knob, 0), text: fieldText(knob, 0) }};
  return [knob.name, {{ values, zero, typed: readTyped(knob, ` ${{knob.zero.toUpperCase()}} `).value ?? null }}];
}};
console.log(JSON.stringify(Object.fromEntries(knobs.map(about))));
"""


@pytest.fixture(scope="module")
def scales() -> dict[str, dict[str, object]]:
    """What each slider goes through (`values`), and what is made of 0 and of the word for it."""
    node = shutil.which("node")
    if node is None and os.environ.get("LIVEGAN_BROWSER") != "required":
        pytest.skip("needs Node")
    assert node is not None, "LIVEGAN_BROWSER=required needs Node"
    given = json.dumps([control(knob) for knob in SLIDERS])
    command = [node, "--input-type=module", "--eval", SCRIPT, given]
    told: dict[str, dict[str, object]] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return told


def positions(scales: dict[str, dict[str, object]], name: str) -> list[float]:
    values = scales[name]["values"]
    assert isinstance(values, list)
    return [float(value) for value in values]


@pytest.mark.parametrize("knob", SLIDERS, ids=lambda knob: knob.name)
def test_a_slider_goes_from_the_smallest_useful_value_to_the_highest_in_small_steps(
    scales: dict[str, dict[str, object]], knob: Knob
) -> None:
    values = positions(scales, knob.name)
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
def test_the_values_that_people_use_are_on_the_slider(
    scales: dict[str, dict[str, object]], name: str, useful: list[float]
) -> None:
    assert set(useful) <= set(positions(scales, name))
    assert KNOBS[name].default in positions(scales, name)


@pytest.mark.parametrize(
    ("name", "at", "word"), [("seconds", -1, "no limit"), ("pace", -1, "no limit"), ("ema_decay", 0, "off")]
)
def test_zero_has_a_position_of_its_own_and_a_word(
    scales: dict[str, dict[str, object]], name: str, at: int, word: str
) -> None:
    values = positions(scales, name)
    assert values[at] == 0
    assert values.count(0) == 1
    assert scales[name]["zero"] == {"at": values.index(0), "words": word, "text": word}
    assert scales[name]["typed"] == 0
