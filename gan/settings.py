"""Every knob of a run: its default, range, unit and meaning, written here and nowhere else.

The page, the command line, the files on disk and the README's table all come from `Settings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from gan import number_text
from gan.errors import LiveGANError

GROUPS = ("Steering", "Data", "Networks", "Loss", "Training", "Optimisers", "Game", "Images", "Running")
MAX_LAYERS = 4
MAX_WIDTH = 2048


class SettingsError(LiveGANError):
    """A knob has a bad value; the text is one sentence made for the user."""


def _split(value: object) -> object:
    """Let "128,256", 128 and [128, 256] all mean a list of whole numbers."""
    if isinstance(value, str):
        parts = [part for part in value.replace(",", " ").split() if part]
        if not all(map(number_text.is_whole, parts)):
            raise ValueError("not whole numbers in plain digits")
        return parts
    items = [value] if isinstance(value, int) else value
    if isinstance(items, list | tuple) and any(isinstance(item, bool) for item in items):
        raise ValueError("true would otherwise pass as 1")
    return items


def _different(digits: tuple[int, ...]) -> tuple[int, ...]:
    """Digits in their order, each once."""
    if len(set(digits)) < len(digits):
        raise ValueError("a digit twice")
    return tuple(sorted(digits))


Widths = Annotated[
    tuple[Annotated[int, Field(ge=1, le=MAX_WIDTH)], ...],
    BeforeValidator(_split),
    Field(min_length=1, max_length=MAX_LAYERS),
]
Digits = Annotated[
    tuple[Annotated[int, Field(ge=0, le=9)], ...],
    BeforeValidator(_split),
    AfterValidator(_different),
    Field(min_length=1),
]
LEAST_RATE = 1e-6
Rate = Annotated[float, Field(ge=LEAST_RATE, le=1e-1)]
Beta = Annotated[float, Field(ge=0.0, le=0.9999)]
Optimizer = Literal["adam", "sgd"]
Scale = Literal["linear", "log", "near-one"]


@dataclass(frozen=True)
class Condition:
    """A knob has an effect only while the setting `name`, which no run can change, is one of `values`.

    `sentence` tells the user.
    """

    name: str
    values: tuple[str, ...]
    sentence: str


_ADAM_G = Condition("optimizer_g", ("adam",), "Only with Adam as the generator's optimiser.")
_ADAM_D = Condition("optimizer_d", ("adam",), "Only with Adam as the discriminator's optimiser.")
_SGD_G = Condition("optimizer_g", ("sgd",), "Only with SGD as the generator's optimiser.")
_SGD_D = Condition("optimizer_d", ("sgd",), "Only with SGD as the discriminator's optimiser.")
_CRITIC = Condition("loss", ("wasserstein",), "Only with the Wasserstein loss.")
_LABELS = Condition("loss", ("non-saturating", "minimax", "least-squares", "relativistic"),
                    "Not with the Wasserstein loss, which has no labels.")  # fmt: skip


def _knob(
    default: Any,
    label: str,
    meaning: str,
    group: str,
    *,
    unit: str = "",
    live: bool = False,
    trains: bool = True,
    scale: Scale = "linear",
    smallest: float | None = None,
    zero: str = "",
    zero_last: bool = False,
    applies: Condition | None = None,
) -> Any:
    """A field of `Settings`; see `Knob`."""
    extra: dict[str, Any] = {
        "group": group, "unit": unit, "live": live, "trains": trains, "scale": scale, "smallest": smallest,
        "zero": zero, "zero_last": zero_last, "applies": applies and asdict(applies),
    }  # fmt: skip
    return Field(default, title=label, description=meaning, json_schema_extra=extra)


class Settings(BaseModel):
    """The settings of one run; immutable. The defaults are those of the lecture (STAT 453, L18.4)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    lr_g: Rate = _knob(
        0.0002, "Generator learning rate", "How far each step moves the generator's weights.", "Steering",
        live=True, scale="log",
    )  # fmt: skip
    lr_d: Rate = _knob(
        0.0002, "Discriminator learning rate", "How far each step moves the discriminator's weights.", "Steering",
        live=True, scale="log",
    )  # fmt: skip
    dropout: Annotated[float, Field(ge=0.0, le=0.95)] = _knob(
        0.5, "Dropout", "Share of hidden units switched off at random in every batch.", "Steering",
        live=True,
    )  # fmt: skip
    latent_dim: Annotated[int, Field(ge=1, le=512)] = _knob(
        100, "Latent size", "How many random numbers the generator makes an image from.", "Steering",
        unit="numbers", live=True, scale="log",
    )  # fmt: skip

    dataset: Literal["mnist", "fashion", "kmnist"] = _knob(
        "mnist",
        "Data set",
        "MNIST is built in; FashionMNIST and KMNIST are downloaded once, after you are asked.",
        "Data",
    )
    split: Literal["train", "all"] = _knob(
        "train", "Images", "The training set alone, or the training and test sets together.", "Data"
    )
    digits: Digits = _knob(tuple(range(10)), "Digits", "Which digits (or classes) the discriminator is shown.", "Data")
    scaling: Literal["-1..1", "0..1"] = _knob(
        "-1..1", "Pixel range", "Pixels from -1 to 1 (generator ends in tanh) or from 0 to 1 (in a sigmoid).", "Data"
    )

    g_hidden: Widths = _knob(
        (128,), "Generator hidden layers", "Width of each hidden layer of the generator, first to last.", "Networks",
        unit="units",
    )  # fmt: skip
    d_hidden: Widths = _knob(
        (128,), "Discriminator hidden layers", "Width of each hidden layer of the discriminator, first to last.",
        "Networks", unit="units",
    )  # fmt: skip
    leaky_slope: Annotated[float, Field(ge=0.0, le=1.0)] = _knob(
        0.01, "LeakyReLU slope", "Slope of the activation for negative inputs; 0 is a plain ReLU.", "Networks"
    )

    g_norm: Literal["none", "batch"] = _knob(
        "none", "Generator normalisation", "Batch normalisation in the generator's hidden layers, or none.", "Networks"
    )
    dropout_in: Literal["both", "discriminator"] = _knob(
        "both", "Dropout in", "Dropout in both networks, as in the lecture, or in the discriminator alone.", "Networks"
    )
    conditional: Literal["off", "on"] = _knob(
        "off", "Chosen digits", "On tells both networks the digit (or class) of every image, so that you can choose "
        "what the generator draws.", "Networks",
    )  # fmt: skip
    minibatch_std: Literal["off", "on"] = _knob(
        "off", "Minibatch standard deviation", "On shows the discriminator how much the images of a batch differ, so "
        "that a generator that repeats itself gives itself away.", "Networks",
    )  # fmt: skip

    loss: Literal["non-saturating", "minimax", "least-squares", "wasserstein", "relativistic"] = _knob(
        "non-saturating", "Loss", "The lecture's flipped labels, the original minimax game, LSGAN, WGAN with "
        "weight clipping, or relativistic: which image of a pair is the real one.", "Loss",
    )  # fmt: skip
    weight_clip: Annotated[float, Field(ge=0.001, le=1.0)] = _knob(
        0.01, "Weight clip", "The critic's weights are kept within plus or minus this, unless there is a gradient "
        "penalty.", "Loss",
        scale="log", applies=_CRITIC,
    )  # fmt: skip
    label_smoothing: Annotated[float, Field(ge=0.0, le=0.5)] = _knob(
        0.0, "Label smoothing", "One-sided: real images are labelled 1 minus this.", "Game",
        live=True, applies=_LABELS,
    )  # fmt: skip
    noise: Literal["normal", "uniform"] = _knob(
        "normal", "Noise", "Latent numbers from a standard normal, or uniform from -1 to 1.", "Loss"
    )

    batch_size: Annotated[int, Field(ge=1, le=4096)] = _knob(
        128, "Batch size", "Real images shown per batch.", "Training", unit="images", scale="log"
    )
    epochs: Annotated[int, Field(ge=1, le=10_000)] = _knob(
        100, "Epochs", "Passes through the data before the run is finished; can be raised later.", "Running",
        unit="epochs", live=True, scale="log",
    )  # fmt: skip
    d_steps: Annotated[int, Field(ge=1, le=10)] = _knob(
        1, "Discriminator steps", "Discriminator updates per batch, each against fresh fakes.", "Game",
        unit="per batch", live=True,
    )  # fmt: skip
    g_steps: Annotated[int, Field(ge=1, le=10)] = _knob(
        1, "Generator steps", "Generator updates per batch, each with fresh noise after the first.", "Game",
        unit="per batch", live=True,
    )  # fmt: skip
    r1_gamma: Annotated[float, Field(ge=0.0, le=100.0)] = _knob(
        0.0, "R1 penalty", "Punishes the discriminator for outputs that change steeply around real images, which keeps "
        "the game steady; 0 is none.", "Game",
        live=True, scale="log", smallest=0.01, zero="off",
    )  # fmt: skip
    r2_gamma: Annotated[float, Field(ge=0.0, le=100.0)] = _knob(
        0.0, "R2 penalty", "The same as R1 around generated images.", "Game",
        live=True, scale="log", smallest=0.01, zero="off",
    )  # fmt: skip
    penalty_every: Annotated[int, Field(ge=1, le=64)] = _knob(
        1, "R1 and R2 every", "Counts R1 and R2 only in every so many batches, and as many times there, which saves "
        "time.", "Game",
        unit="batches", live=True, scale="log",
    )  # fmt: skip
    gradient_penalty: Annotated[float, Field(ge=0.0, le=100.0)] = _knob(
        0.0, "Gradient penalty", "Keeps the critic's score about equally steep between real and generated images "
        "(WGAN-GP), instead of clipping its weights; 0 clips them.", "Game",
        live=True, scale="log", smallest=0.1, zero="off", applies=_CRITIC,
    )  # fmt: skip
    halve_every: Annotated[int, Field(ge=0, le=1000)] = _knob(
        0, "Halve both rates every", "Turns both learning rates down to half after every so many epochs, which settles "
        "the images at the end; 0 leaves them to you.", "Game",
        unit="epochs", live=True, trains=False, scale="log", smallest=1, zero="never", zero_last=True,
    )  # fmt: skip
    ema_decay: Annotated[float, Field(ge=0.0, le=0.9999)] = _knob(
        0.0, "Averaged generator", "Decay of a running average of the generator's weights, which then makes the "
        "images; 0 keeps no average.", "Images",
        live=True, scale="near-one", smallest=0.9, zero="off",
    )  # fmt: skip
    seconds: Annotated[int, Field(ge=0, le=604_800)] = _knob(
        0, "Time limit", "Ends the run after this many seconds of training, unless its epochs end first; "
        "0 is no limit.", "Running",
        unit="seconds", live=True, scale="log", smallest=10, zero="no limit", zero_last=True,
    )  # fmt: skip
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = _knob(
        1, "Seed", "Starts all random numbers of the run; the same seed gives the same run.", "Training"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = _knob(
        "auto", "Device", "Where it trains; auto takes the device that is faster with these settings.", "Training"
    )
    step: Literal["auto", "reference", "fast"] = _knob(
        "auto", "Training step", "Reference is the lecture's algorithm as you read it; fast computes the same faster; "
        "auto takes the fastest there is.", "Training",
    )  # fmt: skip

    pace: Annotated[float, Field(ge=0.0, le=1000.0)] = _knob(
        0.0, "Speed limit", "Slow motion: trains at most this many batches a second; 0 is no limit.", "Running",
        unit="batches/s", live=True, trains=False, scale="log", smallest=0.1, zero="no limit", zero_last=True,
    )  # fmt: skip
    kept_epochs: Annotated[int, Field(ge=1, le=10_000)] = _knob(
        200, "Kept epochs", "Keeps the weights of at most this many epochs on disk and thins older ones evenly.",
        "Running", unit="epochs", live=True, trains=False, scale="log",
    )  # fmt: skip
    full_every: Annotated[int, Field(ge=1, le=1000)] = _knob(
        5, "Full state every", "Epochs between two full training states on disk; branches start from these.",
        "Running", unit="epochs", live=True, trains=False, scale="log",
    )  # fmt: skip

    optimizer_g: Optimizer = _knob("adam", "Generator optimiser", "Adam, or SGD with momentum.", "Optimisers")
    beta1_g: Beta = _knob(
        0.5, "Generator Adam beta 1", "Memory of Adam's average of the gradients.", "Optimisers",
        live=True, scale="near-one", applies=_ADAM_G,
    )  # fmt: skip
    beta2_g: Beta = _knob(
        0.999, "Generator Adam beta 2", "Memory of Adam's average of the squared gradients.", "Optimisers",
        live=True, scale="near-one", applies=_ADAM_G,
    )  # fmt: skip
    momentum_g: Beta = _knob(
        0.9, "Generator SGD momentum", "Share of the last step that is kept.", "Optimisers",
        live=True, scale="near-one", applies=_SGD_G,
    )  # fmt: skip
    optimizer_d: Optimizer = _knob("adam", "Discriminator optimiser", "Adam, or SGD with momentum.", "Optimisers")
    beta1_d: Beta = _knob(
        0.5, "Discriminator Adam beta 1", "Memory of Adam's average of the gradients.", "Optimisers",
        live=True, scale="near-one", applies=_ADAM_D,
    )  # fmt: skip
    beta2_d: Beta = _knob(
        0.999, "Discriminator Adam beta 2", "Memory of Adam's average of the squared gradients.", "Optimisers",
        live=True, scale="near-one", applies=_ADAM_D,
    )  # fmt: skip
    momentum_d: Beta = _knob(
        0.9, "Discriminator SGD momentum", "Share of the last step that is kept.", "Optimisers",
        live=True, scale="near-one", applies=_SGD_D,
    )  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _plain_numbers(cls, values: Any) -> Any:
        """Refuse True, which would pass as 1, and "1_0", which would pass as 10."""
        for name, value in values.items() if isinstance(values, Mapping) else ():
            if isinstance(value, bool) or (isinstance(value, str) and not _is_plain(name, value)):
                raise PydanticCustomError("no plain number", name)
        return values

    def changed(self, /, **values: Any) -> Settings:
        """These settings with some knobs changed, validated; raises `SettingsError`."""
        return parse({**self.model_dump(), **values})

    @property
    def g_dropout(self) -> float:
        """The dropout of the generator's hidden layers."""
        return self.dropout if self.dropout_in == "both" else 0.0

    def differing(self) -> dict[str, Any]:
        """The knobs that differ from their defaults, as JSON values."""
        defaults = Settings().model_dump(mode="json")
        return {name: value for name, value in self.model_dump(mode="json").items() if value != defaults[name]}


@dataclass(frozen=True)
class Knob:
    """One setting as a control needs it.

    `kind`: float, int, choice, widths or digits. `trains`: whether the knob changes what the networks learn, and so
    leaves a mark on the chart. `applies`: when it has an effect; None means always.

    For its slider: `scale` "log" has steps of equal ratio; "near-one" has steps of equal ratio of the distance from 1,
    so that 0.9, 0.99 and 0.999 are equally far apart. The slider begins at `smallest`, the smallest useful value; users
    can type smaller ones. Where 0 means something else than a small number, `zero` names its meaning ("no limit"), and
    0 has a position of its own: at the end of the slider if `zero_last`, else at its beginning.
    """

    name: str
    label: str
    meaning: str
    group: str
    kind: str
    default: Any
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    unit: str
    live: bool
    trains: bool
    scale: Scale
    smallest: float | None
    zero: str
    zero_last: bool
    applies: Condition | None

    def without_effect(self, settings: Mapping[str, Any]) -> str | None:
        """A sentence that says why the knob has no effect in a run with these settings; None if it has one."""
        condition = self.applies
        return None if condition is None or settings[condition.name] in condition.values else condition.sentence

    def allows(self, value: object) -> bool:
        """Whether a live knob, which is a number, accepts this value: as `parse`, in a hundredth of its time."""
        if isinstance(value, bool) or not isinstance(value, int | float) or self.low is None or self.high is None:
            return False
        return self.low <= value <= self.high and (self.kind == "float" or value == int(value))

    def range_text(self) -> str:
        """The allowed values in words, for error sentences, help and the README's table."""
        match self.kind:
            case "choice":
                return "one of " + ", ".join(self.choices)
            case "widths":
                return f"1 to {MAX_LAYERS} whole numbers from 1 to {MAX_WIDTH}"
            case "digits":
                return "one or more different digits from 0 to 9"
        number = "a whole number" if self.kind == "int" else "a number"
        return f"{number} from {self.low:g} to {self.high:.10g}"


def _is_plain(name: str, text: str) -> bool:
    """Whether a text is plain digits, for a knob that is a number."""
    kind = KNOBS[name].kind if name in KNOBS else "choice"
    return kind not in ("int", "float") or number_text.is_number(text)


def _knobs() -> dict[str, Knob]:
    schema = Settings.model_json_schema()["properties"]
    knobs = {}
    for name, entry in schema.items():
        kind = {"number": "float", "integer": "int", "string": "choice", "array": "widths"}[entry["type"]]
        knobs[name] = Knob(
            name=name,
            label=entry["title"],
            meaning=entry["description"],
            group=entry["group"],
            kind="digits" if name == "digits" else kind,
            default=entry["default"],
            low=entry.get("minimum"),
            high=entry.get("maximum"),
            choices=tuple(entry.get("enum", ())),
            unit=entry["unit"],
            live=entry["live"],
            trains=entry["trains"],
            scale=entry["scale"],
            smallest=entry.get("minimum") if entry["smallest"] is None else entry["smallest"],
            zero=entry["zero"],
            zero_last=entry["zero_last"],
            applies=Condition(**entry["applies"]) if entry["applies"] else None,
        )
    return knobs


KNOBS: dict[str, Knob] = _knobs()
LIVE_KNOBS = frozenset(name for name, knob in KNOBS.items() if knob.live)


def without_effect(settings: Mapping[str, Any]) -> dict[str, str]:
    """The knobs without effect in a run with these settings (a complete set), each with a sentence that says why."""
    reasons = {name: knob.without_effect(settings) for name, knob in KNOBS.items()}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def parse(values: Mapping[str, Any]) -> Settings:
    """Validate a mapping of knob names to values.

    Raises:
        SettingsError: one sentence naming the knob, the value and the allowed range.
    """
    try:
        return Settings.model_validate(dict(values))
    except ValidationError as error:
        raise SettingsError(_sentence(error, values)) from None


def _sentence(error: ValidationError, values: Mapping[str, Any]) -> str:
    first = error.errors()[0]
    name = (
        str(first["loc"][0]) if first["loc"] else first["msg"]
    )  # the name of one that is no plain number comes as the message
    if name not in KNOBS:
        return f"There is no setting named {name[:60]!r}."
    knob = KNOBS[name]
    return f"{knob.label} ({name}) is {_shown(values.get(name))}; it must be {knob.range_text()}."


def _shown(value: object) -> str:
    try:
        text = str(value) if isinstance(value, int | float | list | tuple) else repr(value)
    except ValueError:  # Python refuses to write out an int of more than 4300 digits
        return "far too long"
    return text if len(text) <= 60 else text[:57] + "..."
