"""An entry of a league, from its first batch until it is to be measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers import wait_for
from running import OpenRegistry

from gan.classroom.people import Person, Role
from gan.errors import LiveGANError
from gan.recording.commands import Resume, Step
from gan.server.league import League

ANN = Person("0123456789abcdef", Role.STUDENT, "Ann")


def test_an_entry_says_why_it_has_stopped_and_does_not_go_on_before_it_is_measured(
    open_registry: OpenRegistry, tmp_path: Path
) -> None:
    registry = open_registry()
    league = League(tmp_path, registry, lambda: None, lambda: False)  # not started, so that nothing is measured
    league.open(json.dumps({"budget": 10, "base": "lecture"}).encode())
    run = registry.get(league.enter(ANN, {}))
    wait_for(run, "stopped")
    assert run.snapshot().message == "It has trained its 10 batches."
    for command in (Resume(), Step()):
        with pytest.raises(LiveGANError, match="This entry is being measured; it can go on once it has its FID"):
            league.check_command(run.name, command)
    league.withdraw(ANN, run.name)
    league.check_command(run.name, Resume())
