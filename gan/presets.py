"""Presets: named sets of knob values, each of which shows one thing well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gan.settings import KNOBS

# A preset changes neither the data nor the random numbers, nor where and how long a run trains and what it keeps.
_UNTOUCHED = {"dataset", "split", "digits", "seed", "device", "step"} | {
    name for name, knob in KNOBS.items() if knob.group == "Running"
}


@dataclass(frozen=True)
class Preset:
    """See the module."""

    name: str
    label: str
    meaning: str
    values: dict[str, Any]

    def in_draft(self) -> dict[str, Any]:
        """The preset's values, and the defaults of all other knobs that decide how a run learns."""
        return {name: knob.default for name, knob in KNOBS.items() if name not in _UNTOUCHED} | self.values


# FID of 10,000 images after 8 and 16 epochs, seed 1, with rates of 0.0005: 1.32 and 0.55 with beta 1 of 0.5, 0.93 and
# 0.36 with 0. Rates of 0.001 give 0.55 and 0.25; labels ask for lower ones. Gamma 0.3 gives 0.62 after 8 epochs.
# A discriminator of 512 and 256 units is hardly better than this one, whose batch takes 0.73 of the time.
# After 60 epochs (6 minutes on two cores), seed 2: 0.176 with rates that stay, 0.127 with rates halved every 15 epochs.
_SHARP: dict[str, Any] = {
    "dropout": 0.0, "latent_dim": 32, "g_hidden": (256, 512), "g_norm": "batch", "d_hidden": (256, 256),
    "dropout_in": "discriminator", "leaky_slope": 0.2, "r1_gamma": 1.0, "penalty_every": 8, "beta1_g": 0.0,
    "beta1_d": 0.0, "ema_decay": 0.999, "batch_size": 64, "halve_every": 15,
}  # fmt: skip

PRESETS: tuple[Preset, ...] = (
    Preset(
        "lecture", "The lecture's", "The balanced settings of lecture 18.4.",
        {"lr_g": 0.0002, "lr_d": 0.0002, "dropout": 0.5, "latent_dim": 100},
    ),
    Preset(
        "sharp", "Sharp digits",
        "Larger networks, a gentle discriminator (R1), an averaged generator: a minute beats the lecture's 100 epochs.",
        _SHARP | {"lr_g": 0.001, "lr_d": 0.001},
    ),
    Preset(
        "chosen-digits", "Chosen digits",
        "The sharp networks, told the digit of every image, so that you choose what they draw.",
        _SHARP | {"lr_g": 0.0005, "lr_d": 0.0005, "conditional": "on"},
    ),
    Preset(
        "strong-discriminator", "Discriminator too strong",
        "It learns 50 times faster than the generator, which soon gets no useful gradient.",
        {"lr_g": 0.00004, "lr_d": 0.002, "dropout": 0.0, "latent_dim": 100},
    ),
    Preset(
        "strong-generator", "Generator too strong",
        "It learns 50 times faster than the discriminator and settles on whatever fools it.",
        {"lr_g": 0.002, "lr_d": 0.00004, "dropout": 0.5, "latent_dim": 100},
    ),
    Preset(
        "no-dropout", "No dropout", "The lecture's settings without dropout in either network.",
        {"lr_g": 0.0002, "lr_d": 0.0002, "dropout": 0.0, "latent_dim": 100},
    ),
    Preset(
        "tiny-latent", "Tiny latent (2)", "Two latent numbers: the whole latent space fits on a page.",
        {"lr_g": 0.0002, "lr_d": 0.0002, "dropout": 0.5, "latent_dim": 2},
    ),
)  # fmt: skip


def named(name: str) -> Preset:
    """The preset of this name; raises StopIteration if there is none."""
    return next(preset for preset in PRESETS if preset.name == name)
