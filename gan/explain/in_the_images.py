"""Detectors of what goes wrong with the images, and with what they are made of: the data, the rates, the sampling."""

from __future__ import annotations

import math

from gan.data.class_names import named
from gan.explain.evidence import WINDOW, Evidence
from gan.explain.finding import Finding, balanced, short, slower

FEW = 0.5  # of the digits that the run learns from: with fewer than this share of them it has collapsed
DRAWN = 0.01  # density of images that resemble real ones at all; that of noise is 0
READABLE = 0.1  # share of images that are read with confidence; below, nothing can be said of digits
COPIES = 0.08  # share of images that nearly repeat a training image: 10 of 128; 1 of 128 is usual for real ones
LITTLE = 12_000  # images
BY_HEART = 90.0  # % of real and of fake images, from which a discriminator with few images knows them by heart
PASSES = 20  # through the images, before it can
TINY = 2e-5  # a learning rate of Adam's below which nothing is to be seen for many epochs
TINY_SGD = 1e-3


def collapsed(e: Evidence) -> Finding | None:
    """A generator that draws only a few of the digits."""
    q = e.quality
    if q is None or q.confident < READABLE or q.density < DRAWN or len(e.settings.digits) < 2:
        return None
    entropy = -sum(share * math.log(share) for share in q.histogram if share > 0)
    drawn = math.exp(entropy)  # as many digits in equal parts would be as varied
    if drawn > FEW * len(e.settings.digits) and len(q.missing) <= FEW * len(e.settings.digits):
        return None
    most = max(range(len(q.histogram)), key=lambda digit: q.histogram[digit])
    lost = f"; missing: {named(e.settings.dataset, q.missing)}" if q.missing else ""
    return Finding(
        "collapsed", "Collapse to few digits",
        f"{q.histogram[most]:.0%} of the images are read as {named(e.settings.dataset, [most])}{lost}.",
        "The generator has found a few images that fool the discriminator and draws little else: nothing in its loss "
        "asks for variety.",
        "A discriminator that keeps up notices the repetition: slow the generator down; or start a new run with "
        "Minibatch standard deviation.",
        "mode-collapse", "digits",
        balanced(e) if e.settings.lr_g > 1.5 * e.settings.lr_d else slower(e, "lr_g", 4),
    )  # fmt: skip


def memorising(e: Evidence) -> Finding | None:
    """Images that nearly repeat training images."""
    q = e.quality
    if q is None or q.copies < COPIES:
        return None
    return Finding(
        "memorising", "It copies training images",
        f"{q.copies:.0%} of {q.copies_of} images nearly repeat a training image; of real test images 1 % do.",
        "With few or very similar training images the discriminator knows them by heart, and what pleases it most is a "
        "copy.",
        "Dropout and the R1 penalty keep the discriminator from learning images by heart; more images help most.",
        "copies", "copies",
        {"r1_gamma": 1.0} if e.settings.r1_gamma < 1 else {"dropout": min(0.8, e.settings.dropout + 0.3)},
    )  # fmt: skip


def too_little_data(e: Evidence) -> Finding | None:
    """A discriminator that has seen few images so often that it knows them."""
    if e.settings.loss == "wasserstein" or e.images > LITTLE or e.passes < PASSES:
        return None
    real, fake = e.mean("d_real_acc"), e.mean("d_fake_acc")
    if min(real, fake) < BY_HEART:
        return None
    return Finding(
        "too little data", "Too little data",
        f"It has seen its {e.images:,} images {e.passes:.0f} times, and the discriminator now recognises {real:.0f} % "
        f"of them and spots {fake:.0f} % of the fakes.",
        "A discriminator that sees the same few images again and again learns them by heart, instead of what makes an "
        "image look real. All digits together are 60,000 images.",
        "Make learning by heart harder: raise dropout or the R1 penalty; a new run with more digits has more images.",
        "overfitting", "accuracy",
        {"dropout": 0.5} if e.settings.dropout < 0.4 else {"r1_gamma": max(1.0, 2 * e.settings.r1_gamma)},
    )  # fmt: skip


def rate_too_small(e: Evidence) -> Finding | None:
    """A generator that moves too slowly for anybody to see it learn."""
    s = e.settings
    limit, usual = (TINY, 0.0002) if s.optimizer_g == "adam" else (TINY_SGD, 0.02)
    moved = abs(e.mean("g_loss") - e.mean("g_loss", before=WINDOW)) if e.batch >= 2 * WINDOW else 0.0
    if s.lr_g >= limit or e.batch < WINDOW or moved > 0.5:
        return None
    if e.quality is not None and e.quality.fid < 40:
        return None
    return Finding(
        "rate too small", "Learning rate too small",
        f"After {e.batch:,} batches with a generator learning rate of {short(s.lr_g)} "
        + ("there are no digits yet." if e.quality is None else f"the FID is still {short(e.quality.fid)}."),
        "The learning rate says how far each step moves the weights. With steps as small as these it takes many hours "
        "until something can be seen.",
        "Take larger steps.",
        "learning-rate", "losses",
        {"lr_g": usual, "lr_d": max(usual, s.lr_d)},
    )  # fmt: skip


def dropout_while_sampling(e: Evidence) -> Finding | None:
    """A generator that switches units off at random even when it is asked for images."""
    if e.repeats:
        return None
    return Finding(
        "dropout while sampling", "Dropout stays on while sampling",
        "Asked twice for the image of the same noise, the generator makes two different ones.",
        "Something random in its code, such as F.dropout(x), also acts in evaluation mode, so that all images that are "
        "shown and measured are those of a crippled network. LiveGAN's own networks switch dropout off for this.",
        "Write F.dropout(x, training=self.training), or use nn.Dropout as a layer, and start a new run.",
        "dropout", "images",
    )  # fmt: skip
