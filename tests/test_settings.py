"""Settings: every knob's range, and the sentence that a bad value gets."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import torch
from helpers import SMALL, in_one_go
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gan.settings import (
    GROUPS,
    KNOBS,
    MAX_LAYERS,
    MAX_WIDTH,
    Knob,
    Settings,
    SettingsError,
    parse,
    without_effect,
)

NUMBERS = [knob for knob in KNOBS.values() if knob.kind in ("float", "int")]


def good(knob: Knob) -> st.SearchStrategy[Any]:
    """Values in a knob's range."""
    match knob.kind:
        case "choice":
            return st.sampled_from(knob.choices)
        case "widths":
            return st.lists(st.integers(1, MAX_WIDTH), min_size=1, max_size=MAX_LAYERS)
        case "digits":
            return st.sets(st.integers(0, 9), min_size=1).map(sorted)
    assert knob.low is not None
    assert knob.high is not None
    if knob.kind == "int":
        return st.integers(int(knob.low), int(knob.high))
    return st.floats(knob.low, knob.high)


def bad(knob: Knob) -> st.SearchStrategy[Any]:
    """Values out of a knob's range, of the right type and of wrong ones."""
    wrong: st.SearchStrategy[Any] = st.sampled_from(
        [None, True, "", "many", float("nan"), float("inf"), float("-inf"), {}, [[]]]
    )
    match knob.kind:
        case "choice":
            return wrong | st.text().filter(lambda text: text not in knob.choices)
        case "widths":
            return wrong | st.just([]) | st.lists(st.integers(MAX_WIDTH + 1) | st.integers(max_value=0), min_size=1)
        case "digits":
            return wrong | st.just([]) | st.lists(st.integers(10) | st.integers(max_value=-1), min_size=1)
    assert knob.low is not None
    assert knob.high is not None
    outside = st.integers(int(knob.high) + 1) | st.integers(max_value=int(knob.low) - 1)
    if knob.kind == "int":
        return wrong | outside
    return wrong | outside | st.floats(min_value=knob.high, exclude_min=True) | st.floats(max_value=-1e-9)


anything_good = st.fixed_dictionaries({}, optional={name: good(knob) for name, knob in KNOBS.items()})
one_bad = st.sampled_from(list(KNOBS.values())).flatmap(lambda knob: st.tuples(st.just(knob), bad(knob)))


@given(anything_good)
def test_values_in_range_are_accepted_and_survive_json(values: dict[str, Any]) -> None:
    settings = parse(values)

    assert parse(json.loads(settings.model_dump_json())) == settings
    for name, value in values.items():
        assert settings.model_dump(mode="json")[name] == value


@given(anything_good)
def test_what_differs_from_the_defaults_is_enough_to_restore_them_all(values: dict[str, Any]) -> None:
    settings = parse(values)

    assert parse(settings.differing()) == settings
    assert set(settings.differing()) <= set(values)


@given(one_bad)
def test_a_value_out_of_range_gets_one_sentence(case: tuple[Knob, Any]) -> None:
    knob, value = case

    with pytest.raises(SettingsError) as caught:
        parse({knob.name: value})

    sentence = str(caught.value)
    assert sentence.startswith(f"{knob.label} ({knob.name}) is ")
    assert sentence.endswith(f"; it must be {knob.range_text()}.")
    assert "\n" not in sentence
    assert len(sentence) < 250


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"lr_g": 2}, "Generator learning rate (lr_g) is 2; it must be a number from 1e-06 to 0.1."),
        ({"lr_d": float("nan")}, "Discriminator learning rate (lr_d) is nan; it must be a number from 1e-06 to 0.1."),
        ({"epochs": 0.5}, "Epochs (epochs) is 0.5; it must be a whole number from 1 to 10000."),
        ({"epochs": "ten"}, "Epochs (epochs) is 'ten'; it must be a whole number from 1 to 10000."),
        ({"batch_size": True}, "Batch size (batch_size) is True; it must be a whole number from 1 to 4096."),
        ({"seed": 2**31}, "Seed (seed) is 2147483648; it must be a whole number from 0 to 2147483647."),
        ({"seed": 10**5000}, "Seed (seed) is far too long; it must be a whole number from 0 to 2147483647."),
        ({"digits": [3, 10]}, "Digits (digits) is [3, 10]; it must be one or more different digits from 0 to 9."),
        ({"digits": [True]}, "Digits (digits) is [True]; it must be one or more different digits from 0 to 9."),
        (
            {"g_hidden": "0"},
            "Generator hidden layers (g_hidden) is '0'; it must be 1 to 4 whole numbers from 1 to 2048.",
        ),
        (
            {"loss": "hinge"},
            "Loss (loss) is 'hinge'; it must be one of non-saturating, minimax, least-squares, wasserstein, "
            "relativistic.",
        ),
        ({"learning_rate": 1}, "There is no setting named 'learning_rate'."),
        ({"{name}": True}, "There is no setting named '{name}'."),
    ],
)
def test_the_sentence_names_knob_value_and_range(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match=f"^{re.escape(sentence)}$"):
        parse(values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ({"lr_g": "2e-4"}, {"lr_g": 0.0002}),
        ({"epochs": "5"}, {"epochs": 5}),
        ({"digits": "3,8"}, {"digits": (3, 8)}),
        ({"digits": "8 3"}, {"digits": (3, 8)}),
        ({"digits": 7}, {"digits": (7,)}),
        ({"g_hidden": "256, 512"}, {"g_hidden": (256, 512)}),
        ({"d_hidden": "64"}, {"d_hidden": (64,)}),
        ({"scaling": "0..1"}, {"scaling": "0..1"}),
    ],
)
def test_the_command_line_passes_text(text: dict[str, Any], expected: dict[str, Any]) -> None:
    assert parse(text) == Settings(**expected)


