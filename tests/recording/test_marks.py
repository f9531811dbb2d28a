"""The marks on the chart: which commands leave one, and what it says."""

from __future__ import annotations

from helpers import SMALL
from stored import STEERING, at

from gan.recording.commands import settings_after
from gan.recording.marks import Mark, marks_of


def test_marks_are_the_changes_of_what_is_trained() -> None:
    """Not the pace, nor what is kept on disk, nor a pause."""
    assert marks_of(SMALL, [*STEERING, at(9, dropout=0.3), at(9, "step_g"), at(9, kept_epochs=7, full_every=3)]) == (
        Mark(3, "lr_g", "Generator learning rate", 0.0002, 0.001),
        Mark(3, "step_d", "Discriminator only", None, None),
        Mark(5, "dropout", "Dropout", 0.5, 0.1),
        Mark(5, "epochs", "Epochs", 2, 9),
        Mark(9, "dropout", "Dropout", 0.1, 0.3),
        Mark(9, "step_g", "Generator only", None, None),
    )


def test_a_knob_without_effect_leaves_no_mark() -> None:
    turned = [at(2, momentum_g=0.5, beta1_g=0.3), at(4, label_smoothing=0.1)]

    def marked(**choices: str) -> list[str]:
        return [mark.knob for mark in marks_of(SMALL.changed(**choices), turned)]

    assert marked() == ["beta1_g", "label_smoothing"]
    assert marked(optimizer_g="sgd") == ["momentum_g", "label_smoothing"]
    assert marked(loss="wasserstein") == ["beta1_g"]
    assert settings_after(SMALL, turned).momentum_g == 0.5  # it is recorded all the same
