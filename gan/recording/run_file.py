"""`run.json`: what a run is, where it stands, and the checksums of its other files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from gan import names, strict_json
from gan.errors import LiveGANError
from gan.limits import MAX_BATCHES, MAX_COMMANDS, MAX_DESK_NAME, MAX_RUN_FILE, MAX_RUN_VALUES, MAX_TITLE
from gan.recording import atomic_files
from gan.recording.atomic_files import EMPTY_SHA256, DamagedRun
from gan.settings import Settings
from gan.strict_json import NotJSON

State = Literal["queued", "running", "paused", "stopped", "finished", "diverged", "failed", "interrupted"]
UNFINISHED: tuple[State, ...] = ("queued", "running", "paused")

# seconds since 1970, in the range that every clock and calendar can show
Moment = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]
Title = Annotated[str, Field(max_length=MAX_TITLE), AfterValidator(names.checked)]
Checksum = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Figure = Literal["d_loss", "g_loss", "d_real_acc", "d_fake_acc"]  # as in `metric_history.METRICS`
StepVersions = tuple[Annotated[int, Field(ge=1, le=1_000_000)] | None, ...]  # None: unknown
MOST_STEP_VERSIONS = 20  # in `run.json`; if there were more, the newest


class Point(BaseModel):
    """How far the run was at some batch, and the checksums of its commands and metrics up to there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: int = Field(0, ge=0, le=MAX_BATCHES)
    seconds: FiniteFloat = Field(0.0, ge=0, le=1e10)
    commands: int = Field(0, ge=0, le=MAX_COMMANDS, description="how many commands had been obeyed")
    commands_sha256: Checksum = EMPTY_SHA256
    series_sha256: Checksum = EMPTY_SHA256


class FullState(Point):
    """A stored state of the trainer, from which training continues to the last bit."""

    sha256: Checksum

    @property
    def file(self) -> str:
        """The name of its file in the run's folder."""
        return f"state-{self.batch}-{self.sha256[:8]}.safetensors"


DeskName = Annotated[str, Field(max_length=MAX_DESK_NAME), AfterValidator(names.checked)]


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Desk:
    """A student's desk, which has runs of its own. Constructing it validates it.

    Attributes:
        id: never shown; it stays when the student takes another name.
        name: the student's name when the run was made.
    """

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    name: DeskName


# the knobs that build the fully connected networks
_BUILT_BY = ("g_hidden", "d_hidden", "leaky_slope", "g_norm", "minibatch_std")
_NO_DROPOUT = "This run's networks have no dropout that the knob turns."


