"""When a step of a lesson is reached: what the page evaluates too (tests/js/live/lesson_conditions.test.js)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan.lessons import conditions
from gan.lessons.conditions import ConditionError, Figures
from gan.quality.metrics import Quality
from gan.quality.scores import Score
from gan.recording.metric_history import NO_ROWS

SHARED = json.loads((Path(__file__).parents[1] / "fixtures" / "lesson_conditions.json").read_text())


def known(run: dict[str, Any]) -> Figures:
    told = run["score"]
    quality = Quality(
        count=2, seed=0, fid=told["fid"], density=told["density"], coverage=told["coverage"], histogram=(0.1,) * 10,
        missing=tuple(told["missing"]), confident=told["confident"], copies=told["copies"], copies_of=128,
        as_asked=tuple(told["as_asked"]),
    )  # fmt: skip
    score = Score(1, told["epoch"], averaged=False, quality=quality)
    return Figures(np.array(run["rows"], np.float32), run["epoch"], run["settings"], run["changed"], score)


@pytest.mark.parametrize(("text", "expected"), SHARED["cases"])
def test_a_condition_holds_as_the_page_has_it(text: str, expected: bool) -> None:
    assert conditions.holds(conditions.parse(text), known(SHARED["run"])) is expected


@pytest.mark.parametrize("text", ["fid < 1000", "d_loss < 1000 over 1 batch", "missing < 11"])
def test_what_is_not_known_yet_reaches_nothing(text: str) -> None:
    nothing = Figures(NO_ROWS, 0, {}, 0, None)
    assert not conditions.holds(conditions.parse(text), nothing)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "'' is no condition"),
        ("__import__('os').system('true')", "is no condition"),
        ("epoch >= 2 or fid < 3", "is no condition"),
        ("epoch >= x", "is no condition"),
        ("epoch >= 1e", "is no condition"),
        ("epochs_done >= 2", "There is no figure 'epochs_done'"),
        ("g_hidden >= 2", "There is no figure 'g_hidden'"),
        ("fid < 20 over 10 batches", "fid is not measured in every batch"),
        ("d_loss < 1 over 0 batches", "averages over 0 batches; it must be 1 to 10,000"),
        (" and ".join(["epoch >= 1"] * 7), "at most 6 comparisons"),
    ],
)
def test_anything_else_gets_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ConditionError) as refusal:
        conditions.parse(text)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