@pytest.mark.parametrize("knob", KNOBS.values(), ids=lambda knob: knob.name)
def test_every_knob_is_ready_for_a_control(knob: Knob) -> None:
    assert knob.label
    assert knob.meaning.endswith(".")
    assert knob.group in GROUPS
    assert parse({knob.name: knob.default}) == Settings()
    assert (knob.kind == "choice") == bool(knob.choices)
    assert knob.range_text()


@pytest.mark.parametrize("knob", NUMBERS, ids=lambda knob: knob.name)
def test_a_number_has_limits_and_both_are_allowed(knob: Knob) -> None:
    assert knob.low is not None
    assert knob.high is not None
    assert knob.low <= knob.default <= knob.high
    assert knob.smallest is not None
    assert knob.low <= knob.smallest < knob.high
    assert knob.scale != "log" or knob.smallest > 0
    assert knob.smallest == knob.low or knob.zero, "a value below the slider that 0 does not stand for"
    for limit in (knob.low, knob.high):
        assert getattr(parse({knob.name: limit}), knob.name) == limit


def test_the_defaults_are_those_of_the_lecture() -> None:
    settings = Settings()

    assert (settings.lr_g, settings.lr_d, settings.dropout, settings.latent_dim) == (0.0002, 0.0002, 0.5, 100)
    assert (settings.g_hidden, settings.d_hidden, settings.leaky_slope) == ((128,), (128,), 0.01)
    assert (settings.batch_size, settings.epochs, settings.loss) == (128, 100, "non-saturating")
    assert (settings.optimizer_g, settings.beta1_g, settings.beta2_g) == ("adam", 0.5, 0.999)
    assert (settings.optimizer_d, settings.beta1_d, settings.beta2_d) == ("adam", 0.5, 0.999)


def test_a_change_makes_new_settings_and_is_validated() -> None:
    before = Settings()

    after = before.changed(lr_g=0.001, digits="3 8")

    assert (before.lr_g, after.lr_g, after.digits) == (0.0002, 0.001, (3, 8))
    assert after.differing() == {"lr_g": 0.001, "digits": [3, 8]}
    with pytest.raises(SettingsError, match="Dropout"):
        after.changed(dropout=1.0)
    name = "lr_g"
    with pytest.raises(ValidationError, match="frozen"):
        setattr(before, name, 1.0)


# --- knobs without effect ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "without"),
    [
        ({}, {"momentum_g", "momentum_d", "weight_clip", "gradient_penalty"}),
        ({"optimizer_g": "sgd"}, {"beta1_g", "beta2_g", "momentum_d", "weight_clip", "gradient_penalty"}),
        ({"optimizer_d": "sgd"}, {"momentum_g", "beta1_d", "beta2_d", "weight_clip", "gradient_penalty"}),
        ({"loss": "wasserstein"}, {"momentum_g", "momentum_d", "label_smoothing"}),
        ({"loss": "least-squares"}, {"momentum_g", "momentum_d", "weight_clip", "gradient_penalty"}),
    ],
)
def test_knobs_that_change_nothing_are_known_with_the_reason(settings: dict[str, Any], without: set[str]) -> None:
    reasons = without_effect(parse(settings).model_dump(mode="json"))

    assert set(reasons) == without
    assert all(reason.endswith(".") for reason in reasons.values())


@pytest.mark.parametrize("knob", [knob for knob in KNOBS.values() if knob.applies], ids=lambda knob: knob.name)
def test_whether_a_knob_has_an_effect_depends_on_a_choice_made_before_the_start(knob: Knob) -> None:
    assert knob.applies is not None
    choice = KNOBS[knob.applies.name]
    assert not choice.live
    assert set(knob.applies.values) < set(choice.choices)


@pytest.mark.parametrize("knob", [knob for knob in KNOBS.values() if knob.applies], ids=lambda knob: knob.name)
def test_a_knob_changes_the_training_if_and_only_if_it_is_said_to(knob: Knob) -> None:
    assert knob.applies is not None
    other = {"weight_clip": 0.002, "label_smoothing": 0.3}.get(knob.name, 0.25)
    for choice in KNOBS[knob.applies.name].choices:
        settings = SMALL.changed(**{knob.applies.name: choice}, seed=3)
        usual, changed = (in_one_go(settings.changed(**values), 4) for values in ({}, {knob.name: other}))
        differs = any(not torch.equal(usual.state[name], changed.state[name]) for name in usual.state)
        assert differs == (choice in knob.applies.values), choice


@pytest.mark.parametrize(
    ("knob", "text"),
    [
        ("lr_g", text)
        for text in ("1_0e-5", " 0.001", "0.001\n", "nan", "inf", "1e999", "0x1", "\u0661", "1e-5_0", "", "1,5")
    ]
    + [("epochs", text) for text in ("1_0", "1e1_0", " 5", "\u0665", "0x5", "five", "")]
    + [("digits", text) for text in ("1,1", "1_", "\u0661", "0x1", [3, 3], "1.0")]
    + [("g_hidden", text) for text in ("1_28", "\u0661", "0x10", "12.5")],
)
def test_what_is_no_plain_number_is_refused_with_the_range(knob: str, text: str | list[int]) -> None:
    with pytest.raises(SettingsError, match=rf"\({knob}\) is .*; it must be "):
        parse({knob: text})


def test_plain_numbers_in_every_usual_form_are_taken() -> None:
    assert [parse({"lr_g": text}).lr_g for text in ("0.001", ".001", "1e-3", "1.E-3", "+0.001")] == [0.001] * 5
    assert parse({"digits": "3, 1 2", "g_hidden": "64,32"}).digits == (1, 2, 3)
