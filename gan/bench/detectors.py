"""On which runs the warnings of `gan.explain` are raised, and at which batch: each on a run that shows its fault, none
on the runs that come with LiveGAN, or on the presets that work, with ten seeds each. Each remedy is tried, too.

Takes about half an hour on one core; `only` measures a part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from gan import presets
from gan.bench import Result, Say
from gan.explain.evidence import Evidence
from gan.explain.explanation import DETECTORS, EVERY, Explainer, found
from gan.explain.repeats import repeats
from gan.quality import metrics, scores
from gan.quality.reference import reference
from gan.quality.scores import Score
from gan.recording import recovery
from gan.recording.marks import Mark
from gan.recording.metric_history import MetricHistory
from gan.runs.registry import ROOT
from gan.settings import Settings, parse
from gan.training import device
from gan.training.epoch_order import EpochOrder
from gan.training.own_networks import OwnNetworks
from gan.training.trainer import Diverged, Trainer

Run = TypeVar("Run")
COUNT, SEED = 2000, 0  # images of a score, as in the app
SCORES = 469  # batches between two scores: an epoch of the lecture's
SEEDS = tuple(range(1, 11))
SHIPPED = ("lecture", "sharp", "chosen")
CALM = 2814  # batches of the runs on which nothing is to be raised: 6 epochs of the lecture's, 3 of the sharp preset
TRIED = 2000  # batches with a remedy, and without it
# A generator that forgets to switch its dropout off.
FORGETFUL = b"""
import torch
from torch import nn


class Generator(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.first, self.last = nn.Linear(latent_dim, 64), nn.Linear(64, 784)

    def forward(self, z):
        x = nn.functional.dropout(self.first(z).relu(), 0.5)
        return self.last(x).tanh().view(-1, 1, 28, 28)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.LeakyReLU(0.1), nn.Linear(64, 1))

    def forward(self, x):
        return self.net(x).flatten()
