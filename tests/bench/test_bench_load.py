"""`python -m gan bench --load` in its smallest form, and the maker of old runs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from helpers import SMALL, wait_until

from gan.bench import load, million_batches, teaching, viewers
from gan.bench.plan import LoadPlan
from gan.recording import epochs
from gan.recording.run_file import read_run_file
from gan.runs.registry import RunRegistry

SMALLEST = LoadPlan(
    viewers=4, good=3, bad=1, moves=2, sessions=2, apart=0.1, desks=2, walled=2, window=1.0, rounds=1, old=2500,
    marks=20, settings=SMALL.changed(digits=range(10), epochs=10_000, pace=50),
)  # fmt: skip


@pytest.mark.timed  # a viewer of a starved run receives nothing in a window
@pytest.mark.usefixtures("forked_servers")
def test_the_server_under_viewers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "SETTLE", 0.0)
    told: list[str] = []
    result = load.measure(told.append, SMALLEST)
    assert told
    json.dumps(result)
    assert result.keys() == {"viewers", "misbehaving", "slider", "sessions", "old_run", "desks", "missed"}
    assert result["viewers"]["viewers"] == 4
    assert 0 < result["viewers"]["messages_per_second"] <= 5
    assert result["viewers"]["furthest_behind"] >= 1
    assert result["misbehaving"]["bad_connections"] >= 2
    assert all(waits(result["slider"][name]) for name in ("answered_ms", "applied_ms", "seen_by_all_ms"))
    assert result["slider"]["applied_ms"]["longest"] <= result["slider"]["seen_by_all_ms"]["longest"]
    first, later = result["sessions"]["first_visit"], result["sessions"]["later_visit"]
    assert waits(first["page_ms"])
    assert first["script_ms"]["median"] <= first["page_ms"]["median"]
    assert first["requests"] > 100  # the document, and what a browser keeps from then on
    assert later["requests"] == 1
    assert first["script_bytes"] > 10_000
    old = result["old_run"]
    assert (old["batches"], old["marks"]) == (2500, 20)
    assert old["catch_up_kb"] > 10
    assert 0 < old["old"]["messages_per_second"] <= 5
    assert result["desks"]["training"] == 2
    assert 0 < result["desks"]["messages_per_second"] <= 5


@pytest.mark.usefixtures("forked_servers")
def test_a_lesson_in_front_of_a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "SETTLE", 0.0)
    told: list[str] = []
    result = teaching.measure(told.append, dataclasses.replace(SMALLEST, window=2.0))
    assert told
    json.dumps(result)
    assert (result["students"], result["desks"]) == (4, 2)
    assert all(waits(result[name]) for name in ("gap_ms", "follow_ms", "answer_ms"))
    assert result["answers"] >= 4
    assert result["answers"] % 4 == 0
    assert result["answers_lost"] == 0
    assert result["wall_messages"] > 0
    assert {"slowdown_percent", "wall_kb_per_message", "missed"} <= result.keys()


def waits(value: dict[str, Any]) -> bool:
    return bool(0 < value["median"] <= value["p95"] <= value["longest"])


def test_a_run_made_by_the_tool_is_one_that_goes_on(tmp_path: Path) -> None:
    million_batches.make_old_run(tmp_path / "old", SMALL.changed(epochs=10_000, kept_epochs=20), 1003, 30)
    registry = RunRegistry(tmp_path)
    run = registry.get("old")
    now = run.snapshot()
    assert (now.state, now.message, now.batch, now.epoch, now.grids) == ("stopped", "", 1003, 77, 77)
    assert len(now.marks) == 30
    assert now.settings.lr_d == now.marks[-1].after
    assert run.grid(77) == run.grid(1)
    kept = epochs.numbers(tmp_path / "old")
    assert 10 <= len(kept) <= 20
    epochs.read(tmp_path / "old", kept[-1])
    registry.resume("old")
    wait_until(lambda: run.snapshot().batch > 1003 or not run.active)
    registry.close()
    assert run.snapshot().state == "interrupted"
    assert read_run_file(tmp_path / "old").batch > 1003
