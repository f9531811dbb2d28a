"""The sentence below the charts: what the figures mean now."""

from __future__ import annotations

from typing import NamedTuple

from gan.explain.evidence import Evidence
from gan.explain.finding import Figure
from gan.recording.metric_history import METRICS

FIRST = 20  # batches before anything is said
BEHIND = 65.0  # % of fakes spotted from which the generator counts as behind, and 100 minus this as ahead
STILL = 0.02  # a change of the FID by less than this share is none: it varies by as much with the noise


class Part(NamedTuple):
    """A part of the sentence, with what it rests on."""

    text: str
    figure: Figure | None


def line(e: Evidence) -> tuple[Part, ...]:
    """The sentence in parts."""
    if e.batch < FIRST:
        return (Part("Training begins: in a moment this line says in words what the charts show.", None),)
    return (*_game(e), *_images(e))


def _game(e: Evidence) -> tuple[Part, ...]:
    if e.settings.loss == "wasserstein":
        gap = -e.mean("d_loss")
        return (Part(f"The critic scores real images {gap:.2g} higher than fakes", "losses"), Part("; ", None))
    spotted, real = e.mean("d_fake_acc"), e.mean("d_real_acc")
    if e.settings.loss == "relativistic":
        return (
            Part(f"The discriminator picks the real image of {spotted:.0f} % of the pairs", "accuracy"),
            Part(f"; {_standing(spotted, (spotted + real) / 2)} ", None),
        )
    return (
        Part(f"The discriminator spots {spotted:.0f} % of the fakes", "accuracy"),
        Part(" and ", None),
        Part(f"accepts {real:.0f} % of the real images", "accuracy"),
        Part(f"; {_standing(spotted, (spotted + real) / 2)} ", None),
    )


def _standing(spotted: float, right: float) -> str:
    if right < 55 and 35 < spotted < BEHIND:
        return "the two are about even,"
    if spotted <= 100 - BEHIND:
        return "the generator is ahead,"
    if spotted < BEHIND:
        return "the generator fools it often,"
    return "the generator is behind,"


def _images(e: Evidence) -> tuple[Part, ...]:
    if e.quality is None:
        return (Part("and the quality of the images has not been measured yet.", None),)
    now, gain = e.quality.fid, e.fid_gain()
    if gain is None:
        return (
            Part("and the FID of its images, the lower the better, is ", None),
            Part(f"{now:.3g}.", "fid"),
        )
    fell, epochs = gain
    span = "in the last epoch" if epochs == 1 else f"in the last {epochs} epochs"
    if fell > STILL * now:
        return (Part("and the images get better: ", None), Part(f"FID fell by {fell:.2g} to {now:.3g} {span}.", "fid"))
    if fell < -STILL * now:
        return (Part("and the images get worse: ", None), Part(f"FID rose by {-fell:.2g} to {now:.3g} {span}.", "fid"))
    ago = "an epoch" if epochs == 1 else f"{epochs} epochs"
    return (Part("and the images stay as good as they were: ", None), Part(f"FID is {now:.3g}, as {ago} ago.", "fid"))


def figures(e: Evidence) -> dict[str, float]:
    """The run's figures by name, for conditions on them; those that are not known yet are left out."""
    known: dict[str, float] = {"batch": e.batch, "epoch": e.batch // e.batches_per_epoch}
    if e.batch:
        known |= {name: round(e.mean(name, 100), 4) for name in METRICS}
    if e.quality is not None:
        q = e.quality
        known |= {"fid": q.fid, "density": q.density, "coverage": q.coverage, "confident": q.confident,
                  "copies": q.copies, "missing": len(q.missing)}  # fmt: skip
    return known
