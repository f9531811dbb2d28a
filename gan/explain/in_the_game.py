"""Detectors of what goes wrong between the two networks: who is ahead, who stands still, what runs away.

Each takes the evidence of one moment, with at least `FIRST` batches, and returns what it finds, or None. The limits
were chosen between what the lecture's and the sharp runs show and what runs with the fault show; `python -m gan bench
--detectors` measures both sides.
"""

from __future__ import annotations

import itertools

import numpy as np

from gan.explain.evidence import WINDOW, Evidence
from gan.explain.finding import Finding, balanced, rounded, short, slower

FIRST = WINDOW  # batches; before that a run has only begun
LOGARITHMIC = ("non-saturating", "minimax", "relativistic")  # losses made of logarithms of probabilities

SURE = 97.0  # % of both kinds of images; the lecture's run stays below 93 and 91 once it has begun
HOPELESS = 3.0  # the generator's loss, in nats: fakes get a probability of 5 % of being real
FOOLED = 15.0  # % of fakes that are spotted; the lecture's run spots 80 and more
VANISHED = 0.03  # the share of the generator's gradient that the minimax loss lets through
LOUD = 15.0  # a loss, in nats, that no game that works reaches
OUT_OF_SCALE = 10.0  # a critic's scores; with the default weight clip they stay within 3
SWING = 30.0  # points of accuracy between two turns of a swing
BLOCK = 50  # batches of one point of a swing: normalised networks go up and down from batch to batch, unharmed
TURNS = 6  # turns of a swing; the first batches of any run have up to 4
REST = 0.03  # nats around log 2, the loss of a coin's toss
NEARLY_REAL = 1.0  # a FID; 2,000 real test images have 0.25


def diverging(e: Evidence) -> Finding | None:
    """Losses that run away; a loss that is no number any more ends the run."""
    if e.settings.loss == "wasserstein":
        return None
    names = {"d_loss": "discriminator", "g_loss": "generator"}
    now = {name: e.mean(name, 100) for name in names}
    worst = max(now, key=lambda name: abs(now[name]))
    if abs(now[worst]) < LOUD:
        return None
    return Finding(
        "diverging", "Running away",
        f"The {names[worst]}'s loss is {short(now[worst])}; a game that works keeps it below about 5.",
        "Every step overshoots, so that the next one has to go further back, and the weights grow. In the end a loss "
        "is no number any more and the run ends.",
        "Take smaller steps: a tenth of both learning rates. If its losses do not come back, its weights have grown "
        "too far: start a new run with lower rates.",
        "learning-rate", "losses", slower(e, "lr_g", 10) | slower(e, "lr_d", 10),
    )  # fmt: skip


def loss_out_of_scale(e: Evidence) -> Finding | None:
    """A Wasserstein critic whose scores are far from those that its clipped weights should allow."""
    if e.settings.loss != "wasserstein" or e.settings.gradient_penalty > 0:
        return None
    size = max(abs(e.mean("g_loss")), abs(e.mean("d_loss")))
    if size < OUT_OF_SCALE:
        return None
    return Finding(
        "loss out of scale", "Critic out of scale",
        f"The critic's scores are about {short(size)}; one that is held in check stays below about {OUT_OF_SCALE:g}.",
        "The Wasserstein loss has no upper end: only the weight clip keeps the critic's slope small. With a wide clip "
        "its scores grow until they say nothing about how far the images are from real ones.",
        "The gradient penalty holds the slope near 1 (WGAN-GP); or start a new run with the weight clip 0.01.",
        "wasserstein-loss", "losses", {"gradient_penalty": 10.0},
    )  # fmt: skip


def gradient_vanished(e: Evidence) -> Finding | None:
    """A generator whose loss is flat where it stands: the minimax loss when the discriminator wins."""
    if e.settings.loss != "minimax":
        return None
    share = 1 - float(np.exp(e.mean("g_loss")))  # its loss is the mean of log(1 - p), its slope -p
    if share > VANISHED:
        return None
    return Finding(
        "gradient vanished", "The generator gets no gradient",
        f"The discriminator gives its images a {short(100 * share)} % chance of being real, so the minimax loss passes "
        f"on only about {short(100 * share)} % of the gradient.",
        "The minimax loss is flat where the discriminator is sure of itself: whatever the generator changes, its loss "
        "stays the same. The lecture flips the labels (non-saturating loss) for exactly this reason.",
        "Slow the discriminator down; a new run with the non-saturating loss cures the cause.",
        "minimax-loss", "losses", balanced(e) if e.settings.lr_d > 1.5 * e.settings.lr_g else slower(e, "lr_d", 4),
    )  # fmt: skip


def discriminator_too_strong(e: Evidence) -> Finding | None:
    """A discriminator that is hardly ever wrong, against a generator that does not catch up."""
    if e.settings.loss not in LOGARITHMIC or e.settings.loss == "minimax":
        return None
    real, fake, loss = e.mean("d_real_acc"), e.mean("d_fake_acc"), e.mean("g_loss")
    if min(real, fake) < SURE or loss < HOPELESS or _gaining(e):
        return None
    return Finding(
        "discriminator too strong", "Discriminator too strong",
        f"It recognises {real:.1f} % of the real images and spots {fake:.1f} % of the fakes; the generator's loss is "
        f"{short(loss)}.",
        "A detective who is never wrong tells the forger nothing about what would be a little better, so the generator "
        "is pushed about instead of led.",
        "Bring the two closer together: lower the discriminator's learning rate, and blur its sight by dropout.",
        "discriminator", "accuracy",
        (balanced(e) if e.settings.lr_d > 1.5 * e.settings.lr_g else slower(e, "lr_d", 4)) | _blurred(e),
    )  # fmt: skip


