"""The registry: many runs, started, listed, named and ended, and none in the way of the others."""

from __future__ import annotations

import math
import os
import shutil
import unicodedata
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import (
    BATCHES,
    ENDLESS,
    SMALL,
    assert_as_if_in_one_go,
    figures,
    score_of,
    wait_for,
    wait_for_batch,
    wait_until,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import OpenRegistry, states

from gan import strict_json
from gan.errors import Busy, LiveGANError
from gan.names import NAME, InvalidName
from gan.quality import scores
from gan.recording import atomic_files
from gan.recording.commands import SetKnobs, Step, Stop
from gan.recording.run_file import RunFile, read_run_file
from gan.runs import registry
from gan.runs.registry import RunRegistry, checkpoints_folder, close_the_registry, the_registry

# --- start, list, end --------------------------------------------------------------------------------------------


def test_runs_are_listed_newest_first_with_where_they_stand(open_registry: OpenRegistry) -> None:
    one = open_registry()
    first = one.start(SMALL, "first")
    wait_for(first, "finished")
    one.start(ENDLESS, "second", paused=True)
    wait_until(lambda: states(one) == {"second": "paused", "first": "finished"})
    newest, oldest = one.summaries()
    assert (newest.name, oldest.name) == ("second", "first")
    assert (oldest.batch, oldest.epoch, oldest.epochs, oldest.batches) == (2 * BATCHES, 2, 2, 2 * BATCHES)
    assert oldest.seconds > 0
    assert oldest.size == pytest.approx(atomic_files.size(one.folder / "first"), rel=0.05)
    assert (oldest.parent, oldest.branched_at) == (None, None)
    assert one.get("first").snapshot().batch == 2 * BATCHES


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


def test_a_run_without_a_name_gets_one_of_its_own(open_registry: OpenRegistry) -> None:
    one = open_registry()
    names = {one.start(ENDLESS, paused=True).name for _ in range(3)}
    assert len(names) == 3
    assert all(NAME.fullmatch(name) for name in names)


def test_closing_writes_a_checkpoint_of_every_run_and_they_go_on_elsewhere(open_registry: OpenRegistry) -> None:
    one = open_registry()
    training, paused = one.start(ENDLESS, "training"), one.start(ENDLESS, "paused", paused=True)
    wait_for_batch(training, 5)
    one.command("training", SetKnobs({"lr_g": 0.01}))
    wait_for(paused, "paused")
    one.close()
    assert not training.active
    assert training.snapshot().state == "interrupted"

    two = open_registry()
    assert states(two) == {"training": "interrupted", "paused": "interrupted"}
    again = two.get("training")
    assert again.snapshot().batch == training.snapshot().batch
    assert again.snapshot().marks == training.snapshot().marks
    np.testing.assert_array_equal(figures(again), figures(training))
    two.resume("training")
    wait_for_batch(again, training.snapshot().batch + BATCHES)
    two.command("training", Stop())
    wait_until(lambda: not again.active)
    assert_as_if_in_one_go(again)


def test_runs_beyond_those_that_may_wait_are_refused_until_one_is_stopped(
    open_registry: OpenRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "MAX_ACTIVE", 2)
    one = open_registry(limit=1)
    done = one.start(SMALL, "done")
    wait_for(done, "finished")
    wait_for(one.start(ENDLESS, "trains"), "running")
    one.start(ENDLESS, "waits")
    for act in (
        lambda: one.start(ENDLESS, "more"),
        lambda: one.command("done", Step()),
        lambda: one.branch("done", 1, {}),
    ):
        with pytest.raises(Busy, match=r"^2 runs train, rest or wait already; stop one of them first\.$"):
            act()
    one.command("done", Stop())  # it rests, and this wakes nobody
    one.command("waits", Stop())
    wait_until(lambda: not one.get("waits").active)
    one.start(ENDLESS, "more")
    assert set(states(one)) == {"done", "trains", "waits", "more"}


def test_the_limit_lets_the_second_wait_visibly(open_registry: OpenRegistry) -> None:
    one = open_registry(limit=1)
    first = one.start(ENDLESS, "first")
    second = one.start(ENDLESS, "second")
    wait_for_batch(first, 1)
    wait_until(lambda: one.summaries()[0].message.startswith("It is next in the queue; "))
    assert states(one) == {"first": "running", "second": "queued"}
    one.command("first", Stop())
    wait_for_batch(second, 1)
    wait_until(lambda: states(one) == {"first": "stopped", "second": "running"})


@pytest.mark.parametrize("state", ["running", "paused", "queued", "stopped"])
def test_a_deleted_run_is_gone_whatever_it_did(open_registry: OpenRegistry, state: str) -> None:
    one = open_registry(limit=1)
    if state == "queued":
        wait_for_batch(one.start(ENDLESS, "other"), 1)
    run = one.start(ENDLESS, "demo", paused=state == "paused")
    if state == "stopped":
        one.command("demo", Stop())
    wait_until(lambda: states(one)["demo"] == state)
    one.delete("demo")
    assert "demo" not in states(one)
    assert not (one.folder / "demo").exists()
    assert not run.active
    for act in (
        lambda: one.get("demo"),
        lambda: one.resume("demo"),
        lambda: one.delete("demo"),
        lambda: one.pack("demo"),
    ):
        with pytest.raises(LiveGANError, match=r"^There is no run named 'demo'\.$"):
            act()
    wait_for_batch(one.start(ENDLESS, "demo") if state != "queued" else one.get("other"), 1)  # its name is free again


def test_commands_are_passed_on_and_refusals_are_one_sentence(open_registry: OpenRegistry) -> None:
    one = open_registry()
    run = one.start(ENDLESS, "demo", paused=True)
    one.command("demo", Step())
    wait_until(lambda: (run.snapshot().state, run.snapshot().batch) == ("paused", 1))
    with pytest.raises(LiveGANError, match=r"^Dropout \(dropout\) is 2; it must be a number from 0 to 0.95\.$"):
        one.command("demo", SetKnobs({"dropout": 2}))
    with pytest.raises(LiveGANError, match=r"^There is no run named '\.\./demo'\.$"):
        one.command("../demo", Step())


# --- names -------------------------------------------------------------------------------------------------------

ODD_NAMES = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "a\\b",
    ".hidden",
    "-x",
    "x" * 65,
    "a b",
    "é",
    "x\n",
    "x.",
    "con",
    "New",
    "a\0b",
]


