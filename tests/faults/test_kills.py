"""The short version of `kills.py`."""

from __future__ import annotations

from pathlib import Path

from kills import kill_again_and_again


def test_a_run_that_is_killed_at_random_moments_ends_as_if_it_never_was(tmp_path: Path) -> None:
    outcome = kill_again_and_again(tmp_path, kills=6, seed=1)
    assert outcome.equal
    assert outcome.lost_commands == 0
    assert outcome.in_file_operations > 0
    assert outcome.batches > 0
