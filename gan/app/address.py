"""The draft's settings in the page's address: those that differ from their defaults, under the names of their knobs.

A choice appears as its widget shows it, so that Streamlit can bind it. Classes appear by name, one parameter each, and
are also accepted by number: `?loss=minimax&digits=3`, `?dataset=FashionMNIST&digits=Bag&digits=Coat`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gan.data.class_names import CLASS_NAMES
from gan.settings import KNOBS, Knob, Settings, SettingsError

Params = Mapping[str, Sequence[str]]

_CAPTIONS = {
    "mnist": "MNIST",
    "fashion": "FashionMNIST",
    "kmnist": "KMNIST",
    "train": "training set",
    "all": "training and test sets",
    "sgd": "SGD",
    "adam": "Adam",
    "cpu": "processor",
    "cuda": "CUDA",
    "mps": "Apple",
}
_LONGEST = 60  # characters of a value that a sentence repeats
_MOST_UNKNOWN = 50  # unknown names compared with those of the knobs
_ALIKE = 0.7  # how similar to a knob's name a name must be to count as a typing error


@dataclass(frozen=True)
class Link:
    """What an address asks for: settings, and one sentence for each problem in it."""

    settings: Settings
    problems: list[str]


def caption(value: Any) -> str:
    """A choice as people call it."""
    return _CAPTIONS.get(str(value), str(value))


def names_settings(params: Params) -> bool:
    return any(name in KNOBS for name in params)


def read(params: Params) -> Link:
    """The settings that an address names; an invalid one gets its default and a sentence."""
    settings, problems = Settings(), []
    for name, texts in params.items():
        if name in KNOBS:
            try:
                settings = settings.changed(**{name: _value(KNOBS[name], texts)})
            except SettingsError:
                problems.append(_sentence(KNOBS[name], texts))
    unknown = [name for name in params if name not in KNOBS]
    problems += [_unknown(name, slip) for name in unknown[:_MOST_UNKNOWN] if (slip := _meant(name))]
    return Link(settings, problems)


def write(settings: Settings) -> dict[str, list[str]]:
    """The parameters that stand for these settings, as Streamlit's widgets and the live view write them."""
    return {name: _texts(KNOBS[name], value, settings.dataset) for name, value in settings.differing().items()}


def without_settings(params: Params) -> dict[str, list[str]]:
    """The parameters that are not about settings."""
    return {name: list(texts) for name, texts in params.items() if name not in KNOBS and not _meant(name)}


def problems_with_run(params: Params) -> list[str]:
    """One sentence for each thing that a link to a run cannot ask for."""
    named = [name for name in params if name in KNOBS]
    problems = []
    if named:
        which = _short(", ".join(named))
        problems.append(
            f"The link names a run and also settings ({which}); the run keeps its own, so they are left out."
        )
    if "epoch" in params:
        problems.append("A link cannot name an epoch; choose it with the slider below the images.")
    return problems


# --- parts -------------------------------------------------------------------------------------------------------


def _value(knob: Knob, texts: Sequence[str]) -> Any:
    """The value that a parameter's texts stand for; a widget's caption stands for its choice."""
    if knob.kind == "digits":
        numbers = {name: str(number) for names in CLASS_NAMES.values() for number, name in enumerate(names)}
        return " ".join(numbers.get(text, text) for text in texts)
    text = texts[-1].strip() if texts else ""
    return next((choice for choice in knob.choices if text == caption(choice)), text)


def _texts(knob: Knob, value: Any, dataset: str) -> list[str]:
    if knob.kind == "digits":
        return [CLASS_NAMES[dataset][label] for label in value]
    if knob.kind == "widths":
        return [", ".join(map(str, value))]
    if isinstance(value, float):
        return [np.format_float_positional(value, trim="-")]  # as JavaScript does: no exponent for a learning rate
    return [caption(value)]


def _sentence(knob: Knob, texts: Sequence[str]) -> str:
    default = ", ".join(_texts(knob, knob.default, "mnist"))
    shown = f"'{_short(text)}'" if (text := ", ".join(texts)) else "empty"
    return f"{knob.label} ({knob.name}) is {shown} in the link; it must be {knob.range_text()}, so it stays {default}."


def _unknown(name: str, meant: str) -> str:
    return f"The link names a setting '{name}', which does not exist; perhaps {meant} was meant."


def _meant(name: str) -> str | None:
    """The knob that a name is probably a slip of; None if no knob's name is similar."""
    if name in KNOBS or len(name) > _LONGEST:
        return None
    written = name.lower().replace("-", "_").replace(" ", "_")
    names = {knob.label.lower().replace(" ", "_"): knob.name for knob in KNOBS.values()} | {
        name: name for name in KNOBS
    }
    alike = difflib.get_close_matches(written, names, 1, _ALIKE)
    return names[alike[0]] if alike else None


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
