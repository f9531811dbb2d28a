"""A lesson and its steps, as pydantic checks them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gan import presets
from gan.errors import LiveGANError
from gan.lessons import conditions
from gan.lessons.conditions import Condition
from gan.names import title_of
from gan.settings import KNOBS, LIVE_KNOBS, Settings, parse

# What a step can point at; the page knows where each of them is (`spotlight.js`).
PARTS = (
    "start", "presets", "knobs", "ratio", "charts", "losses", "accuracies", "images", "filmstrip", "compare", "quality",
    "game", "inside", "step through", *(name for name in KNOBS if name in LIVE_KNOBS),
)  # fmt: skip
MAX_STEPS = 20
MAX_ANSWERS = 6
_STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _condition(value: object) -> object:
    """A condition from its text."""
    if not isinstance(value, str):
        raise ValueError(f"{str(value)[:60]!r} is no condition.")
    return _told(lambda: conditions.parse(value))


def _told(make: Any) -> Any:
    """What `make` returns; its refusal as pydantic expects it."""
    try:
        return make()
    except LiveGANError as error:
        raise ValueError(str(error)) from None


def _part(name: str) -> str:
    if name not in PARTS:
        raise ValueError(f"The page has no part {name[:40]!r} to watch; it must be one of {', '.join(PARTS)}.")
    return name


def _text(value: object) -> object:
    """YAML takes 0.7 and yes for values; in an answer they are words."""
    if isinstance(value, bool):
        raise ValueError("Put quotation marks around yes, no, true and false.")
    return str(value) if isinstance(value, int | float) else value


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_text), Field(min_length=1, max_length=1000)]
Reached = Annotated[Condition, BeforeValidator(_condition)]


class Start(BaseModel):
    """A run that a step starts: a preset (or the defaults) with some knobs. Without a name it gets the lesson's."""

    model_config = _STRICT

    settings: Settings
    name: str

    @model_validator(mode="before")
    @classmethod
    def _of_knobs(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            raise ValueError("Write what to start as names and values, such as 'preset: lecture'.")
        knobs = {str(name): value for name, value in values.items()}
        preset, name = knobs.pop("preset", None), knobs.pop("name", "")
        known = [each.name for each in presets.PRESETS]
        if preset is not None and preset not in known:
            raise ValueError(f"There is no preset {str(preset)[:40]!r}; it must be one of {', '.join(known)}.")
        chosen = presets.named(preset).in_draft() if preset else {}
        title = _told(lambda: title_of(str(name))) if name else ""
        return {"settings": _told(lambda: parse({**chosen, **knobs})), "name": title}


class Claim(BaseModel):
    """What a lesson says that a run shows, and the condition by which it is checked."""

    model_config = _STRICT

    says: Text
    check: Reached


class Question(BaseModel):
    """A question with its answers. `right`: the number of the right one, from 1; `because`: why."""

    model_config = _STRICT

    ask: Text
    answers: Annotated[tuple[Text, ...], Field(min_length=2, max_length=MAX_ANSWERS)]
    right: Annotated[int, Field(ge=1)]
    because: Text

    @model_validator(mode="after")
    def _one_is_right(self) -> Question:
        if self.right > len(self.answers):
            raise ValueError(f"The right answer is number {self.right}, but there are {len(self.answers)} answers.")
        return self


class Step(BaseModel):
    """One step: text, and what belongs to it.

    Attributes:
        start: the run that it starts.
        compare: draws the runs of the steps before into the charts of this one.
        turn: the live knobs that it turns in that run, or in that of an earlier step.
        watch: the parts of the page that it points at.
        reached: the condition that ends it; without one the reader decides.
        shows: what the run then shows.
        question: asked while the run trains; its answer appears when the step is reached.
    """

    model_config = _STRICT

    title: str
    text: str
    start: Start | None = None
    compare: bool = False
    turn: dict[str, float | int] = Field(default={})
    watch: Annotated[tuple[Annotated[str, AfterValidator(_part)], ...], BeforeValidator(_listed)] = ()
    reached: Reached = ()
    shows: tuple[Claim, ...] = ()
    question: Question | None = None

    @model_validator(mode="after")
    def _knobs_can_be_turned(self) -> Step:
        for name in self.turn:
            if name not in LIVE_KNOBS:
                what = "is fixed when a run starts" if name in KNOBS else "is no knob"
                raise ValueError(f"{name[:40]!r} {what}, so no step can turn it.")
        _told(lambda: parse(self.turn))
        if self.shows and not self.reached:
            raise ValueError("It shows something but is never reached; say when, with 'reached'.")
        return self


class Lesson(BaseModel):
    """A whole lesson. `order` is its place in the list; `minutes` about how long it takes."""

    model_config = _STRICT

    name: str
    title: Annotated[Text, Field(max_length=80)]
    order: Annotated[int, Field(ge=1, le=999)] = 500
    minutes: Annotated[int, Field(ge=1, le=120)]
    learn: Annotated[Text, Field(max_length=300)]
    steps: Annotated[tuple[Step, ...], Field(max_length=MAX_STEPS)]

    @model_validator(mode="after")
    def _knobs_are_turned_in_a_run(self) -> Lesson:
        for step in self.steps:
            if step.start:
                break
            if step.turn or step.reached:
                raise ValueError(f"Step {step.title!r} needs a run, but no step before it starts one.")
        return self
