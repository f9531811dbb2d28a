"""The lab: many runs, found again after any end, shared between processes, and none in the way of the others."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import (
    BATCHES,
    ENDLESS,
    SMALL,
    assert_same_bits,
    figures,
    replayed,
    wait_for,
    wait_for_batch,
    wait_until,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gan import checkpoint, lab
from gan.lab import NAME, RESERVED, Lab, LabError, checkpoints_folder, close_the_lab, the_lab
from gan.run import Run

OpenLab = Callable[..., Lab]


@pytest.fixture
def open_lab(tmp_path: Path) -> Iterator[OpenLab]:
    """Opens labs, by default on one folder; all are closed after the test."""
    labs: list[Lab] = []

    def make(folder: Path = tmp_path / "runs", limit: int | None = 4) -> Lab:
        labs.append(Lab(folder, limit))
        labs[-1].open()
        return labs[-1]

    yield make
    for one in labs:
        one.close()


def states(one: Lab) -> dict[str, str]:
    return {summary.name: summary.state for summary in one.summaries()}


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below a folder with its size and the time of its last change."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def assert_as_if_in_one_go(run: Run) -> None:
    """Figures and weights of a run at rest are those of its settings and marks, trained without a pause."""
    snapshot = run.snapshot()
    run_file = checkpoint.read(run.keeper.folder)
    rows, state = replayed(run_file.initial_settings, snapshot.marks, snapshot.batch)
    np.testing.assert_array_equal(figures(run), rows)
    assert_same_bits(checkpoint.read_state(run.keeper.folder, run_file), state)


# --- start, list, end --------------------------------------------------------------------------------------------


def test_runs_are_listed_newest_first_with_where_they_stand(open_lab: OpenLab) -> None:
    one = open_lab()
    first = one.start(SMALL, "first")
    wait_for(first, "finished")
    one.start(ENDLESS, "second", paused=True)
    wait_until(lambda: states(one) == {"second": "paused", "first": "finished"})
    newest, oldest = one.summaries()
    assert (newest.name, oldest.name) == ("second", "first")
    assert (oldest.batch, oldest.epoch, oldest.epochs, oldest.batches) == (2 * BATCHES, 2, 2, 2 * BATCHES)
    assert oldest.seconds > 0
    assert one.get("first").snapshot().batch == 2 * BATCHES


def test_a_run_without_a_name_gets_one_of_its_own(open_lab: OpenLab) -> None:
    one = open_lab()
    names = {one.start(ENDLESS, paused=True).name for _ in range(3)}
    assert len(names) == 3
    assert all(NAME.fullmatch(name) for name in names)


def test_closing_writes_a_checkpoint_of_every_run_and_they_go_on_elsewhere(open_lab: OpenLab) -> None:
    one = open_lab()
    training, paused = one.start(ENDLESS, "training"), one.start(ENDLESS, "paused", paused=True)
    wait_for_batch(training, 5)
    one.command("training", "set", {"lr_g": 0.01})
    wait_for(paused, "paused")
    one.close()
    assert not training.active
    assert training.snapshot().state == "interrupted"

    two = open_lab()
    assert states(two) == {"training": "interrupted", "paused": "interrupted"}
    again = two.get("training")
    assert again.snapshot().batch == training.snapshot().batch
    assert again.snapshot().marks == training.snapshot().marks
    np.testing.assert_array_equal(figures(again), figures(training))
    two.resume("training")
    wait_for_batch(again, training.snapshot().batch + BATCHES)
    two.command("training", "stop")
    wait_until(lambda: not again.active)
    assert_as_if_in_one_go(again)


def test_the_limit_lets_the_second_wait_visibly(open_lab: OpenLab) -> None:
    one = open_lab(limit=1)
    first = one.start(ENDLESS, "first")
    second = one.start(ENDLESS, "second")
    wait_for_batch(first, 1)
    wait_until(lambda: one.summaries()[0].message == "Number 1 in the queue.")
    assert states(one) == {"first": "running", "second": "queued"}
    one.command("first", "pause")
    wait_for_batch(second, 1)
    wait_until(lambda: states(one) == {"first": "paused", "second": "running"})


@pytest.mark.parametrize("state", ["running", "paused", "queued", "stopped"])
def test_a_deleted_run_is_gone_whatever_it_did(open_lab: OpenLab, state: str) -> None:
    one = open_lab(limit=1)
    if state == "queued":
        wait_for_batch(one.start(ENDLESS, "other"), 1)
    run = one.start(ENDLESS, "demo", paused=state == "paused")
    if state == "stopped":
        one.command("demo", "stop")
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
        with pytest.raises(LabError, match=r"^There is no run named 'demo'\.$"):
            act()
    wait_for_batch(one.start(ENDLESS, "demo") if state != "queued" else one.get("other"), 1)  # its name is free again


def test_commands_are_passed_on_and_refusals_are_one_sentence(open_lab: OpenLab) -> None:
    one = open_lab()
    run = one.start(ENDLESS, "demo", paused=True)
    one.command("demo", "step")
    wait_until(lambda: (run.snapshot().state, run.snapshot().batch) == ("paused", 1))
    with pytest.raises(LabError, match=r"^Dropout \(dropout\) is 2; it must be a number from 0 to 0.95\.$"):
        one.command("demo", "set", {"dropout": 2})
    with pytest.raises(LabError, match=r"^There is no command 'dance'"):
        one.command("demo", "dance")
    with pytest.raises(LabError, match=r"^There is no run named '\.\./demo'\.$"):
        one.command("../demo", "step")


# --- names -------------------------------------------------------------------------------------------------------

BAD_NAMES = [
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


@pytest.mark.parametrize("name", BAD_NAMES[1:])
def test_a_name_that_is_no_folder_of_ours_is_refused(open_lab: OpenLab, name: str) -> None:
    one = open_lab()
    before = sorted(one.folder.rglob("*"))
    with pytest.raises(
        LabError, match=r"cannot be a run's name; use 1 to 64 letters, digits, dots, dashes or underscores"
    ):
        one.start(SMALL, name)
    assert sorted(one.folder.rglob("*")) == before


@given(st.text(max_size=70) | st.from_regex(NAME, fullmatch=True) | st.sampled_from(BAD_NAMES))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_a_name_in_the_folder_or_refused(tmp_path: Path, name: str) -> None:
    one = Lab(tmp_path)
    refusal = ""
    try:
        checked = one._check_new(name)
    except LabError as error:
        refusal = str(error)
    if refusal:
        assert "cannot be a run's name" in refusal
        assert len(refusal) < 500
        assert "\n" not in refusal
    else:
        assert checked == name
        assert (tmp_path / name).parent == tmp_path
        assert name.lower() not in RESERVED
    with pytest.raises(LabError, match="There is no run named"):
        one.get(name)
    with pytest.raises(LabError, match="There is no run named"):
        one.delete(name)


def test_a_name_is_given_once(open_lab: OpenLab) -> None:
    one = open_lab()
    one.start(ENDLESS, "demo", paused=True)
    with pytest.raises(LabError, match=r"^There is already a run named 'demo'\.$"):
        one.start(ENDLESS, "demo")


# --- killed ------------------------------------------------------------------------------------------------------


def test_a_run_of_another_process_is_only_shown_and_after_a_kill_it_goes_on_bit_for_bit(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    folder = tmp_path / "runs"
    script = Path(__file__).with_name("trains_until_killed.py")
    with subprocess.Popen([sys.executable, str(script), str(folder)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        word, batch_text = process.stdout.readline().split()
        assert word == "steered"

        one = open_lab()
        assert states(one) == {"demo": "elsewhere"}
        assert one.get("demo").snapshot().state == "elsewhere"
        for kind in ("pause", "resume", "step", "stop"):
            with pytest.raises(LabError, match=r"^Run demo is being trained by another process\.$"):
                one.command("demo", kind)
        with pytest.raises(LabError, match="is being trained by another process"):
            one.command("demo", "set", {"lr_g": 0.1})
        with pytest.raises(LabError, match="is being trained by another process; stop that one first"):
            one.delete("demo")
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)

    steered_at = int(batch_text)
    wait_until(lambda: states(one) == {"demo": "interrupted"})
    assert one.get("demo").snapshot().batch < steered_at  # the kill came after the last checkpoint
    one.resume("demo")
    run = one.get("demo")
    wait_for_batch(run, steered_at + 20)
    one.command("demo", "stop")
    wait_until(lambda: not run.active)
    marks = run.snapshot().marks
    assert [(mark.knob, mark.after) for mark in marks] == [("lr_g", 0.003), ("latent_dim", 11)]
    assert all(0 < mark.batch < steered_at for mark in marks)
    assert_as_if_in_one_go(run)


def test_a_copy_of_the_folder_at_any_moment_goes_on_as_the_run_did(open_lab: OpenLab, tmp_path: Path) -> None:
    """What a kill leaves at any moment: the run's folder as it stands between two checkpoints."""
    one = open_lab()
    run = one.start(ENDLESS.changed(batch_size=64), "demo")  # 98 batches an epoch
    changes: list[dict[str, Any]] = [
        {"lr_g": 0.01},
        {"latent_dim": 3},
        {"dropout": 0.0},
        {"latent_dim": 12},
        {"d_steps": 2},
    ]
    for number, change in enumerate(changes):
        wait_for_batch(run, run.snapshot().batch + 30)
        one.command("demo", "set", change)
        wait_for_batch(run, run.snapshot().batch + 30)
        wait_until(functools.partial(copied, one.folder / "demo", tmp_path / f"image-{number}" / "demo"))
    one.command("demo", "stop")
    wait_until(lambda: not run.active)
    assert_as_if_in_one_go(run)
    total, marks = run.snapshot().batch, run.snapshot().marks

    for number in range(len(changes)):
        two = open_lab(tmp_path / f"image-{number}")
        assert states(two) == {"demo": "interrupted"}
        again = two.get("demo")
        two.resume("demo")
        wait_for_batch(again, total)
        two.command("demo", "stop")
        again.join()
        assert again.snapshot().marks == marks[: number + 1]
        assert_as_if_in_one_go(again)
        shared = marks[number + 1].batch if number + 1 < len(marks) else total
        np.testing.assert_array_equal(figures(again)[:shared], figures(run)[:shared])


