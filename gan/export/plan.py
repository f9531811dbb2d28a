"""Decides from a run's settings and moves what its script contains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from gan.data.idx import COUNTS
from gan.export.record import ExportedRecord, Move
from gan.settings import KNOBS, Settings
from gan.training.device_choice import choose_device
from gan.training.random_streams import STREAMS, stream_seed
from gan.training.steps import choose_step

# Images of each digit in MNIST; the other data sets have as many of each class.
MNIST_COUNTS = {
    "train": (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
    "t10k": (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
}


@dataclass(frozen=True)
class ScriptPlan:
    """A record, read as a script needs it.

    Steps of one network alone appear as moves of a knob "alone": "d", "g" or None.

    `device`: "cpu", "cuda" or "mps"; "auto" is resolved here.
    """

    record: ExportedRecord
    moves: list[Move]
    device: str

    @classmethod
    def of(cls, record: ExportedRecord) -> ScriptPlan:
        settings = record.run_file.initial_settings
        moves = _with_steps(record.moves, record.alone, len(record.rows))
        return cls(record, moves, choose_device(settings, trained_on=record.run_file.processor).kind)

    @property
    def title(self) -> str:
        """The run's title, escaped for code and Markdown."""
        title = self.record.run_file.shown_name
        return "".join(character for character in title if character not in '"\\`*_<>[]#')

    @property
    def settings(self) -> Settings:
        """The settings that the run began with."""
        return self.record.run_file.initial_settings

    @property
    def batches(self) -> int:
        return len(self.record.rows)

    def moved(self, *knobs: str) -> bool:
        return any(knob in move.values for move in self.moves for knob in knobs)

    def ever(self, knob: str, value: Any) -> bool:
        """Whether a knob ever had another value than `value`."""
        return any(v != value for v in (getattr(self.settings, knob), *self._later(knob)))

    def tabled(self) -> dict[str, Any]:
        """The knobs in the script's table: the steering ones and all that were moved."""
        names = [name for name, knob in KNOBS.items() if knob.group == "Steering" or self.moved(name)]
        return {name: getattr(self.settings, name) for name in names} | ({"alone": None} if self.alone else {})

    def value(self, knob: str) -> str:
        """The script's expression for the value of a knob."""
        return f'knobs["{knob}"]' if knob in self.tabled() else repr(getattr(self.settings, knob))

    def to_device(self) -> str:
        """The code that moves a tensor or network to the run's device."""
        return "" if self.device == "cpu" else f'.to("{self.device}")'

    @property
    def alone(self) -> dict[int, Literal["d", "g"]]:
        return self.record.alone

    def dropout(self, side: str) -> bool:
        """Whether a network ever had dropout; `side` is "g" or "d"."""
        return self.ever("dropout", 0.0) and (side == "d" or self.settings.dropout_in == "both")

    @property
    def average(self) -> bool:
        """Whether there was ever an averaged generator."""
        return self.ever("ema_decay", 0.0)

    @property
    def shown(self) -> str:
        """The script's name for the generator that makes the images after the last batch."""
        return "averaged" if [self.settings.ema_decay, *self._later("ema_decay")][-1] else "generator"

    @property
    def norm(self) -> bool:
        """Whether the generator's hidden layers are normalised."""
        return self.settings.g_norm == "batch"

    @property
    def lone_image(self) -> bool:
        """Whether the last batch of an epoch is a single image."""
        size = self.settings.batch_size
        return image_count(self.settings) % size == 1 % size

    @property
    def fast(self) -> bool:
        """Whether the run began with the fast step rather than the reference step."""
        return self._step_with(self.settings) == "fast"

    def _step_with(self, settings: Settings) -> str:
        return choose_step(settings, device=self.device).step

    @property
    def penalised(self) -> bool:
        """Whether the discriminator's loss ever had a penalty."""
        return self.ever("r1_gamma", 0.0) or self.ever("r2_gamma", 0.0)

    @property
    def critic_penalised(self) -> bool:
        """Whether there was ever a gradient penalty (WGAN-GP)."""
        return self.settings.loss == "wasserstein" and self.ever("gradient_penalty", 0.0)

    @property
    def exact(self) -> bool:
        """Whether the script's losses are the run's to the last bit.

        The fast step has penalties in closed form, which rounds differently from autograd; where a penalty made the
        run change its step, the script rounds as one of the two; and a graph holds learning rates in single precision.
        """
        penalised = self.penalised or self.critic_penalised
        return not self.by_graph and (not penalised or self._steps == {"reference"})

    @property
    def by_graph(self) -> bool:
        """Whether a GPU repeated the run's step as a CUDA graph."""
        return "graph" in self._steps

    @property
    def rounds_as_fast(self) -> bool:
        """Whether the script rounds as the fast step does where that differs from plain torch."""
        return self.fast and self.exact

    @property
    def conditional(self) -> bool:
        """Whether the networks take labels."""
        return self.settings.conditional == "on"

    @property
    def minibatch_std(self) -> bool:
        """Whether the discriminator sees how much the images of a batch differ."""
        return self.settings.minibatch_std == "on"

    def asked(self, rows: str) -> str:
        """The expression for rows of noise or pixels as a network takes them: with their digits behind them."""
        return f"asked({rows})" if self.conditional else rows

    def optimizer_knobs(self, side: str) -> str:
        """The arguments of an optimiser that moves changed; `side` is "g" or "d"."""
        lr = f"lr={self.value(f'lr_{side}')}"
        if getattr(self.settings, f"optimizer_{side}") == "sgd":
            return f"{lr}, momentum={self.value(f'momentum_{side}')}"
        return f"{lr}, betas=({self.value(f'beta1_{side}')}, {self.value(f'beta2_{side}')})"

    def generated(self, noise: str, generator: str = "generator") -> str:
        """A generator's images of some noise; it ends in a sigmoid or in tanh."""
        tanh = "tanh" if self.rounds_as_fast else "torch.tanh"  # the fast step rounds it in its own way
        activation = tanh if self.settings.scaling == "-1..1" else "torch.sigmoid"
        return f"{activation}({generator}({self.asked(noise)}))"

    def seeds(self) -> list[int]:
        """The seeds of the run's random streams, in the order of `STREAMS`, as `Trainer` derives them."""
        return [stream_seed(self.settings.seed, index) for index in range(len(STREAMS))]

    @property
    def _steps(self) -> set[str]:
        """The steps that the run trained through."""
        settings = self.settings
        steps = {self._step_with(settings)}
        for move in self.moves:
            values = {name: value for name, value in move.values.items() if name in KNOBS}
            settings = settings.changed(**values)
            steps.add(self._step_with(settings))
        return steps

    def _later(self, knob: str) -> list[Any]:
        return [move.values[knob] for move in self.moves if knob in move.values]


def image_count(settings: Settings) -> int:
    """The number of images in an epoch of a run with these settings; works without the data set."""
    parts = ("train",) if settings.split == "train" else ("train", "t10k")
    if settings.dataset == "mnist":
        return sum(MNIST_COUNTS[part][digit] for part in parts for digit in settings.digits)
    return sum(COUNTS[part] // 10 for part in parts) * len(settings.digits)


def _with_steps(moves: list[Move], alone: dict[int, Literal["d", "g"]], batches: int) -> list[Move]:
    """The moves, including those of the knob "alone", which come last before their batch."""
    later = {batch: None for batch in (after + 1 for after in alone) if batch < batches} | alone
    turned = [Move(batch, {"alone": who}) for batch, who in later.items() if who != alone.get(batch - 1)]
    merged: list[Move] = []
    for move in sorted([*moves, *turned], key=lambda move: move.batch):
        if "alone" in move.values and merged and merged[-1].batch == move.batch:
            merged[-1] = Move(move.batch, merged[-1].values | move.values)
        else:
            merged.append(move)
    return merged
