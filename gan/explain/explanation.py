"""The explanation of a run at one moment: a sentence, warnings, and the figures that both rest on.

A warning is raised when its detector fires at two checks in a row, and stays until it has not fired for `HOLD` checks.
Checks are made at every `EVERY`th batch, so what is said at a batch depends on the record up to it alone: a replay and
an old epoch say what was said then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from gan.explain import in_the_game, in_the_images
from gan.explain.evidence import Evidence, settings_at, until
from gan.explain.finding import Finding
from gan.explain.line import figures, line
from gan.quality.scores import Score
from gan.recording.marks import Mark
from gan.recording.metric_history import Rows
from gan.settings import Settings

EVERY = 50  # batches between two checks
HOLD = 12  # checks without a sign of the cause until a warning goes
MOST = 2  # warnings at once

Detector = Callable[[Evidence], Finding | None]
# The gravest first.
DETECTORS: tuple[Detector, ...] = (
    in_the_game.diverging,
    in_the_game.loss_out_of_scale,
    in_the_images.dropout_while_sampling,
    in_the_game.gradient_vanished,
    in_the_images.collapsed,
    in_the_game.generator_ahead,
    in_the_game.at_rest,
    in_the_images.rate_too_small,
    in_the_images.too_little_data,
    in_the_game.discriminator_too_strong,
    in_the_game.swinging,
    in_the_images.memorising,
)
NAMES = tuple(detector.__name__.replace("_", " ") for detector in DETECTORS)


class Explainer:
    """Explains one run, again and again; remembers the checks that it has made."""

    def __init__(self) -> None:
        self._checks: dict[int, tuple[object, dict[str, Finding]]] = {}

    def explain(
        self, settings: Settings, batch: int, batches_per_epoch: int, rows: Rows, scores: Sequence[Score],
        marks: Sequence[Mark], repeats: bool = True,
    ) -> dict[str, Any]:  # fmt: skip
        """The explanation after `batch` batches as JSON values.

        Args:
            settings: those of today; `marks` take them back.
            rows: the figures of batches 1 to `batch`, at least.
            repeats: see `Evidence`.
        """

        def evidence(at: int) -> Evidence:
            then = settings_at(settings, marks, max(1, at))
            return Evidence(then, at, batches_per_epoch, rows, until(scores, at), repeats)

        now = evidence(batch)
        last = batch // EVERY
        fired = {check: self._check(check, evidence) for check in range(max(0, last - HOLD), last + 1)}
        warnings = standing(fired)
        self._checks = {check: kept for check, kept in self._checks.items() if check >= last - HOLD}
        return {
            "batch": batch,
            "figures": {name: float(f"{value:.6g}") for name, value in figures(now).items()},
            "line": [part._asdict() for part in line(now)],
            "warnings": [asdict(finding) | {"label": finding.label} for finding in warnings[:MOST]],
            "standing": [finding.name for finding in warnings],
        }

    def _check(self, check: int, evidence: Callable[[int], Evidence]) -> dict[str, Finding]:
        e = evidence(check * EVERY)
        told_by = (e.settings, e.scores[-1:], e.repeats)
        if check not in self._checks or self._checks[check][0] != told_by:
            self._checks[check] = (told_by, found(e))
        return self._checks[check][1]


def found(e: Evidence) -> dict[str, Finding]:
    """What the detectors find at one moment, by name, the gravest first."""
    if e.batch < in_the_game.FIRST:
        return {}
    findings = [finding for detector in DETECTORS if (finding := detector(e)) is not None]
    return {finding.name: finding for finding in findings}


def standing(fired: dict[int, dict[str, Finding]]) -> list[Finding]:
    """The warnings that stand at the last of these checks, each as it was found last, the gravest first."""
    newest: dict[str, Finding] = {}
    for check, findings in fired.items():
        before = fired.get(check - 1, {})
        newest |= {name: finding for name, finding in findings.items() if name in before or name in newest}
    return sorted(newest.values(), key=lambda finding: NAMES.index(finding.name))