def copied(folder: Path, to: Path) -> bool:
    """Copy a run's folder; False if a checkpoint was written meanwhile: the copy is of no moment, and is removed."""
    before = files(folder)
    try:
        shutil.copytree(folder, to)
    except (shutil.Error, FileNotFoundError):
        pass
    else:
        if files(folder) == before:
            return True
    shutil.rmtree(to.parent)
    return False


# --- damage and refusals -----------------------------------------------------------------------------------------


def test_a_damaged_run_is_listed_with_the_reason_and_the_others_work(open_lab: OpenLab) -> None:
    one = open_lab()
    for name in ("good", "bad", "worse"):
        wait_for(one.start(SMALL, name), "finished")
    one.close()
    (one.folder / "bad" / "run.json").write_bytes(b"{")
    (one.folder / "worse" / "series.npy").write_bytes(b"")
    (one.folder / "empty").mkdir()

    two = open_lab()
    assert states(two) == {"good": "finished", "bad": "damaged", "worse": "finished", "empty": "damaged"}
    reasons = {summary.name: summary.message for summary in two.summaries()}
    assert reasons["bad"] == "run.json cannot be read (its syntax)."
    assert reasons["empty"] == "run.json is missing."
    with pytest.raises(LabError, match=r"^Run bad is damaged: run\.json cannot be read"):
        two.resume("bad")
    with pytest.raises(LabError, match=r"^Run worse is damaged: series\.npy is not a NumPy file\.$"):
        two.get("worse")
    with pytest.raises(LabError, match=r"^Run worse is damaged: "):
        two.pack("worse")
    two.command("good", "set", {"epochs": 3})
    two.resume("good")
    wait_for_batch(two.get("good"), 3 * BATCHES)
    for name in ("bad", "worse", "empty"):
        two.delete(name)
    assert set(states(two)) == {"good"}


