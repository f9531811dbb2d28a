"""Settings in the page's address: what a link says, and what is said of what it cannot mean."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan import presets
from gan.app.address import names_settings, read, without_settings, write
from gan.settings import KNOBS, Knob, Settings, parse


def values(knob: Knob) -> st.SearchStrategy[Any]:
    match knob.kind:
        case "choice":
            return st.sampled_from(knob.choices)
        case "digits":
            return st.sets(st.integers(0, 9), min_size=1)
        case "widths":
            return st.lists(st.integers(1, 2048), min_size=1, max_size=4)
        case "int":
            return st.integers(int(knob.low or 0), int(knob.high or 0))
    return st.floats(knob.low, knob.high)


EVERY = st.fixed_dictionaries({}, optional={name: values(knob) for name, knob in KNOBS.items()})


@given(EVERY)
def test_a_link_carries_any_settings_exactly(chosen: dict[str, Any]) -> None:
    settings = parse(chosen)
    query = urlencode(write(settings), doseq=True)
    link = read(parse_qs(query, keep_blank_values=True))
    assert (link.settings, link.problems) == (settings, [])
    assert set(write(settings)) == set(settings.differing())  # and nothing that is as usual


@given(st.dictionaries(st.sampled_from(list(KNOBS)) | st.text(), st.lists(st.text(), min_size=1)))
def test_whatever_an_address_says_the_settings_are_possible(params: dict[str, list[str]]) -> None:
    link = read(params)
    assert parse(link.settings.model_dump()) == link.settings
    changed = link.settings.differing()
    for name in KNOBS.keys() & params.keys() - changed.keys():
        named = any(f"({name}) is" in problem for problem in link.problems)
        assert named or read({name: params[name]}).problems == []  # it names the default


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        (
            "lr_g",
            "fast",
            "Generator learning rate (lr_g) is 'fast' in the link; it must be a number from 1e-06 to",
        ),
        ("dropout", "nan", "Dropout (dropout) is 'nan' in the link; it must be a number from 0 to 0.95,"),
        ("epochs", "12.5", "Epochs (epochs) is '12.5' in the link; it must be a whole number from 1 to 10000,"),
        ("batch_size", "0", "Batch size (batch_size) is '0' in the link; it must be a whole number from 1 to 4096,"),
        ("noise", "", "Noise (noise) is empty in the link; it must be one of normal, uniform,"),
        ("digits", "3 x", "Digits (digits) is '3 x' in the link; it must be one or more different digits from 0 to 9,"),
        ("seed", "9" * 5000, f"Seed (seed) is '{'9' * 57}...' in the link; it must be a whole number from 0 to"),
    ],
)
def test_a_bad_value_is_named_and_its_default_used(name: str, text: str, sentence: str) -> None:
    link = read({name: [text], "lr_d": ["0.01"]})
    assert link.settings == parse({"lr_d": 0.01})
    (problem,) = link.problems
    assert problem.startswith(sentence)
    default = KNOBS[name].default
    assert problem.endswith(f"so it stays {', '.join(map(str, default)) if name == 'digits' else default}.")


def test_what_people_type_means_what_it_says() -> None:
    typed = {"dataset": ["fashion"], "digits": ["8, 3"], "g_hidden": ["64 32"], "lr_g": [" 1e-3 "], "device": ["CPU"]}
    assert read(typed | {"device": ["cpu"], "lr_d": ["1", "0.1"]}).settings == parse(
        {"dataset": "fashion", "digits": [3, 8], "g_hidden": [64, 32], "lr_g": 0.001, "device": "cpu", "lr_d": 0.1}
    )
    assert len(read(typed).problems) == 1


def test_slips_of_the_pen_are_named_and_other_parameters_left_alone() -> None:
    params = {"lr_x": ["1"], "learning_rate": ["1"], "Batch-Size": ["64"], "run": ["a"], "with": ["b", "c"]}
    params |= {"utm_source": ["mail"], "x" * 5000: ["1"]}
    link = read(params)
    assert link.settings == Settings()
    assert link.problems == [
        "The link names a setting 'lr_x', which does not exist; perhaps lr_g was meant.",
        "The link names a setting 'learning_rate', which does not exist; perhaps lr_g was meant.",
        "The link names a setting 'Batch-Size', which does not exist; perhaps batch_size was meant.",
    ]
    assert without_settings(params) == {
        "run": ["a"], "with": ["b", "c"], "utm_source": ["mail"], "x" * 5000: ["1"],
    }  # fmt: skip
    assert not names_settings(params)
    assert names_settings({"lr_g": [""]})


def test_a_default_is_not_written() -> None:
    assert write(Settings()) == {}
    tiny = presets.named("tiny-latent")
    assert write(parse(tiny.values)) == {"latent_dim": ["2"]}
    assert write(parse({"lr_g": 0.00004, "split": "all"})) == {"lr_g": ["0.00004"], "split": ["training and test sets"]}
