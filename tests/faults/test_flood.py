"""The short version of `flood.py`."""

from __future__ import annotations

from pathlib import Path

from flood import flood

from gan.settings import Settings


def test_a_run_trains_and_stops_under_a_flood_of_commands_and_its_record_is_exact(tmp_path: Path) -> None:
    outcome = flood(tmp_path, seconds=4.0, rate=300.0, settings=Settings(epochs=10_000))
    assert outcome.exact
    assert outcome.stop_seconds <= 1.0
    assert outcome.longest_without_batch <= 1.0
    assert outcome.kept_percent >= 50
    assert outcome.recorded < 20 * 10  # a second
    assert set(outcome.answers) <= {200, 202, 429}
