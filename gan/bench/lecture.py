"""The lecture's loop (STAT 453, L18.4) as taught: `DataLoader(ToTensor, Normalize)`, autograd, `torch.optim`.

With the default settings it is the lecture's, line by line; each other setting changes the line that it concerns.
"""

from __future__ import annotations

import gzip
import itertools
import shutil
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gan.data import image_sets
from gan.settings import Settings
from gan.training.layers import MinibatchStd
from gan.training.losses import LOSSES, compared, discriminator_loss, generator_loss
from gan.training.networks import CLASSES, one_hot
from gan.training.penalties import between, gradient_penalty, pixel_gradients, r1_and_r2
from gan.training.step_inputs import Objective

PIXELS = 784
THREADS = torch.get_num_threads()  # torch's own choice, read before anything sets it


class LectureLoop:
    """Trains a number of batches at each call, and continues there at the next."""

    def __init__(self, settings: Settings) -> None:
        self.settings = s = settings
        digit = CLASSES if s.conditional == "on" else 0
        spread = s.minibatch_std == "on"
        self.generator = nn.Sequential(
            *_hidden([s.latent_dim + digit, *s.g_hidden], s, s.g_dropout, s.g_norm == "batch"),
            nn.Linear(s.g_hidden[-1], PIXELS), nn.Tanh() if s.scaling == "-1..1" else nn.Sigmoid(),
        )  # fmt: skip
        self.discriminator = nn.Sequential(
            nn.Flatten(), *_hidden([PIXELS + digit, *s.d_hidden], s, s.dropout),
            *([MinibatchStd()] if spread else []), nn.Linear(s.d_hidden[-1] + spread, 1),
        )  # fmt: skip
        self.optimizer_g = _optimizer(self.generator, s, "g")
        self.optimizer_d = _optimizer(self.discriminator, s, "d")
        self.objective = Objective.of(settings)
        self.log: list[tuple[float, ...]] = []
        self._batches = self._endless()

    def train(self, batches: int) -> float:
        """Train `batches` batches on torch's default number of threads; returns the seconds."""
        torch.set_num_threads(THREADS)
        started = time.perf_counter()
        for real, labels in itertools.islice(self._batches, batches):
            self._train_batch(real, one_hot(labels) if self.settings.conditional == "on" else None)
        return time.perf_counter() - started

    def _endless(self) -> Iterator[tuple[Tensor, Tensor]]:
        images = _images(self.settings.scaling)
        loader = torch.utils.data.DataLoader(images, batch_size=self.settings.batch_size, shuffle=True)
        while True:
            yield from loader

    def _train_batch(self, real: Tensor, digits: Tensor | None) -> None:
        s, loss = self.settings, LOSSES[self.settings.loss]
        penalised = s.r1_gamma + s.r2_gamma > 0 and len(self.log) % s.penalty_every == 0
        for _ in range(s.d_steps):
            fake = self._generated(len(real), digits)
            shown = fake.detach()
            for images in (real, shown) if penalised else ():
                images.requires_grad_()
            self.optimizer_d.zero_grad()
            real_logits = self._judged(real, digits)
            fake_logits = self._judged(shown, digits)
            d_loss = discriminator_loss(loss, real_logits, fake_logits, 1 - s.label_smoothing)
            if penalised:
                penalty = r1_and_r2(self.objective, s.penalty_every, real_logits, real, fake_logits, shown)
                penalty.backward(retain_graph=True)
            if self.objective.gradient_penalty > 0:
                images = between(fake, real, torch.rand(len(real), 1))
                gradients = pixel_gradients(self._judged(images, digits), images)
                (self.objective.gradient_penalty * gradient_penalty(gradients)).backward()
            d_loss.backward()
            self.optimizer_d.step()
            if self.objective.weight_clip is not None:
                for parameter in self.discriminator.parameters():
                    parameter.data.clamp_(-s.weight_clip, s.weight_clip)

        for step in range(s.g_steps):
            if step:
                fake = self._generated(len(real), digits)
            self.optimizer_g.zero_grad()
            other_logits = self._judged(real, digits).detach() if loss.pairs else None
            g_logits = self._judged(fake, digits)
            g_loss = generator_loss(loss, g_logits, other_logits)
            g_loss.backward()
            self.optimizer_g.step()

        real_acc = (compared(loss, real_logits, fake_logits) > loss.boundary).float().mean() * 100
        fake_acc = (compared(loss, g_logits, other_logits) < loss.boundary).float().mean() * 100
        self.log.append((d_loss.item(), g_loss.item(), real_acc.item(), fake_acc.item()))

    def _generated(self, count: int, digits: Tensor | None) -> Tensor:
        """Fake images; `digits`: what each is to show, as ten numbers."""
        z = self._noise(count)
        images: Tensor = self.generator(z if digits is None else torch.cat([z, digits], 1))
        return images.view(-1, 1, 28, 28)

    def _judged(self, images: Tensor, digits: Tensor | None) -> Tensor:
        """Their logits."""
        logits: Tensor = self.discriminator(images if digits is None else torch.cat([images.flatten(1), digits], 1))
        return logits.flatten()

    def _noise(self, count: int) -> Tensor:
        if self.settings.noise == "normal":
            return torch.randn(count, self.settings.latent_dim)
        return torch.rand(count, self.settings.latent_dim) * 2 - 1


def _hidden(widths: list[int], s: Settings, dropout: float, normed: bool = False) -> Iterator[nn.Module]:
    for before, after in itertools.pairwise(widths):
        yield nn.Linear(before, after, bias=not normed)
        if normed:
            yield nn.BatchNorm1d(after)
        yield from (nn.LeakyReLU(s.leaky_slope), nn.Dropout(dropout))


def _optimizer(network: nn.Module, s: Settings, side: str) -> torch.optim.Optimizer:
    knobs = s.model_dump()
    if knobs[f"optimizer_{side}"] == "adam":
        betas = (knobs[f"beta1_{side}"], knobs[f"beta2_{side}"])
        return torch.optim.Adam(network.parameters(), lr=knobs[f"lr_{side}"], betas=betas)
    return torch.optim.SGD(network.parameters(), lr=knobs[f"lr_{side}"], momentum=knobs[f"momentum_{side}"])


@cache
def _images(scaling: str) -> Any:
    """The embedded MNIST as torchvision's data set, with the lecture's transforms."""
    from torchvision import datasets, transforms

    steps = [transforms.ToTensor()]
    if scaling == "-1..1":
        steps.append(transforms.Normalize((0.5,), (0.5,)))
    with tempfile.TemporaryDirectory() as folder:  # the data set holds all images in memory
        raw = Path(folder, "MNIST", "raw")
        raw.mkdir(parents=True)
        for packed in (image_sets.ROOT / "MNIST" / "raw").glob("*.gz"):
            with gzip.open(packed) as source, (raw / packed.stem).open("wb") as target:
                shutil.copyfileobj(source, target)
        return datasets.MNIST(folder, train=True, transform=transforms.Compose(steps))
