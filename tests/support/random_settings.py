"""Settings at random, small enough to train in a moment: depths, widths, losses, optimisers, with and without norms."""

from __future__ import annotations

import random

from gan.settings import Settings, parse


def random_settings(seed: int) -> Settings:
    rng = random.Random(seed)

    def widths() -> list[int]:
        return [rng.randint(3, 24) for _ in range(rng.randint(1, 4))]

    return parse(
        {
            "digits": [7], "device": "cpu", "step": "reference", "batch_size": rng.choice([2, 17, 64]), "seed": seed,
            "latent_dim": rng.randint(1, 20), "g_hidden": widths(), "d_hidden": widths(),
            "leaky_slope": rng.choice([0.0, 0.01, 0.2]), "dropout": rng.choice([0.0, 0.3, 0.5]),
            "dropout_in": rng.choice(["both", "discriminator"]), "g_norm": rng.choice(["none", "batch"]),
            "loss": rng.choice(["non-saturating", "minimax", "least-squares", "wasserstein"]),
            "label_smoothing": rng.choice([0.0, 0.1]), "scaling": rng.choice(["-1..1", "0..1"]),
            "noise": rng.choice(["normal", "uniform"]), "optimizer_g": rng.choice(["adam", "sgd"]),
            "optimizer_d": rng.choice(["adam", "sgd"]), "ema_decay": rng.choice([0.0, 0.9]),
        }
    )  # fmt: skip
