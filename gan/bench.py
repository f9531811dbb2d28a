"""How fast the training is, beside the lecture's loop and beside the matrix products alone, all in one run.

The lecture's loop is run as it is taught: `DataLoader(ToTensor, Normalize)`, autograd, `torch.optim.Adam`.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from gan import data
from gan.lab import Lab
from gan.settings import Settings

BATCH, LATENT, HIDDEN, PIXELS, STEPS = 128, 100, 128, 784, 469


def bench(say: Callable[[str], None]) -> dict[str, Any]:
    """Seconds an epoch of each, and the two ratios; takes about a minute. `say` is told what is being timed."""
    threads = torch.get_num_threads()
    say("the lecture's loop with its DataLoader, one epoch")
    lecture = lecture_epoch()
    say("the matrix products of a step alone")
    products = min(matrix_products_epoch(count) for count in {1, threads})
    say("LiveGAN's loop, three epochs, nobody watching")
    ours = livegan_epoch(epochs=3)
    return {
        "lecture_seconds_per_epoch": round(lecture, 3),
        "livegan_seconds_per_epoch": round(ours, 3),
        "matrix_products_seconds_per_epoch": round(products, 3),
        "times_faster_than_lecture": round(lecture / ours, 2),
        "times_the_matrix_products": round(ours / products, 2),
        "images_per_second": round(60_000 / ours),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
    }


def lecture_epoch() -> float:
    """Seconds of one epoch of the lecture's loop (STAT 453, L18.4), on torch's default number of threads."""
    from torchvision import datasets, transforms

    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder, "MNIST", "raw")
        raw.mkdir(parents=True)
        for packed in (data.ROOT / "MNIST" / "raw").glob("*.gz"):
            with gzip.open(packed) as source, (raw / packed.stem).open("wb") as target:
                shutil.copyfileobj(source, target)
        normalise = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
        images = datasets.MNIST(folder, train=True, transform=normalise)
    loader = torch.utils.data.DataLoader(images, batch_size=BATCH, shuffle=True)
    generator = nn.Sequential(
        nn.Linear(LATENT, HIDDEN), nn.LeakyReLU(0.01), nn.Dropout(0.5), nn.Linear(HIDDEN, PIXELS), nn.Tanh()
    )
    discriminator = nn.Sequential(
        nn.Flatten(), nn.Linear(PIXELS, HIDDEN), nn.LeakyReLU(0.01), nn.Dropout(0.5), nn.Linear(HIDDEN, 1)
    )
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    log: list[tuple[float, ...]] = []

    started = time.perf_counter()
    for real, _labels in loader:
        ones, zeros = torch.ones(len(real)), torch.zeros(len(real))
        fake = generator(torch.randn(len(real), LATENT)).view(-1, 1, 28, 28)

        optimizer_d.zero_grad()
        real_logits = discriminator(real).flatten()
        real_loss = F.binary_cross_entropy_with_logits(real_logits, ones)
        fake_loss = F.binary_cross_entropy_with_logits(discriminator(fake.detach()).flatten(), zeros)
        d_loss = 0.5 * (real_loss + fake_loss)
        d_loss.backward()
        optimizer_d.step()

        optimizer_g.zero_grad()
        fake_logits = discriminator(fake).flatten()
        g_loss = F.binary_cross_entropy_with_logits(fake_logits, ones)
        g_loss.backward()
        optimizer_g.step()

        real_acc = (real_logits > 0).float().mean() * 100
        fake_acc = (fake_logits < 0).float().mean() * 100
        log.append((d_loss.item(), g_loss.item(), real_acc.item(), fake_acc.item()))
    return time.perf_counter() - started


def livegan_epoch(epochs: int, settings: Settings | None = None) -> float:
    """Seconds an epoch of a run as the app trains it, its files included, without a viewer."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder))
        run = lab.start((settings or Settings()).changed(epochs=epochs))
        run.join()
        snapshot = run.snapshot()
    if snapshot.state != "finished":
        raise RuntimeError(f"the run ended as {snapshot.state}: {snapshot.message}")
    return snapshot.seconds / epochs


def matrix_products_epoch(threads: int) -> float:
    """Seconds of the 14 products of a step at the default settings, as many times as an epoch has batches."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    z, hidden, x = torch.randn(BATCH, LATENT), torch.randn(BATCH, HIDDEN), torch.randn(BATCH, PIXELS)
    logits = torch.randn(BATCH, 1)
    g1, g2 = torch.randn(HIDDEN, LATENT), torch.randn(PIXELS, HIDDEN)
    d1, d2 = torch.randn(HIDDEN, PIXELS), torch.randn(1, HIDDEN)

    def step() -> None:
        z @ g1.T, hidden @ g2.T  # fake images
        for _ in range(2):  # the discriminator on real and on fake: forward, and back to its weights
            x @ d1.T, hidden @ d2.T, logits @ d2, hidden.T @ x
        x @ d1.T, hidden @ d2.T, logits @ d2, hidden @ d1  # on fake again: forward, and back to the pixels
        x.T @ hidden, x @ g2, hidden.T @ z  # back to the generator's weights

    for _ in range(20):
        step()
    started = time.perf_counter()
    for _ in range(STEPS):
        step()
    seconds = time.perf_counter() - started
    torch.set_num_threads(before)
    return seconds
