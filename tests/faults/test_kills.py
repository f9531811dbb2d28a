"""The short version of `kills.py`."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import SMALL
from kills import kill_again_and_again

from gan.settings import Settings

MODERN = SMALL.changed(g_norm="batch", ema_decay=0.99, dropout_in="discriminator", batch_size=522)  # ends in one image


@pytest.mark.parametrize("settings", [SMALL, MODERN], ids=["plain", "normalised and averaged"])
def test_a_run_that_is_killed_at_random_moments_ends_as_if_it_never_was(settings: Settings, tmp_path: Path) -> None:
    outcome = kill_again_and_again(tmp_path, kills=6, seed=1, settings=settings)
    assert outcome.equal
    assert outcome.lost_commands == 0
    assert outcome.in_file_operations > 0
    assert outcome.batches > 0
