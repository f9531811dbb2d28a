"""The short version of `crowding.py`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from crowding import GOOD, crowd_in


@pytest.mark.timed
@pytest.mark.usefixtures("forked_servers")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not limit handles")
def test_with_few_file_handles_new_viewers_are_turned_away_and_those_inside_and_the_runs_go_on(tmp_path: Path) -> None:
    outcome = crowd_in(tmp_path, handles=128)
    viewers = GOOD + outcome.let_in
    assert viewers >= 80  # a viewer takes one handle here, as it has no page
    assert outcome.refusal == f"503 The server is full ({viewers} viewers)."
    assert (outcome.page_status, outcome.page) == (503, f"The server is full ({viewers} viewers).")
    assert outcome.silent > outcome.handles
    assert outcome.longest_gap < 10
    assert outcome.started
    assert outcome.again
    assert outcome.lines == 1
    assert outcome.log_bytes < 1000
