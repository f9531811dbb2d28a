"""The short version of `kills.py`."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import SMALL
from kills import kill_again_and_again
from own import OWN

from gan.settings import Settings
from gan.training.own_networks import OwnNetworks

MODERN = SMALL.changed(g_norm="batch", ema_decay=0.99, dropout_in="discriminator", batch_size=522)  # ends in one image


@pytest.mark.parametrize(
    ("settings", "own", "kills"),
    [(SMALL, None, 6), (MODERN, None, 6), (MODERN, OWN, 4)],
    ids=["plain", "normalised and averaged", "networks of one's own"],
)
def test_a_run_that_is_killed_at_random_moments_ends_as_if_it_never_was(
    settings: Settings, own: OwnNetworks | None, kills: int, tmp_path: Path
) -> None:
    outcome = kill_again_and_again(tmp_path, kills, 1, settings, own)
    assert outcome.equal
    assert outcome.lost_commands == 0
    assert outcome.in_file_operations > 0
    assert outcome.batches > 0