def test_damaged_weights_are_found_when_the_run_is_resumed(open_lab: OpenLab) -> None:
    one = open_lab()
    wait_for(one.start(SMALL, "demo"), "finished")
    one.close()
    (weights,) = (one.folder / "demo").glob("state-*")
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    two = open_lab()
    two.command("demo", "set", {"epochs": 3})
    wait_until(lambda: states(two) == {"demo": "failed"})
    assert two.get("demo").snapshot().message == (
        f"Run demo cannot be resumed: {weights.name} is not as it was written (its checksum differs)."
    )


def test_a_second_server_on_the_folder_says_so_and_writes_nothing(open_lab: OpenLab) -> None:
    one = open_lab()
    wait_for(one.start(SMALL, "done"), "finished")
    wait_for(one.start(ENDLESS, "open", paused=True), "paused")
    shutil.copytree(one.folder / "open", one.folder / "orphan", ignore=shutil.ignore_patterns(".lock"))  # by hand
    before = files(one.folder)

    two = open_lab()
    assert two.read_only is not None
    assert "Another LiveGAN server uses this folder" in two.read_only
    assert states(two) == {"done": "finished", "open": "elsewhere", "orphan": "interrupted"}
    assert two.get("done").snapshot().batch == 2 * BATCHES
    assert two.get("orphan").snapshot().state == "interrupted"
    packed = two.pack("done")
    refused: list[Callable[[], object]] = [
        lambda: two.start(SMALL, "mine"),
        lambda: two.command("done", "step"),
        lambda: two.resume("open"),
        lambda: two.delete("done"),
        lambda: two.unpack(packed, "done.zip"),
    ]
    for act in refused:
        with pytest.raises(LabError, match="Another LiveGAN server uses this folder"):
            act()
    two.close()
    assert files(one.folder) == before
    one.close()
    assert open_lab().read_only is None


