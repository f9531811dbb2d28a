"""The registry's folder: found again after any end, shared by processes, damaged, refused, taken along in a zip."""

from __future__ import annotations

import functools
import io
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
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
    finish,
    go_on_to,
    stop,
    wait_for,
    wait_for_batch,
    wait_until,
)
from running import OpenRegistry, states

from gan.errors import LiveGANError
from gan.recording.commands import Pause, Resume, SetKnobs, Step, Stop
from gan.runs import folder_claim


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below a folder with its size and the time of its last change."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


# --- killed ------------------------------------------------------------------------------------------------------


def test_a_run_of_another_process_is_only_shown_and_after_a_kill_it_goes_on_bit_for_bit(
    open_registry: OpenRegistry, tmp_path: Path
) -> None:
    folder = tmp_path / "runs"
    script = Path(__file__).parents[1] / "support" / "trains_until_killed.py"
    with subprocess.Popen([sys.executable, str(script), str(folder)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        word, batch_text = process.stdout.readline().split()
        assert word == "steered"

        one = open_registry()
        assert states(one) == {"demo": "elsewhere"}
        assert one.get("demo").snapshot().state == "elsewhere"
        for command in (Pause(), Resume(), Step(), Step("d"), Stop()):
            with pytest.raises(LiveGANError, match=r"^Run demo is being trained by another process\.$"):
                one.command("demo", command)
        with pytest.raises(LiveGANError, match="is being trained by another process"):
            one.command("demo", SetKnobs({"lr_g": 0.1}))
        with pytest.raises(LiveGANError, match="is being trained by another process; stop that one first"):
            one.delete("demo")
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)

    steered_at = int(batch_text)
    wait_until(lambda: states(one) == {"demo": "interrupted"})
    assert one.get("demo").snapshot().batch < steered_at  # the kill came after the last checkpoint
    one.resume("demo")
    run = one.get("demo")
    wait_for_batch(run, steered_at + 20)
    stop(run)
    marks = run.snapshot().marks
    assert [(mark.knob, mark.after) for mark in marks] == [("lr_g", 0.003), ("latent_dim", 11)]
    assert all(0 < mark.batch < steered_at for mark in marks)
    assert_as_if_in_one_go(run)


def test_a_copy_of_the_folder_at_any_moment_goes_on_as_the_run_did(open_registry: OpenRegistry, tmp_path: Path) -> None:
    """What a kill leaves at any moment: the run's folder as it stands between two checkpoints."""
    one = open_registry()
    run = one.start(ENDLESS.changed(batch_size=64, pace=300.0), "demo")  # 98 batches an epoch
    changes: list[dict[str, Any]] = [
        {"lr_g": 0.01},
        {"latent_dim": 3},
        {"dropout": 0.0},
        {"latent_dim": 12},
        {"d_steps": 2},
    ]
    for number, change in enumerate(changes):
        wait_for_batch(run, run.snapshot().batch + 20)
        one.command("demo", SetKnobs(change))
        wait_for_batch(run, run.snapshot().batch + 20)
        wait_until(functools.partial(copied, one.folder / "demo", tmp_path / f"image-{number}" / "demo"))
    stop(run)
    assert_as_if_in_one_go(run)
    total, marks = run.snapshot().batch, run.snapshot().marks

    for number in range(len(changes)):
        two = open_registry(tmp_path / f"image-{number}")
        assert states(two) == {"demo": "interrupted"}
        again = two.get("demo")
        two.command("demo", SetKnobs({"pace": 0}))
        go_on_to(again, total)
        stop(again)
        assert again.snapshot().marks == marks[: number + 1]
        assert_as_if_in_one_go(again)
        shared = marks[number + 1].batch if number + 1 < len(marks) else total
        np.testing.assert_array_equal(figures(again)[:shared], figures(run)[:shared])


def copied(folder: Path, to: Path) -> bool:
    """Copy a run's folder; False if a checkpoint was written meanwhile: the copy is of no moment, and is removed."""
    before = stamps(folder)
    try:
        shutil.copytree(folder, to)
    except (shutil.Error, FileNotFoundError):
        pass
    else:
        if stamps(folder) == before:
            return True
    shutil.rmtree(to.parent)
    return False


# --- damage and refusals -----------------------------------------------------------------------------------------


@pytest.fixture
def closed(open_registry: OpenRegistry) -> Path:
    """The folder of a registry that was closed, with three finished runs."""
    one = open_registry()
    runs = [one.start(SMALL, name) for name in ("good", "bad", "worse")]
    for run in runs:
        wait_for(run, "finished")
    one.close()
    return one.folder


def test_a_run_that_nothing_can_be_made_of_is_listed_with_the_reason_and_the_others_work(
    open_registry: OpenRegistry, closed: Path
) -> None:
    for name in ("run.json", "previous.json"):
        (closed / "bad" / name).write_bytes(b"{")
    (closed / "empty").mkdir()
    (closed / "a-file").touch()

    two = open_registry()
    assert states(two) == {"good": "finished", "bad": "damaged", "worse": "finished", "empty": "damaged"}
    reasons = {summary.name: summary.message for summary in two.summaries()}
    assert reasons["bad"] == "run.json cannot be read (its syntax)."
    assert reasons["empty"] == "run.json is missing."
    for name, reason in (("bad", r"run\.json cannot be read \(its syntax\)"), ("empty", r"run\.json is missing")):
        for act in (two.get, two.resume, two.pack):
            with pytest.raises(LiveGANError, match=rf"^Run {name} is damaged: {reason}\.$"):
                act(name)
    finish(two.get("good"), 3)
    for name in ("bad", "empty"):
        two.delete(name)
    assert set(states(two)) == {"good", "worse"}


def test_damage_that_can_be_survived_is_told_and_the_run_goes_on(open_registry: OpenRegistry, closed: Path) -> None:
    """See `test_recovery.py`. `bad` has its first `run.json` to fall back on, `worse` lost its figures."""
    before = figures(open_registry(closed).get("good"))
    (closed / "bad" / "run.json").unlink()
    (closed / "worse" / "series.npy").write_bytes(b"")
    two = open_registry(closed)
    assert states(two) == {"good": "finished", "bad": "interrupted", "worse": "finished"}
    assert {summary.name: summary.message for summary in two.summaries()} == {
        "good": "",
        "bad": "run.json is missing. The checkpoint before it is used.",
        "worse": "",  # a list reads no more than `run.json`
    }
    with pytest.raises(LiveGANError, match=r"^Run worse is damaged: series\.npy is not a NumPy file\.$"):
        two.pack("worse")
    sentence = "series.npy is not a NumPy file. The run stands at its beginning and can be resumed."
    assert two.get("worse").snapshot().message == sentence
    for name in ("bad", "worse"):
        finish(two.get(name), 2)
        np.testing.assert_array_equal(figures(two.get(name)), before)
        assert_as_if_in_one_go(two.get(name))
        assert two.pack(name)


def test_damaged_weights_are_told_and_made_again_when_the_run_is_resumed(
    open_registry: OpenRegistry, closed: Path
) -> None:
    (weights,) = (closed / "bad").glob("state-*")
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    two = open_registry()
    reason = f"{weights.name} is not as it was written (its checksum differs)."
    assert two.get("bad").snapshot().message == reason
    two.command("bad", SetKnobs({"epochs": 3}))
    wait_until(lambda: states(two)["bad"] == "paused")
    set_aside = "What it had reached is set aside until that has been trained again."
    assert two.get("bad").snapshot().message == f"{reason} It goes on from the beginning. {set_aside}"
    finish(two.get("bad"), 3)
    assert [(mark.batch, mark.knob) for mark in two.get("bad").snapshot().marks] == [(0, "epochs")]
    assert_as_if_in_one_go(two.get("bad"))


def test_a_second_server_on_the_folder_says_so_and_writes_nothing(open_registry: OpenRegistry) -> None:
    one = open_registry()
    done = one.start(SMALL, "done")
    wait_for(done, "finished")
    wait_until(lambda: done.scores.all and done.scores.all[-1].epoch == 2)  # nothing of it is still to be written
    wait_for(one.start(ENDLESS, "open", paused=True), "paused")
    shutil.copytree(one.folder / "open", one.folder / "orphan", ignore=shutil.ignore_patterns(".lock"))  # by hand
    before = stamps(one.folder)

    two = open_registry()
    assert two.read_only is not None
    assert "Another LiveGAN server uses this folder" in two.read_only
    assert states(two) == {"done": "finished", "open": "elsewhere", "orphan": "interrupted"}
    assert two.get("done").snapshot().batch == 2 * BATCHES
    assert two.get("orphan").snapshot().state == "interrupted"
    packed = two.pack("done")
    refused: list[Callable[[], object]] = [
        lambda: two.start(SMALL, "mine"),
        lambda: two.command("done", Step()),
        lambda: two.resume("open"),
        lambda: two.delete("done"),
        lambda: two.unpack(io.BytesIO(packed), "done.zip"),
    ]
    for act in refused:
        with pytest.raises(LiveGANError, match="Another LiveGAN server uses this folder"):
            act()
    two.close()
    assert stamps(one.folder) == before
    one.close()
    assert open_registry().read_only is None


def test_of_two_servers_that_wait_one_takes_over_when_the_first_has_ended_and_the_other_waits_on(
    open_registry: OpenRegistry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(folder_claim, "TRY_EVERY", 0.01)
    one, two, three = open_registry(), open_registry(), open_registry()
    run = one.start(ENDLESS, "demo")
    wait_for_batch(run, 3)
    waiting = [two, three]
    assert [states(other) for other in waiting] == [{"demo": "elsewhere"}] * 2
    assert all(other.get("demo").snapshot().state == "elsewhere" for other in waiting)
    assert all(other.read_only for other in waiting)
    one.close()
    wait_until(lambda: not all(other.read_only for other in waiting))
    (heir,) = (other for other in waiting if not other.read_only)
    wait_until(lambda: f"this one has taken over its folder, {one.folder}" in caplog.text)
    reached = run.snapshot().batch
    heir.resume("demo")
    wait_for_batch(heir.get("demo"), reached + 3)
    (last,) = (other for other in waiting if other is not heir)
    with pytest.raises(LiveGANError, match="Another LiveGAN server uses this folder"):
        last.command("demo", Stop())
    heir.close()
    wait_until(lambda: last.read_only is None)
    last.resume("demo")
    wait_for_batch(last.get("demo"), reached + 6)
    stop(last.get("demo"))
    assert_as_if_in_one_go(last.get("demo"))


def test_a_server_that_takes_over_leaves_the_run_alone_that_another_process_trains(
    open_registry: OpenRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_claim, "TRY_EVERY", 0.01)
    one, two = open_registry(), open_registry()
    script = Path(__file__).parents[1] / "support" / "trains_until_killed.py"
    command = [sys.executable, str(script), str(one.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("steered")
        one.close()
        wait_until(lambda: two.read_only is None)
        assert states(two) == {"demo": "elsewhere"}
        with pytest.raises(LiveGANError, match=r"^Run demo is being trained by another process\.$"):
            two.command("demo", Stop())
        process.kill()
    wait_until(lambda: states(two) == {"demo": "interrupted"})
    two.resume("demo")
    wait_for_batch(two.get("demo"), 5)
    stop(two.get("demo"))
    assert_as_if_in_one_go(two.get("demo"))


def test_a_server_that_waits_ends_at_once(open_registry: OpenRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_claim, "TRY_EVERY", 120.0)
    open_registry()
    waiting = open_registry()
    assert waiting.read_only
    began = time.monotonic()
    waiting.close()
    assert time.monotonic() - began < folder_claim.TRY_EVERY / 2


def test_with_a_folder_that_cannot_be_written_runs_go_on_unsaved(open_registry: OpenRegistry, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    one = open_registry(tmp_path / "file")
    assert states(one) == {}
    run = one.start(ENDLESS, "demo")
    wait_for_batch(run, BATCHES + 1)
    wait_until(lambda: states(one) == {"demo": "running"})
    assert run.snapshot().saved is not None
    one.command("demo", Stop())
    wait_until(lambda: not run.active)
    assert states(one) == {"demo": "stopped"}  # it is still listed, from memory
    one.resume("demo")
    wait_for_batch(run, run.snapshot().batch + 3)
    one.delete("demo")
    assert states(one) == {}
    with pytest.raises(LiveGANError, match="could not be stored"):
        one.unpack(io.BytesIO(packed_run(open_registry, tmp_path / "elsewhere")), "demo.zip")


# --- zip, through the registry ----------------------------------------------------------------------------------------


def packed_run(open_registry: OpenRegistry, folder: Path) -> bytes:
    one = open_registry(folder)
    wait_for(one.start(SMALL, "demo"), "finished")
    return one.pack("demo")


def test_an_uploaded_run_gets_the_name_of_its_file_or_a_free_one_like_it(
    open_registry: OpenRegistry, tmp_path: Path
) -> None:
    packed = packed_run(open_registry, tmp_path / "elsewhere")
    one = open_registry()
    names = [
        one.unpack(io.BytesIO(packed), name)
        for name in ("demo.zip", "demo.zip", "../../My run (2).zip", "..zip", "con.zip", "")
    ]
    assert names == ["demo", "demo-2", "My-run-2", "uploaded", "run-con", "uploaded-2"]
    assert set(states(one).values()) == {"finished"}
    assert {path.parent for path in one.folder.iterdir()} == {one.folder}
    with pytest.raises(LiveGANError, match=r"^The file is not a zip\.$"):
        one.unpack(io.BytesIO(b"PK"), "demo.zip")


def test_an_uploaded_run_keeps_its_title_and_a_second_copy_gets_a_number(
    open_registry: OpenRegistry, tmp_path: Path
) -> None:
    elsewhere = open_registry(tmp_path / "elsewhere")
    wait_for(elsewhere.start(SMALL, "実験 eins"), "finished")
    packed = elsewhere.pack(elsewhere.summaries()[0].name)
    one = open_registry()
    names = [one.unpack(io.BytesIO(packed), "eins.zip") for _ in range(3)]
    titles = {summary.name: summary.title for summary in one.summaries()}
    assert [titles[name] for name in names] == ["実験 eins", "実験 eins 2", "実験 eins 3"]
    assert [one.get(name).snapshot().title for name in names] == ["実験 eins", "実験 eins 2", "実験 eins 3"]


def test_a_run_packed_while_it_trains_goes_on_from_its_last_checkpoint(
    open_registry: OpenRegistry, tmp_path: Path
) -> None:
    one, two = open_registry(), open_registry(tmp_path / "elsewhere")
    run = one.start(ENDLESS.changed(full_every=1), "demo")
    for _ in range(8):
        wait_for_batch(run, run.snapshot().batch + 7)
        name = two.unpack(io.BytesIO(one.pack("demo")), "demo.zip")
        copy = two.get(name)
        assert copy.snapshot().state == "interrupted"
        np.testing.assert_array_equal(figures(copy), run.series.rows(0, copy.snapshot().batch))
    two.resume(name)
    wait_for_batch(copy, copy.snapshot().batch + 5)
    stop(copy)
    assert_as_if_in_one_go(copy)