"""


@dataclass(frozen=True)
class Shown:
    """A run that shows a fault.

    Attributes:
        within: batches within which its warning is raised.
        images: how many of the training images the run is given; 0: all.
    """

    values: dict[str, Any]
    within: int
    images: int = 0
    own: OwnNetworks | None = None


def _preset(name: str, **more: Any) -> dict[str, Any]:
    return presets.named(name).in_draft() | more


FAULTS: dict[str, Shown] = {
    "diverging": Shown({"lr_g": 0.1, "lr_d": 0.1}, 300),
    "loss out of scale": Shown({"loss": "wasserstein", "weight_clip": 1.0}, 300),
    "dropout while sampling": Shown({}, 250, own=OwnNetworks("forgetful.py", FORGETFUL)),
    "gradient vanished": Shown(_preset("strong-discriminator", loss="minimax"), 300),
    "collapsed": Shown({"lr_d": 0.000001}, 1000),
    "generator ahead": Shown(_preset("strong-generator"), 500),
    "at rest": Shown({"r1_gamma": 100.0}, 700),
    "rate too small": Shown({"lr_g": 0.000001, "lr_d": 0.000001}, 300),
    "too little data": Shown({"dropout": 0.0}, 700, images=500),
    "discriminator too strong": Shown(_preset("strong-discriminator"), 300),
    "swinging": Shown({"lr_g": 0.001, "lr_d": 0.001, "beta1_g": 0.9, "beta1_d": 0.99}, 800),
    "memorising": Shown(_preset("sharp"), 2400, images=64),
}
HEALTHY: dict[str, dict[str, Any]] = {
    f"{preset}, seed {seed}": _preset(preset, seed=seed)
    for preset in ("lecture", "sharp", "chosen-digits")
    for seed in SEEDS
}


@dataclass
class Recording:
    """What a run has recorded: the figures of its batches, and scores of its images."""

    settings: Settings
    batches_per_epoch: int
    series: MetricHistory = field(default_factory=MetricHistory)
    scores: list[Score] = field(default_factory=list)
    repeats: bool = True
    diverged: bool = False


def measure(
    say: Say, *, only: str = "", faults: Mapping[str, Shown] | None = None,
    healthy: Mapping[str, dict[str, Any]] | None = None, calm: int = CALM, tried: int = TRIED,
    shipped: Sequence[str] = SHIPPED, keep: Callable[[str, Recording], None] | None = None,
) -> Result:  # fmt: skip
    """The table: for each run the batch at which each of its warnings was first raised.

    Args:
        only: a part of the name of the runs that are measured; "": all.
        calm: batches of each healthy run.
        tried: batches with each remedy, and without it.
        keep: called with each recording of a fault.
    """
    device.use_one_thread()
    faults, healthy = FAULTS if faults is None else faults, HEALTHY if healthy is None else healthy
    shown: Result = {}
    for name, fault in _chosen(faults, only):
        say(f"{name}: up to {fault.within} batches, and twice {tried} to try its remedy")
        recording = record(parse(fault.values), fault.within, fault.images, fault.own)
        if keep:
            keep(name, recording)
        shown[name] = {"within": fault.within} | raised(recording)
        if name in shown[name]["raised"]:
            shown[name]["remedy"] = remedied(name, fault, shown[name]["raised"][name], tried)
    quiet: Result = {}
    for name, folder in _chosen({f"checkpoints/{name}": ROOT / "checkpoints" / name for name in shipped}, only):
        say(f"the run {name}")
        quiet[name] = raised(shipped_recording(folder))
    for name, values in _chosen(healthy, only):
        say(f"{name}: {calm} batches")
        quiet[name] = raised(record(parse(values), calm))
    missed = [name for name, row in shown.items() if name not in row["raised"]]
    return {
        "detectors": len(DETECTORS), "faults": shown, "healthy": quiet,
        "missed": missed, "false_alarms": sum(len(row["raised"]) for row in quiet.values()),
    }  # fmt: skip


def _chosen(runs: Mapping[str, Run], only: str) -> list[tuple[str, Run]]:
    return [(name, run) for name, run in runs.items() if only in name]


def record(settings: Settings, batches: int, images: int = 0, own: OwnNetworks | None = None) -> Recording:
    """Train a run and record what the app would."""
    trainer = _trainer(settings, images, own)
    recording = Recording(settings, trainer.batches_per_epoch)
    for _ in _train(trainer, recording, batches):
        pass
    recording.repeats = own is None or repeats(trainer.sample, trainer.fixed_noise)
    return recording


def remedied(name: str, fault: Shown, at: int, tried: int = TRIED, seed: int = 1) -> Result | None:
    """What comes of a remedy that is taken when the warning is raised after `at` batches, and of leaving it.

    Returns:
        The remedy, the batches until the warning goes (None: it stays), and the last FID with the remedy and without it
        (None: the run has ended, or was never measured); None if the warning has no remedy.
    """
    if fault.own:
        return None
    settings = parse(fault.values | {"seed": seed})
    trainer = _trainer(settings, fault.images)
    recording = Recording(settings, trainer.batches_per_epoch)
    for _ in _train(trainer, recording, at):
        pass
    rows, scored = recording.series.rows(0, at), tuple(recording.scores)
    finding = found(Evidence(settings, at, recording.batches_per_epoch, rows, scored))[name]
    after = settings.changed(**finding.remedy)
    marks = [Mark(at, knob, "", getattr(settings, knob), value) for knob, value in finding.remedy.items()]
    trainer.change(after)
    recording.settings = after
    explainer, gone = Explainer(), None
    for batch in _train(trainer, recording, tried):
        if gone is None and batch % EVERY == 0 and name not in explained(explainer, recording, marks)["standing"]:
            gone = batch - at
    without = record(settings, at + tried, fault.images)
    return {"remedy": finding.label, "gone": gone, "fid": _last_fid(recording), "fid_without": _last_fid(without)}


def _trainer(settings: Settings, images: int, own: OwnNetworks | None = None) -> Trainer:
    trainer = Trainer(settings, own)
    if images:
        trainer.images = trainer.images[:images]
        trainer.order = EpochOrder(images, settings.batch_size, trainer.streams["order"], trainer.device)
        trainer.batches_per_epoch = trainer.order.batches_per_epoch
    return trainer


def _train(trainer: Trainer, recording: Recording, batches: int) -> Iterator[int]:
    """Train, record, and yield the number of each batch; a run that diverges ends."""
    for _ in range(batches):
        try:
            recording.series.append(trainer.step())
        except Diverged:
            recording.diverged = True
            return
        if trainer.batch % SCORES == 0 and trainer.own is None:
            recording.scores.append(_score(trainer))
        yield trainer.batch


def _last_fid(recording: Recording) -> float | None:
    return None if recording.diverged or not recording.scores else round(recording.scores[-1].quality.fid, 2)


def _score(trainer: Trainer) -> Score:
    settings, real = trainer.settings, reference(trainer.settings)
    generator = trainer.generator if trainer.ema is None else trainer.ema.generator
    labels = metrics.labels_to_measure(settings, real, COUNT, SEED)
    quality = metrics.measure(metrics.samples(generator, settings, COUNT, SEED, labels), real, SEED, labels=labels)
    return Score(trainer.batch, trainer.epoch, trainer.ema is not None, quality)


def shipped_recording(folder: Path) -> Recording:
    """What a run on disk has recorded; it was never steered."""
    found = recovery.recover(folder)
    return Recording(found.run_file.settings, found.run_file.batches_per_epoch, found.series, list(scores.read(folder)))


def raised(recording: Recording) -> Result:
    """The batch at which each warning of a run was first raised, in a look at each check."""
    explainer, first = Explainer(), dict[str, int]()
    for batch in range(EVERY, len(recording.series) + 1, EVERY):
        for name in explained(explainer, recording, batch=batch)["standing"]:
            first.setdefault(name, batch)
    return {"batches": len(recording.series), "raised": first}


def explained(
    explainer: Explainer, recording: Recording, marks: Sequence[Mark] = (), batch: int | None = None
) -> dict[str, Any]:
    """What is said of a run after a batch (default: its last)."""
    batch = len(recording.series) if batch is None else batch
    return explainer.explain(
        recording.settings, batch, recording.batches_per_epoch, recording.series.rows(0, batch), recording.scores,
        marks, recording.repeats,
    )  # fmt: skip