def _blurred(e: Evidence) -> dict[str, float]:
    """Dropout, unless something else holds the discriminator back. After 4,500 batches from the preset with the strong
    discriminator, equal rates alone had an FID of 63, with dropout 20."""
    s = e.settings
    return {"dropout": 0.5} if s.dropout < 0.4 and s.r1_gamma == 0 else {}


def generator_ahead(e: Evidence) -> Finding | None:
    """A discriminator that takes nearly all fakes for real ones."""
    begun = e.batch < 2 * WINDOW  # in the first batches every discriminator is fooled for a while
    if e.settings.loss == "wasserstein" or begun or e.mean("d_fake_acc") > FOOLED:
        return None
    return Finding(
        "generator ahead", "Generator ahead",
        f"The discriminator spots only {e.mean('d_fake_acc'):.1f} % of the fakes.",
        "A detective who is fooled by nearly everything cannot say what is wrong, so the generator has no reason to "
        "draw better digits: its low loss says nothing about its images.",
        "Let the discriminator catch up: bring the ratio of the learning rates back to 1, or give it more steps.",
        "generator", "accuracy",
        balanced(e) if e.settings.lr_g > 1.5 * e.settings.lr_d else slower(e, "lr_g", 4),
    )  # fmt: skip


def swinging(e: Evidence) -> Finding | None:
    """The lead goes to and fro between the networks in large swings."""
    if e.settings.loss == "wasserstein":
        return None
    fakes = e.window("d_fake_acc", 1000)
    blocks = fakes[len(fakes) % BLOCK :].reshape(-1, BLOCK).mean(axis=1)
    turns = turning_points(blocks.tolist(), SWING)
    if len(turns) < TURNS:
        return None
    swing = float(np.mean([abs(b - a) for a, b in itertools.pairwise(turns)]))
    return Finding(
        "swinging", "Swinging to and fro",
        f"In the last {len(fakes):,} batches the share of fakes that are spotted has swung {len(turns) - 1} times by "
        f"about {swing:.0f} points.",
        "Each network overshoots the other: the generator jumps to whatever fools the discriminator now, the "
        "discriminator jumps after it, and both forget what they knew.",
        "Smaller steps with less momentum calm them: a quarter of both learning rates"
        + (", and Adam's beta 1 at 0.5." if _momentum(e) else "."),
        "equilibrium", "accuracy", slower(e, "lr_g", 4) | slower(e, "lr_d", 4) | _momentum(e),
    )  # fmt: skip


def _momentum(e: Evidence) -> dict[str, float]:
    """The betas of Adam that are large, back at the lecture's."""
    s = e.settings
    sides = [side for side in "gd" if getattr(s, f"optimizer_{side}") == "adam" and getattr(s, f"beta1_{side}") > 0.6]
    return {f"beta1_{side}": 0.5 for side in sides}


def turning_points(values: list[float], least: float) -> list[float]:
    """The highs and lows of a course, where it turns back by at least so much."""
    turns: list[float] = values[:1]
    up: bool | None = None
    for value in values[1:]:
        if up is not None and (value > turns[-1]) == up:
            turns[-1] = value
        elif abs(value - turns[-1]) >= least:
            up = value > turns[-1]
            turns.append(value)
    return turns


def at_rest(e: Evidence) -> Finding | None:
    """Both networks toss a coin, and the images get no better."""
    if e.settings.loss not in LOGARITHMIC or e.settings.loss == "minimax" or e.batch < 2 * WINDOW:
        return None
    coin = float(np.log(2))
    losses = [e.mean(name) for name in ("d_loss", "g_loss")]
    if max(abs(loss - coin) for loss in losses) > REST or _gaining(e) or _good(e):
        return None
    return Finding(
        "at rest", "Both at rest, nothing gained",
        f"The losses are {losses[0]:.2f} and {losses[1]:.2f}: that is log 2 = 0.69, the loss of tossing a coin.",
        "The discriminator cannot tell real images from fakes at all, so the generator learns nothing. If the images "
        "were perfect, this would be the goal; they are not.",
        "Let the discriminator learn again.",
        "equilibrium", "losses", _awaken(e),
    )  # fmt: skip


def _awaken(e: Evidence) -> dict[str, float]:
    """What holds the discriminator back most, loosened."""
    s = e.settings
    for name in ("r1_gamma", "r2_gamma"):
        if getattr(s, name) > 5:
            return {name: 1.0}
    if s.dropout > 0.7:
        return {"dropout": 0.5}
    return {"lr_d": rounded(min(0.1, max(s.lr_g, 4 * s.lr_d, 0.0002)))}


def _good(e: Evidence) -> bool:
    """Whether the images are nearly as good as real ones."""
    return e.quality is not None and e.quality.fid < NEARLY_REAL


def _gaining(e: Evidence) -> bool:
    """Whether the images get clearly better: their FID falls by a twentieth and more in three epochs."""
    gain = e.fid_gain(3)
    return gain is not None and e.quality is not None and gain[0] > 0.05 * e.quality.fid
