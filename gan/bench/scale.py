"""Images per second as the settings grow, and non-default settings compared with the lecture's loop.

Measures trainers without the app around them, since it compares steps.
"""

from __future__ import annotations

import itertools
import os
import re
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from gan import presets
from gan.bench import Result, Say
from gan.bench.figures import ratio, spread
from gan.bench.lecture import LectureLoop
from gan.errors import LiveGANError
from gan.runs.registry import ROOT
from gan.settings import Settings
from gan.training import device
from gan.training.trainer import Trainer

WIDTHS, LATENTS, BATCHES = (128, 512, 1024), (2, 100, 512), (32, 128, 512, 1024)
MARKERS = re.compile(r"(<!-- scale -->\n).*?(\n<!-- /scale -->)", re.DOTALL)
LEAST = 5.0  # times the lecture's loop, with every option

OPTIONS: dict[str, dict[str, object]] = {
    "minimax loss": {"loss": "minimax"},
    "least-squares loss": {"loss": "least-squares"},
    "Wasserstein loss": {"loss": "wasserstein"},
    "Wasserstein loss with gradient penalty": {"loss": "wasserstein", "gradient_penalty": 10.0},
    "relativistic loss": {"loss": "relativistic"},
    "label smoothing": {"label_smoothing": 0.1},
    "R1 penalty": {"r1_gamma": 1.0},
    "R1 and R2 penalties every 8 batches": {"r1_gamma": 1.0, "r2_gamma": 1.0, "penalty_every": 8},
    "SGD": {"optimizer_g": "sgd", "optimizer_d": "sgd"},
    "no dropout": {"dropout": 0.0},
    "uniform noise": {"noise": "uniform"},
    "pixels from 0 to 1": {"scaling": "0..1"},
    "conditional": {"conditional": "on"},
    "minibatch standard deviation": {"minibatch_std": "on"},
    "2 hidden layers": {"g_hidden": "128,256", "d_hidden": "256,128"},
    "4 hidden layers": {"g_hidden": "64,128,256,512", "d_hidden": "512,256,128,64"},
    "3 discriminator steps": {"d_steps": 3},
    "3 generator steps": {"g_steps": 3},
    "batch normalisation": {"g_norm": "batch"},
    "averaged generator": {"ema_decay": 0.999},
    "the preset of sharp digits": presets.named("sharp").values,
    "the preset of chosen digits": presets.named("chosen-digits").values,
}  # fmt: skip


def measure(
    say: Say, *, seconds: float = 1.0, rounds: int = 3, widths: Sequence[int] = WIDTHS,
    latents: Sequence[int] = LATENTS, batches: Sequence[int] = BATCHES, options: Sequence[str] = tuple(OPTIONS),
    into_readme: bool = False,
) -> Result:  # fmt: skip
    """The table of images per second (also printed as Markdown) and each option's ratio; takes about four minutes.

    Args:
        seconds: training time for each figure.
        into_readme: write the table between its markers in README.md.
    """
    speeds = {}
    for width, latent, batch in itertools.product(widths, latents, batches):
        say(f"hidden width {width}, latent size {latent}, batches of {batch}")
        settings = Settings(g_hidden=(width,), d_hidden=(width,), latent_dim=latent, batch_size=batch)
        loop = _Loop(settings)
        loop.train(0.2 * seconds)
        speeds[width, latent, batch] = batch * loop.train(seconds)
    table = markdown(speeds, widths, latents, batches)
    print(table)
    if into_readme:
        put_into(ROOT / "README.md", table)
    times = {}
    for name in options:
        say(f"{name}, beside the lecture's loop with the same")
        times[name] = _against_lecture(Settings().changed(**OPTIONS[name]), seconds, rounds)
    return {
        "images_per_second": [
            {"hidden": width, "latent": latent, "batch": batch, "images_per_second": round(speed)}
            for (width, latent, batch), speed in speeds.items()
        ],
        "times_faster_than_lecture": times,
        "missed": [
            f"{name} is {each['median']} times the lecture's loop"
            for name, each in times.items()
            if each["median"] < LEAST
        ],
        "cores": os.cpu_count(),
        "torch": torch.__version__,
    }


def markdown(
    speeds: dict[tuple[int, int, int], float], widths: Sequence[int], latents: Sequence[int], batches: Sequence[int]
) -> str:
    """Images per second to three digits: a row per network, a column per batch size."""
    lines = ["| Hidden width | Latent size | " + " | ".join(f"Batch {batch}" for batch in batches) + " |"]
    lines.append("| --: " * (2 + len(batches)) + "|")
    for width, latent in itertools.product(widths, latents):
        row = [f"{float(f'{speeds[width, latent, batch]:.3g}'):,.0f}" for batch in batches]
        lines.append(f"| {width} | {latent} | " + " | ".join(row) + " |")
    return "\n".join(lines)


def put_into(readme: Path, table: str) -> None:
    """Replace the text between the markers `<!-- scale -->` and `<!-- /scale -->`; raises `LiveGANError`."""
    text = readme.read_text("utf-8")
    if not MARKERS.search(text):
        raise LiveGANError(
            f"{readme.name} has no markers <!-- scale --> and <!-- /scale -->, each on a line of its own."
        )
    readme.write_text(MARKERS.sub(lambda found: f"{found[1]}\n{table}\n{found[2]}", text), "utf-8")


class _Loop:
    """A trainer that trains as in the app: in its own thread, which has set its number of threads."""

    def __init__(self, settings: Settings) -> None:
        self.trainer = Trainer(settings)

    def train(self, seconds: float) -> float:
        """Batches per second, measured over about `seconds` seconds."""
        rates: list[float] = []
        thread = threading.Thread(target=lambda: rates.append(self._train(seconds)))
        thread.start()
        thread.join()
        return rates[0]

    def _train(self, seconds: float) -> float:
        device.use_one_thread()
        began, first = time.perf_counter(), self.trainer.batch
        while self.trainer.batch == first or time.perf_counter() - began < seconds:
            self.trainer.train(1000)
        return (self.trainer.batch - first) / (time.perf_counter() - began)


def _against_lecture(settings: Settings, seconds: float, rounds: int) -> Result:
    """The speed of our step relative to the lecture's loop with the same settings."""
    lecture, ours = LectureLoop(settings), _Loop(settings)
    lecture.train(2)
    ours.train(0.1 * seconds)
    slow, fast = [], []
    for _ in range(rounds):
        batches = max(2, round(seconds / 0.05))
        slow.append(lecture.train(batches) / batches)
        fast.append(1 / ours.train(seconds / 2))
    return ratio(slow, fast) | {"images_per_second": spread([settings.batch_size / each for each in fast], 0)["median"]}