class NetworksRecord(BaseModel):
    """Networks of one's own (`gan.training.own_networks`): their file, its checksum, and what was found out of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = Field(min_length=1, max_length=100, description="the name of the file that the user gave")
    sha256: Checksum
    g_parameters: int = Field(ge=1, le=10**9)
    d_parameters: int = Field(ge=1, le=10**9)
    dropout: bool = Field(description="whether the knob of dropout turns a layer of theirs")

    def without_effect(self) -> dict[str, str]:
        """The knobs that change nothing in these networks, each with a sentence that says why."""
        reasons = dict.fromkeys(_BUILT_BY, f"{self.file} says how this run's networks are built.")
        reasons["latent_dim"] = "The latent size of networks of one's own is fixed."
        return reasons if self.dropout else reasons | dict.fromkeys(("dropout", "dropout_in"), _NO_DROPOUT)

    def check_change(self, before: Settings, after: Settings) -> None:
        """Raises `LiveGANError` if a change of knobs would need other networks."""
        if after.latent_dim != before.latent_dim:
            raise LiveGANError(
                f"Latent size (latent_dim) stays {before.latent_dim}: the generator of {self.file} was made for it."
            )

    @property
    def text(self) -> str:
        """One line for the user."""
        return (
            f"{self.file} ({self.sha256[:8]}), generator {self.g_parameters:,} and discriminator "
            f"{self.d_parameters:,} parameters"
        )


class RunFile(Point):
    """The content of `run.json`; `states` are the full states on disk, oldest first."""

    format: Literal[2] = 2
    name: str = Field(max_length=100)
    title: Title | None = Field(None, description="the name that people read, if it is not `name`")
    state: State
    message: str = Field("", max_length=500)
    created: Moment
    updated: Moment
    app_version: str = Field(max_length=100)
    torch_version: str = Field(max_length=200)
    processor: str = Field("", max_length=200, description="the processor that trained it; several, if it moved")
    step_versions: StepVersions | None = Field(
        None,
        max_length=MOST_STEP_VERSIONS,
        description="versions of the training step that trained it, oldest first; see `gan.recording.step_version`",
    )
    threads: int = Field(1, ge=1, le=10_000)
    parent: str | None = Field(
        None, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="the run that this one branched from"
    )
    branched_at: int | None = Field(None, ge=0, le=10_000, description="the epoch after which it branched off")
    networks: NetworksRecord | None = Field(None, description="networks of one's own; absent if the run has none")
    desk: Desk | None = Field(None, description="the student's desk that owns it; absent if the teacher does")
    initial_settings: Settings
    settings: Settings
    epoch: int = Field(0, ge=0)
    batches_per_epoch: int = Field(1, ge=1, le=70_000)
    figures: dict[Figure, FiniteFloat] = {}
    size: int = Field(0, ge=0, le=2**50, description="bytes on disk at the last checkpoint")
    states: tuple[FullState, ...] = ()
    course: int = Field(0, ge=0, le=10**9, description="how often training went back: later epochs may differ")
    repeats_until: int = Field(
        0, ge=0, le=10**12, description="until this batch it repeats a record, without a time limit"
    )
    ends_at: int | None = Field(
        None, ge=1, le=MAX_BATCHES, description="the batch at which a run stops that trains again, or is in a league"
    )

    @model_validator(mode="after")
    def _adds_up(self) -> RunFile:
        if self.epoch != self.batch // self.batches_per_epoch:
            raise ValueError("the epoch does not belong to the batch")
        if self.ends_at is not None and self.ends_at < self.batch:
            raise ValueError("the run is past its end")
        batches = [state.batch for state in self.states]
        if batches != sorted(set(batches)) or any(batch > self.batch for batch in batches):
            raise ValueError("the states are not in the order of their batches")
        obeyed = [state.commands for state in self.states]
        if obeyed != sorted(obeyed) or any(count > self.commands for count in obeyed):
            raise ValueError("a state has obeyed more commands than the run, or than a later state")
        return self

    @property
    def shown_name(self) -> str:
        """The name that people read."""
        return self.title or self.name

    @property
    def newest(self) -> FullState | None:
        """The state of the last checkpoint, if it is kept."""
        return self.states[-1] if self.states and self.states[-1].batch == self.batch else None

    @property
    def resumable(self) -> bool:
        """Whether training can continue: a trimmed run has no state left."""
        return self.batch == 0 or bool(self.states)


def read_run_file(folder: Path) -> RunFile:
    """Read `run.json`, or `previous.json` if the former is damaged; raises `DamagedRun`."""
    try:
        return _read(folder, "run.json")
    except DamagedRun as damage:
        try:
            run_file = _read(folder, "previous.json")
        except DamagedRun:
            raise damage from None
        return run_file.model_copy(update={"message": f"{damage} The checkpoint before it is used."})


def _read(folder: Path, name: str) -> RunFile:
    content = atomic_files.read(folder / name, MAX_RUN_FILE)
    try:
        values = strict_json.loads(content, MAX_RUN_VALUES)
        checksum = values.pop("checksum", None)
        run_file = RunFile.model_validate(values)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "its numbers do not add up"
        raise DamagedRun(f"{name} cannot be read ({where[:80]}).") from None
    except NotJSON as error:
        raise DamagedRun(f"{name} cannot be read ({error}).") from None
    except (ValueError, AttributeError, TypeError):
        raise DamagedRun(f"{name} cannot be read (its syntax).") from None
    if checksum != _seal(values):
        raise atomic_files.altered(name)
    return run_file.model_copy(update={"name": folder.name})  # the folder may have been copied or renamed


def _seal(values: dict[str, Any]) -> str:
    """The checksum of its other values that `run.json` carries."""
    return atomic_files.sha256(json.dumps(values, allow_nan=False, sort_keys=True, separators=(",", ":")).encode())


def run_json(values: dict[str, Any]) -> bytes:
    """The bytes of `run.json` with these values and their checksum."""
    values = {name: value for name, value in values.items() if value is not None or name not in ("networks", "desk")}
    return json.dumps({**values, "checksum": _seal(values)}, allow_nan=False, indent=1).encode()


def write_run_file(folder: Path, run_file: RunFile) -> None:
    """Replace `run.json`; raises OSError."""
    atomic_files.write(folder / "run.json", run_json(run_file.model_dump(mode="json")))