def test_with_a_folder_that_cannot_be_written_runs_go_on_unsaved(open_lab: OpenLab, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    one = open_lab(tmp_path / "file")
    assert states(one) == {}
    run = one.start(ENDLESS, "demo")
    wait_for_batch(run, BATCHES + 1)
    wait_until(lambda: states(one) == {"demo": "running"})
    assert run.snapshot().saved is not None
    one.command("demo", "stop")
    wait_until(lambda: not run.active)
    assert states(one) == {"demo": "stopped"}  # it is still listed, from memory
    one.resume("demo")
    wait_for_batch(run, run.snapshot().batch + 3)
    one.delete("demo")
    assert states(one) == {}
    with pytest.raises(LabError, match="could not be stored"):
        one.unpack(packed_run(open_lab, tmp_path / "elsewhere"), "demo.zip")


# --- zip, through the lab ----------------------------------------------------------------------------------------


def packed_run(open_lab: OpenLab, folder: Path) -> bytes:
    one = open_lab(folder)
    wait_for(one.start(SMALL, "demo"), "finished")
    return one.pack("demo")


def test_an_uploaded_run_gets_the_name_of_its_file_or_a_free_one_like_it(open_lab: OpenLab, tmp_path: Path) -> None:
    packed = packed_run(open_lab, tmp_path / "elsewhere")
    one = open_lab()
    names = [
        one.unpack(packed, name) for name in ("demo.zip", "demo.zip", "../../My run (2).zip", "..zip", "con.zip", "")
    ]
    assert names == ["demo", "demo-2", "My-run-2", "uploaded", "uploaded-2", "uploaded-3"]
    assert set(states(one).values()) == {"finished"}
    assert {path.parent for path in one.folder.iterdir()} == {one.folder}
    with pytest.raises(LabError, match=r"^The file is not a zip\.$"):
        one.unpack(b"PK", "demo.zip")


def test_a_run_packed_while_it_trains_goes_on_from_its_last_checkpoint(open_lab: OpenLab, tmp_path: Path) -> None:
    one, two = open_lab(), open_lab(tmp_path / "elsewhere")
    run = one.start(ENDLESS, "demo")
    for _ in range(20):
        wait_for_batch(run, run.snapshot().batch + 7)
        name = two.unpack(one.pack("demo"), "demo.zip")
        copy = two.get(name)
        assert copy.snapshot().state == "interrupted"
        np.testing.assert_array_equal(figures(copy), run.series.rows(0, copy.snapshot().batch))
    two.resume(name)
    wait_for_batch(copy, copy.snapshot().batch + 5)
    two.command(name, "stop")
    wait_until(lambda: not copy.active)
    assert_as_if_in_one_go(copy)


# --- many runs ---------------------------------------------------------------------------------------------------


def test_a_thousand_runs_are_listed_from_one_small_file_each_and_read_once(
    open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = open_lab()
    wait_for(one.start(SMALL, "run-0"), "finished")
    for number in range(1, 1000):
        shutil.copytree(one.folder / "run-0", one.folder / f"run-{number}", copy_function=os.link)
    one.close()

    opened: list[Path] = []
    really_read = Path.read_bytes

    def read(path: Path) -> bytes:
        opened.append(path)
        return really_read(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    two = open_lab()
    assert opened == []
    assert len(two.summaries()) == 1000
    assert sorted(opened) == sorted(one.folder / f"run-{number}" / "run.json" for number in range(1000))
    opened.clear()
    assert set(states(two).values()) == {"finished"}
    assert opened == []  # nothing has changed
    assert two.get("run-700").snapshot().batch == 2 * BATCHES
    two.command("run-700", "set", {"epochs": 3})
    wait_until(lambda: states(two)["run-700"] == "paused")
    assert {path.parent.name for path in opened} == {"run-700"}  # the others are not read again


# --- the one lab of the process ----------------------------------------------------------------------------------


def test_the_lab_of_the_process_is_opened_once_on_the_folder_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path / "here"))
    assert checkpoints_folder() == tmp_path / "here"
    try:
        assert the_lab() is the_lab()
        assert the_lab().folder == tmp_path / "here"
        first = the_lab()
    finally:
        close_the_lab()
    close_the_lab()
    try:
        assert the_lab() is not first
        assert the_lab().read_only is None
    finally:
        close_the_lab()
    monkeypatch.delenv("LIVEGAN_CHECKPOINTS")
    assert checkpoints_folder() == lab.ROOT / "checkpoints"
