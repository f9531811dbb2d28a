"""The measuring tools in their smallest form: what they print is complete and possible; no time is judged here."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers import SMALL
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gan.__main__ import main
from gan.bench import detectors, figures, lecture, presets, products, scale, several_runs, start, step, viewers
from gan.bench.crowd import Watched, furthest_behind, gaps, within
from gan.bench.server import process
from gan.errors import LiveGANError
from gan.settings import Settings
from gan.training.trainer import Trainer

PACED = SMALL.changed(digits=range(10), epochs=10_000, pace=50)  # so that the tests beside these get their turn
SPREAD = {"median", "low", "high"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time to settle, and one thread, since the tests run side by side."""
    monkeypatch.setattr(viewers, "SETTLE", 0.0)
    monkeypatch.setattr(lecture, "THREADS", 1)


def said() -> tuple[list[str], Any]:
    told: list[str] = []
    return told, told.append


def is_spread(value: Any) -> bool:
    return set(value) == SPREAD and 0 < value["low"] <= value["median"] <= value["high"]


# --- detectors -----------------------------------------------------------------------------------------------------


def test_the_table_of_detectors_names_what_was_raised_missed_and_raised_in_vain() -> None:
    told, say = said()
    slow = {"lr_g": 1e-6, "lr_d": 1e-6, "digits": [7], "g_hidden": [16], "d_hidden": [16], "batch_size": 512}
    faults = {"rate too small": detectors.Shown(slow, 250), "swinging": detectors.Shown(slow, 10, images=100)}
    options: dict[str, Any] = {
        "faults": faults,
        "healthy": {"really slow": slow},
        "calm": 250,
        "tried": 600,
        "shipped": (),
    }
    result = detectors.measure(say, **options)
    assert told == [
        "rate too small: up to 250 batches, and twice 600 to try its remedy",
        "swinging: up to 10 batches, and twice 600 to try its remedy", "really slow: 250 batches",
    ]  # fmt: skip
    assert result["faults"]["rate too small"]["raised"] == {"rate too small": 250}
    assert result["healthy"] == {"really slow": {"batches": 250, "raised": {"rate too small": 250}}}
    assert (result["missed"], result["false_alarms"]) == (["swinging"], 1)
    remedy = result["faults"]["rate too small"]["remedy"]
    assert remedy["remedy"] == "both learning rates 0.0002"
    assert remedy["gone"] == 600  # batches: the time that a warning stays when its cause is gone
    assert remedy["fid"] < remedy["fid_without"]
    assert detectors.measure(say, only="no such run", **options)["faults"] == {}


# --- presets -------------------------------------------------------------------------------------------------------


def test_the_presets_are_drawn_beside_each_other_with_their_figures(tmp_path: Path) -> None:
    told, say = said()
    small = {"digits": [7], "g_hidden": [16], "d_hidden": [16], "batch_size": 512}
    picture = tmp_path / "presets.png"
    result = presets.compare(say, moments=(1, 2), count=200, picture=picture, given=small)
    assert list(result["presets"]) == ["lecture", "sharp", "chosen-digits"]
    assert told == ["lecture, 2 seconds", "sharp, 2 seconds", "chosen-digits, 2 seconds"]
    for figures_of in result["presets"].values():
        assert [each["seconds"] for each in figures_of] == [1, 2]
        assert 0 <= figures_of[0]["batches"] <= figures_of[1]["batches"]
        assert all(0 < each["fid"] < 1000 and 0 <= each["coverage"] <= 1 for each in figures_of)
    with Image.open(picture) as drawn:
        assert drawn.width > 2 * presets.SIDE
        assert drawn.height > 3 * presets.SIDE
        assert len(set(drawn.convert("L").tobytes())) > 50


# --- figures ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=30))
def test_a_spread_is_ordered_and_holds_the_extremes(values: list[float]) -> None:
    of = figures.spread(values, 9)
    assert of["low"] == pytest.approx(min(values))
    assert of["high"] == pytest.approx(max(values))
    assert of["low"] <= of["median"] <= of["high"]


def test_ratios_are_of_medians_and_spread_by_rounds() -> None:
    assert figures.ratio([10, 20, 30], [1, 4, 10]) == {"median": 5.0, "low": 3.0, "high": 10.0}


def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed() -> None:
    values = list(range(100, 0, -1))
    assert [figures.percentile(values, share) for share in (0.01, 0.5, 0.95, 1.0)] == [1, 50, 95, 100]
    assert figures.percentile([7], 0.95) == 7


def test_targets_that_are_missed_are_named() -> None:
    result = {"a": 1, "b": {"c": {"median": 5, "low": 0, "high": 9}}}
    assert figures.missed(result, {"a": 1, "b.c": 5}, {"a": 1}) == []
    assert figures.missed(result, {"b.c": 4}, {"a": 2}) == [
        "b.c is 5, at most 4 is wanted",
        "a is 1, at least 2 is wanted",
    ]


def test_how_far_a_viewer_is_behind() -> None:
    first = Watched([(0.0, 10, 1), (1.0, 20, 1), (2.0, 30, 1)])
    prompt = Watched([(0.1, 10, 1), (1.1, 20, 1), (2.1, 30, 1)])
    late = Watched([(0.2, 10, 1), (2.2, 30, 1)])
    assert furthest_behind([first, prompt]) == 1  # for a moment, each time
    assert furthest_behind([first, prompt, late]) == 2
    assert gaps([late]) == [2.0]


