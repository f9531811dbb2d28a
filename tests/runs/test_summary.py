"""Runs as lists show them: a damaged one hides no other, and what has not changed is not read again."""

from __future__ import annotations

import math
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from helpers import (
    BATCHES,
    ENDLESS,
    SMALL,
    score_of,
    wait_for,
    wait_until,
)
from running import OpenRegistry, states

from gan import strict_json
from gan.quality import scores
from gan.recording.commands import SetKnobs, Stop
from gan.recording.run_file import RunFile, read_run_file


def test_the_best_fid_is_listed_as_soon_as_it_is_known(open_registry: OpenRegistry) -> None:
    one = open_registry()
    run = one.start(ENDLESS, "demo", paused=True)  # so that nothing else is measured of it
    wait_for(run, "paused")
    assert one.summaries()[0].fid is None
    line = run.scores.line
    run.scores.add(score_of(8.5, 1), line)
    assert one.summaries()[0].fid == 8.5
    run.command(Stop())
    wait_for(run, "stopped")
    assert one.summaries()[0].fid == 8.5
    run.scores.add(score_of(2.5, 2), line)  # a measurement that comes after the end
    assert one.summaries()[0].fid == 2.5
    run.scores.add(score_of(6.0, 3), line)
    assert (one.summaries()[0].fid, one.summaries()[0].fid_epoch) == (2.5, 2)
    one.close()
    again = open_registry().summaries()[0]
    assert (again.fid, again.fid_epoch) == (2.5, 2)
    (one.folder / "demo" / scores.NAME).write_bytes(b"nonsense")
    assert open_registry().summaries()[0].fid is None


def test_a_run_that_cannot_be_written_as_json_is_damaged_and_takes_no_other_from_the_list(
    open_registry: OpenRegistry,
) -> None:
    one = open_registry()
    whole, odd = one.start(ENDLESS, "whole", paused=True), one.start(ENDLESS, "odd", paused=True)
    wait_for(whole, "paused")
    wait_for(odd, "paused")
    odd.scores.all = (score_of(math.nan, 1),)
    listed = {summary.name: summary for summary in one.summaries()}
    assert (listed["whole"].state, listed["odd"].state) == ("paused", "damaged")
    assert listed["odd"].message == "It cannot be shown: it holds a number that is not finite."
    strict_json.dumps([asdict(summary) for summary in listed.values()])


def test_a_run_that_cannot_be_read_for_a_reason_nobody_thought_of_is_damaged(
    open_registry: OpenRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = open_registry()
    for name in ("whole", "odd"):
        wait_for(one.start(SMALL, name), "finished")
    one.close()

    def read(folder: Path) -> RunFile:
        if folder.name == "odd":
            raise ZeroDivisionError
        return read_run_file(folder)

    monkeypatch.setattr("gan.runs.summary.read_run_file", read)
    listed = {summary.name: summary for summary in open_registry().summaries()}
    assert (listed["whole"].state, listed["odd"].state) == ("finished", "damaged")
    assert listed["odd"].message == "It cannot be read (ZeroDivisionError); the log has the details."


def test_a_thousand_runs_are_listed_from_two_small_files_each_and_read_once(
    open_registry: OpenRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = open_registry()
    wait_for(one.start(SMALL, "run-0"), "finished")
    one.close(measure=True)
    for number in range(1, 1000):
        shutil.copytree(one.folder / "run-0", one.folder / f"run-{number}", copy_function=os.link)

    opened: list[Path] = []
    really_open = Path.open

    def open_noted(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.is_relative_to(one.folder):
            opened.append(path)
        return really_open(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", open_noted)
    two = open_registry()
    assert opened == []
    assert len(two.summaries()) == 1000
    small = ("quality.json", "run.json")
    assert sorted(opened) == sorted(one.folder / f"run-{number}" / name for number in range(1000) for name in small)
    opened.clear()
    assert set(states(two).values()) == {"finished"}
    assert opened == []  # nothing has changed
    assert two.get("run-700").snapshot().batch == 2 * BATCHES
    two.command("run-700", SetKnobs({"epochs": 3}))
    wait_until(lambda: states(two)["run-700"] == "paused")
    assert {path.parent.name for path in opened} == {"run-700"}  # the others are not read again
