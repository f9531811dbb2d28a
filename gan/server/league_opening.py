"""What a teacher opens a league with: the budget, the settings that all begin with, and the knobs that are free."""

from __future__ import annotations

import math
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gan import presets, strict_json
from gan.classroom.league import LeagueState
from gan.data import image_sets
from gan.errors import LiveGANError
from gan.limits import MAX_LEAGUE_VALUES
from gan.settings import KNOBS, Settings, parse

LEAST_BUDGET = 10
# What makes entries comparable is never free: the images, their number in a batch, the length, the random numbers.
_FIXED = {"dataset", "split", "digits", "scaling", "batch_size", "seed", "device", "step", "epochs", "seconds"}
FREE = tuple(name for name, knob in KNOBS.items() if (knob.trains or name == "halve_every") and name not in _FIXED)
IDLE = tuple(name for name, knob in KNOBS.items() if not knob.trains and name not in FREE)


class Opening(BaseModel):
    """What a teacher wants of a league: `base` is the name of a preset, `free` are knobs, or all that can be free.

    `hidden` and `own`: what students see until the end (see `LeagueState`).
    """

    model_config = ConfigDict(extra="forbid")

    budget: int = Field(strict=True)
    base: str
    free: list[str] | None = None
    hidden: bool = False
    own: bool = False


def league_of(content: bytes, most: int) -> LeagueState:
    """The league that a teacher's request wants, with a budget of at most `most` batches; raises LiveGANError."""
    try:
        asked = Opening.model_validate(strict_json.loads(content, MAX_LEAGUE_VALUES))
    except (ValidationError, strict_json.NotJSON):
        raise LiveGANError("A league has a budget of batches, a preset and knobs that are free.") from None
    if not LEAST_BUDGET <= asked.budget <= most:
        raise LiveGANError(
            f"The budget must be from {LEAST_BUDGET} to {most:,} batches, as many as a run of a desk may train."
        )
    preset = next((one for one in presets.PRESETS if one.name == asked.base), None)
    if preset is None:
        raise LiveGANError("There is no such preset; choose one of the list.")
    return LeagueState(
        budget=asked.budget,
        title=preset.label,
        base=_base(preset, asked.budget),
        free=_free(asked.free),
        idle=IDLE,
        hidden=asked.hidden,
        own=asked.own,
    )


def labels(names: tuple[str, ...]) -> str:
    """The free knobs in a refusal."""
    return "other knobs" if len(names) > 3 else " and ".join(KNOBS[name].label for name in names)


def _base(preset: presets.Preset, budget: int) -> dict[str, Any]:
    """The settings of a preset as JSON values, with enough epochs for the budget."""
    settings = parse(preset.in_draft())
    images = len(image_sets.load(settings.dataset, settings.split, settings.digits))
    epochs = math.ceil(budget / math.ceil(images / settings.batch_size)) + 1
    values: dict[str, Any] = settings.changed(epochs=max(epochs, Settings().epochs)).model_dump(mode="json")
    return values


def _free(asked: list[str] | None) -> tuple[str, ...]:
    """The knobs that are free; raises LiveGANError. A schedule of the rates turns both, so both are free with it."""
    names = FREE if asked is None else tuple(dict.fromkeys(asked))
    if not names or any(name not in FREE for name in names):
        raise LiveGANError("Choose one knob that students may set, or all of them.")
    both = ("lr_g", "lr_d") if "halve_every" in names else ()
    return tuple(dict.fromkeys((*names, *both)))
