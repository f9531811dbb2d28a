"""What a detector finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gan.explain.evidence import Evidence
from gan.settings import KNOBS

# what a text rests on, by the names that the page lights
Figure = Literal["losses", "accuracy", "fid", "digits", "copies", "images"]


@dataclass(frozen=True)
class Finding:
    """Something that goes wrong in a run.

    Attributes:
        name: of the detector.
        title: what it is called, in a few words.
        saw: the figures that show it, in one sentence.
        why: how it comes about.
        advice: what to try.
        remedy: the knobs that do so, with their values; none if no knob that can be turned helps.
        word: where to read on, an anchor of the page "Words".
        figure: what shows it on the page.
    """

    name: str
    title: str
    saw: str
    why: str
    advice: str
    word: str
    figure: Figure
    remedy: dict[str, float] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The remedy in words: "both learning rates 0.0002"."""
        rest = dict(self.remedy)
        parts = []
        for one, other, both in (("lr_g", "lr_d", "both learning rates"), ("beta1_g", "beta1_d", "Adam's beta 1")):
            if one in rest and rest.get(one) == rest.get(other):
                parts.append(f"{both} {short(rest.pop(one))}")
                del rest[other]
        return ", ".join(parts + [f"{_within_sentence(name)} {short(value)}" for name, value in rest.items()])


def _within_sentence(name: str) -> str:
    """The label of a knob as it stands within a sentence."""
    label = KNOBS[name].label
    return label if label[1:2].isdigit() else label[0].lower() + label[1:]


def short(value: float) -> str:
    """A number as people write it, with up to three digits."""
    text = f"{value:.3g}"
    return f"{value:.10f}".rstrip("0").rstrip(".") if "e-" in text else text


def rounded(value: float) -> float:
    """A knob's value with two digits."""
    return float(f"{value:.2g}")


def slower(e: Evidence, name: str, factor: float) -> dict[str, float]:
    """One learning rate, so many times lower."""
    knob = KNOBS[name]
    assert knob.low is not None
    return {name: max(knob.low, rounded(getattr(e.settings, name) / factor))}


def balanced(e: Evidence) -> dict[str, float]:
    """Both learning rates at their geometric mean, so that their ratio is 1."""
    rate = rounded((e.settings.lr_g * e.settings.lr_d) ** 0.5)
    return {"lr_g": rate, "lr_d": rate}
