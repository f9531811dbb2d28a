"""What a list of commands comes to: settings, and how many acted before a batch."""

from __future__ import annotations

from helpers import SMALL
from stored import STEERING, at

from gan.recording.commands import count_before, settings_after


def test_the_last_value_of_each_knob_counts() -> None:
    commands = [*STEERING, at(9, lr_g=0.002, latent_dim=3), at(9, "stop")]
    expected = SMALL.changed(lr_g=0.002, dropout=0.1, epochs=9, pace=2.0, latent_dim=3)
    assert settings_after(SMALL, commands) == expected
    assert settings_after(SMALL, []) == SMALL


def test_a_command_after_a_batch_did_not_act_before_it_was_complete() -> None:
    assert [count_before(STEERING, batch) for batch in (0, 3, 4, 5, 6, 8, 9)] == [0, 0, 2, 2, 4, 4, 5]