@pytest.mark.parametrize("name", ["x" * 65, "a\0b", "a\nb", "\u200b"])
def test_a_name_that_cannot_be_shown_is_refused_and_leaves_nothing(open_registry: OpenRegistry, name: str) -> None:
    one = open_registry()
    before = sorted(one.folder.rglob("*"))
    with pytest.raises(InvalidName, match=r"^(A|The) name "):
        one.start(SMALL, name)
    assert sorted(one.folder.rglob("*")) == before


@given(st.text(max_size=70) | st.from_regex(NAME, fullmatch=True) | st.sampled_from(ODD_NAMES))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_becomes_a_name_in_the_folder_or_is_refused(tmp_path: Path, name: str) -> None:
    one = RunRegistry(tmp_path)
    refusal = ""
    try:
        checked, title = one._check_new(name)
    except InvalidName as error:
        refusal = str(error)
    if refusal:
        assert len(refusal) < 500
        assert "\n" not in refusal
    else:
        assert NAME.fullmatch(checked)
        assert (tmp_path / checked).parent == tmp_path
        assert (title or checked) == unicodedata.normalize("NFC", name).strip()
    with pytest.raises(LiveGANError, match="There is no run named"):
        one.get(name)
    with pytest.raises(LiveGANError, match="There is no run named"):
        one.delete(name)


def test_a_name_in_any_script_is_shown_as_it_was_typed_and_kept_on_disk(open_registry: OpenRegistry) -> None:
    one = open_registry()
    run = one.start(SMALL, " Mein Lauf №1 ")
    wait_for(run, "finished")
    assert (run.name, run.snapshot().title) == ("Mein-Lauf-No1", "Mein Lauf №1")
    one.close()
    again = open_registry()
    assert [(s.name, s.title) for s in again.summaries()] == [("Mein-Lauf-No1", "Mein Lauf №1")]
    assert again.get("Mein-Lauf-No1").snapshot().title == "Mein Lauf №1"


def test_names_with_the_same_safe_form_get_folders_of_their_own(open_registry: OpenRegistry) -> None:
    one = open_registry()
    made = [one.start(ENDLESS, name, paused=True).name for name in ("demo", "démo", "Demo!", "de/mo", "de mo")]
    assert made == ["demo", "demo-2", "Demo", "de-mo", "de-mo-2"]


@pytest.mark.parametrize("again", ["Lauf 1", "LAUF 1", " lauf  1"])
def test_a_name_is_given_once_however_it_is_written(open_registry: OpenRegistry, again: str) -> None:
    one = open_registry()
    one.start(ENDLESS, "Lauf 1", paused=True)
    with pytest.raises(InvalidName, match=r"^There is already a run named '.*'\.$"):
        one.start(ENDLESS, again)


def test_a_name_is_given_once(open_registry: OpenRegistry) -> None:
    one = open_registry()
    one.start(ENDLESS, "demo", paused=True)
    with pytest.raises(LiveGANError, match=r"^There is already a run named 'demo'\.$"):
        one.start(ENDLESS, "demo")


# --- many runs ---------------------------------------------------------------------------------------------------


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


# --- the one registry of the process ----------------------------------------------------------------------------------


def test_the_lab_of_the_process_is_opened_once_on_the_folder_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path / "here"))
    assert checkpoints_folder() == tmp_path / "here"
    try:
        assert the_registry() is the_registry()
        assert the_registry().folder == tmp_path / "here"
        first = the_registry()
    finally:
        close_the_registry()
    close_the_registry()
    try:
        assert the_registry() is not first
        assert the_registry().read_only is None
    finally:
        close_the_registry()
    monkeypatch.delenv("LIVEGAN_CHECKPOINTS")
    assert checkpoints_folder() == registry.ROOT / "checkpoints"