def test_a_wait_that_reaches_into_the_window_counts() -> None:
    seen = Watched([(0.0, 10, 1), (1.0, 20, 1), (5.0, 30, 1), (5.25, 40, 1), (9.0, 50, 1)])
    assert gaps(within([seen], 3.0, 6.0)) == [4.0, 0.25]
    assert gaps(within([seen], 6.0, 8.0)) == [2.75]


# --- the contestants -------------------------------------------------------------------------------------------------


def test_the_lectures_loop_learns_as_ours_does() -> None:
    torch.manual_seed(0)
    loop, ours = lecture.LectureLoop(Settings()), Trainer(Settings())
    assert loop.train(40) > 0
    assert len(loop.log) == 40
    rows = [ours.step() for _ in range(40)]
    for column in (0, 1):  # the losses; the accuracies swing
        theirs = sum(row[column] for row in loop.log[-10:]) / 10
        assert theirs == pytest.approx(sum(row[column] for row in rows[-10:]) / 10, rel=0.25)
    assert all(0 <= accuracy <= 100 for row in loop.log for accuracy in row[2:])


@pytest.mark.parametrize(
    "name",
    [
        "Wasserstein loss", "Wasserstein loss with gradient penalty", "4 hidden layers", "3 generator steps",
        "pixels from 0 to 1", "conditional", "minibatch standard deviation",
    ],
)  # fmt: skip
def test_the_lectures_loop_takes_other_settings(name: str) -> None:
    loop = lecture.LectureLoop(Settings(batch_size=64).changed(**scale.OPTIONS[name]))
    loop.train(1)
    assert all(math.isfinite(figure) for figure in loop.log[0])


def test_the_products_are_those_of_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many multiplications as the layers ask for: 19 products of two matrices at the default settings."""
    count = 0
    multiply = torch.Tensor.__matmul__

    def counted(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        nonlocal count
        count += 1
        assert 128 in (*one.shape, *other.shape)
        return multiply(one, other)

    steps = products.matrix_products(Settings(), 1)
    monkeypatch.setattr(torch.Tensor, "__matmul__", counted)
    assert steps(1) > 0
    assert count == 19


# --- the tools -------------------------------------------------------------------------------------------------------


def test_training_beside_the_lectures_loop() -> None:
    told, say = said()
    result = step.measure(say, rounds=1, window=0.3, lecture_batches=2, settings=PACED)
    json.dumps(result)
    assert told
    for name in ("lecture_seconds_per_epoch", "livegan_seconds_per_epoch", "livegan_unwatched_seconds_per_epoch"):
        assert is_spread(result[name]), name
    assert all(is_spread(each) for each in result["matrix_products_seconds_per_epoch"].values())
    assert is_spread(result["times_faster_than_lecture"])
    assert is_spread(result["times_the_matrix_products"])
    assert result["images_per_second"]["median"] > 0
    assert isinstance(result["missed"], list)


def test_several_runs_at_once() -> None:
    result = several_runs.measure(said()[1], 3, rounds=1, window=0.5, settings=PACED)
    json.dumps(result)
    assert result["runs"] == len(result["shares"]) == 3
    assert sum(share["median"] for share in result["shares"]) == pytest.approx(3, abs=0.01)
    assert is_spread(result["together_against_alone"])
    assert 0 <= result["smallest_share"] <= 1


def test_scale(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    result = scale.measure(
        said()[1], seconds=0.05, rounds=1, widths=(16, 32), latents=(2,), batches=(32, 64), options=("SGD",)
    )
    json.dumps(result)
    assert len(result["images_per_second"]) == 4
    assert all(cell["images_per_second"] > 0 for cell in result["images_per_second"])
    assert result["times_faster_than_lecture"]["SGD"]["median"] > 0
    table = capsys.readouterr().out.strip()
    assert [line.count("|") for line in table.splitlines()] == [5, 5, 5, 5]

    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- scale -->\nold\n<!-- /scale -->\nafter\n")
    scale.put_into(readme, table)
    scale.put_into(readme, table)
    assert readme.read_text() == f"before\n<!-- scale -->\n\n{table}\n\n<!-- /scale -->\nafter\n"
    readme.write_text("no markers")
    with pytest.raises(LiveGANError, match="no markers"):
        scale.put_into(readme, table)


def test_every_option_is_one_that_settings_have() -> None:
    for name, values in scale.OPTIONS.items():
        assert Settings().changed(**values).differing(), name


def test_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "IMPORTS", "import json")
    result = start.measure(said()[1], rounds=1, warm_up=False)
    json.dumps(result)
    for name in ("imports_seconds", "health_seconds", "script_seconds", "page_seconds"):
        assert is_spread(result[name]), name
    assert result["health_seconds"]["median"] < result["script_seconds"]["median"] <= result["page_seconds"]["median"]


# --- the command line ------------------------------------------------------------------------------------------------


def test_what_cannot_be_measured_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    with pytest.raises(LiveGANError, match="install psutil"):
        process(1)
    monkeypatch.setattr(scale, "measure", lambda *_, **__: process(1))
    assert main(["bench", "--scale"]) == 2
    assert "install psutil" in capsys.readouterr().err


def test_the_last_line_is_one_json_object(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(say: Any, *, count: int) -> dict[str, int]:
        say("a thing")
        return {"runs": count}

    monkeypatch.setattr(several_runs, "measure", measure)
    assert main(["bench", "--runs", "3"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"runs": 3}
    assert printed.err == "measuring a thing ...\n"
