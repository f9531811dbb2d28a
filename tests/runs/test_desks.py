"""Desks: what each may have, whose runs train when, and what a kill leaves of them."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import (
    BATCHES,
    ENDLESS,
    PATIENCE,
    SMALL,
    assert_as_if_in_one_go,
    step,
    stop,
    wait_for,
    wait_for_batch,
    wait_until,
)
from running import OpenRegistry, states

from gan.errors import LiveGANError
from gan.limits import SHORTEST_TURN
from gan.recording import commands_file
from gan.recording.commands import Pause, Resume, SetKnobs
from gan.recording.run_file import Desk, read_run_file, write_run_file
from gan.runs import turns
from gan.runs.desks import FILE, MB, DeskLimits, DeskUse, bytes_needed, checked_limits
from gan.runs.registry import RunRegistry
from gan.runs.run_data import RunData
from gan.runs.turns import DeskTurns

BLUE, RED = Desk("0" * 16, "Blue 7"), Desk("1" * 16, "Zoë")
LARGE = SMALL.changed(g_hidden=[1024, 1024], d_hidden=[1024, 1024])


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(LiveGANError) as refused:
        act()
    return str(refused.value)


# --- whose a run is ----------------------------------------------------------------------------------------------


def test_a_run_says_whose_it_is_on_disk_in_the_list_and_after_a_restart(open_registry: OpenRegistry) -> None:
    one = open_registry()
    stop(one.start(ENDLESS, "mine", desk=BLUE))
    wait_for(one.start(SMALL, "teachers"), "finished")
    assert read_run_file(one.folder / "mine").desk == BLUE
    assert b'"desk"' not in (one.folder / "teachers" / "run.json").read_bytes()  # as before there were desks
    one.close()
    two = open_registry()
    assert {summary.name: summary.desk for summary in two.summaries()} == {"mine": BLUE, "teachers": None}
    assert [two.desk_of(name) for name in ("mine", "teachers", "nowhere", "../mine")] == [BLUE, None, None, None]
    assert two.get("mine").snapshot().desk == BLUE


@pytest.mark.parametrize("name", ["", " ", "a" * 25, "a\nb", " a", "a\u202eb"])
def test_a_desk_needs_a_name_that_can_be_shown(name: str) -> None:
    with pytest.raises(ValueError, match="for Desk"):
        Desk("0" * 16, name)


def test_an_upload_belongs_to_whoever_uploads_it(open_registry: OpenRegistry) -> None:
    one = open_registry()
    stop(one.start(ENDLESS, "mine", desk=BLUE))
    packed = one.pack("mine")
    assert one.desk_of(one.unpack(io.BytesIO(packed), "a.zip")) is None
    theirs = one.unpack(io.BytesIO(packed), "b.zip", RED)
    assert one.desk_of(theirs) == RED
    assert one.desk_use(RED.id).bytes == pytest.approx(one.desk_use(BLUE.id).bytes, rel=0.1)


def test_a_branch_of_the_teachers_run_belongs_to_the_desk_and_its_marks_name_the_student(
    open_registry: OpenRegistry,
) -> None:
    one = open_registry()
    wait_for(one.start(SMALL.changed(full_every=1, epochs=3), "teachers"), "finished")
    branched = one.branch("teachers", 2, {"lr_g": 0.01}, "mine", desk=BLUE)
    wait_for(branched, "finished")
    assert [(mark.label, mark.by) for mark in branched.snapshot().marks] == [("Generator learning rate", "Blue 7")]
    assert sorted(path.stem for path in (branched.folder / "epochs").iterdir()) == ["00002", "00003"]  # it has no room
    again = one.train_again("mine", desk=RED)
    wait_for(again, "finished")
    assert (again.snapshot().desk, again.snapshot().marks) == (RED, branched.snapshot().marks)
    assert_as_if_in_one_go(again)


def test_commands_name_the_student_and_older_records_are_read_as_before(open_registry: OpenRegistry) -> None:
    one = open_registry()
    run = one.start(ENDLESS, "mine", paused=True, desk=BLUE)
    one.command("mine", SetKnobs({"lr_g": 0.01}), "Blue 7")
    wait_until(lambda: run.snapshot().marks)
    one.command("mine", SetKnobs({"lr_g": 0.02}))
    wait_until(lambda: len(run.snapshot().marks) == 2)
    stop(run)
    assert [mark.by for mark in one.get("mine").snapshot().marks] == ["Blue 7", None]
    lines = (run.folder / commands_file.NAME).read_text().splitlines()
    assert '"by": "Blue 7"' in lines[0]
    assert all('"by"' not in line for line in lines[1:])
    one.close()
    assert [mark.by for mark in open_registry().get("mine").snapshot().marks] == ["Blue 7", None]


# --- turns -------------------------------------------------------------------------------------------------------


def test_desks_train_in_turns_and_the_bits_are_those_of_a_run_in_one_go(open_registry: OpenRegistry) -> None:
    one = open_registry(limit=1)
    runs = [
        one.start(ENDLESS.changed(seed=seed), f"run-{seed}", desk=Desk(f"{seed:016x}", f"Desk {seed}"))
        for seed in range(1, 5)
    ]
    for run in runs:
        wait_for_batch(run, 1)
    assert {run.snapshot().state for run in runs} == {"running"}  # all at once, on one slot
    wait_until(lambda: any(run.snapshot().turn is not None and run.snapshot().turn.seconds for run in runs))  # type: ignore[union-attr]
    batches = [run.snapshot().batch for run in runs]
    for run, batch in zip(runs, batches, strict=True):
        wait_for_batch(run, batch + 1)
    for run in runs:
        stop(run)
    assert_as_if_in_one_go(runs[0])
    assert_as_if_in_one_go(runs[3])


def test_a_short_turn_shows_the_images_of_its_last_batch(
    open_registry: OpenRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LONGEST_TURN", SHORTEST_TURN)
    ends: list[tuple[str, int]] = []
    pass_on = DeskTurns.pass_on

    def noted(self: DeskTurns[RunData], who: RunData, wake: Callable[[], None]) -> None:
        ends.append((who.name, who.snapshot.batch))
        pass_on(self, who, wake)

    monkeypatch.setattr(DeskTurns, "pass_on", noted)
    one = open_registry(limit=1)
    run, other = (one.start(ENDLESS, desk.name.lower(), desk=desk) for desk in (BLUE, RED))
    wait_until(lambda: [name for name, _ in ends].count(run.name) > 1)
    shown: set[tuple[str, int]] = set()
    while len(shown) < 4:
        run.want_preview()
        if run.preview is not None:
            shown.add((run.name, run.preview.batch))
        time.sleep(0.001)
    assert shown <= set(ends)
    stop(run)
    stop(other)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a single thread give way")
def test_the_run_of_a_desk_gives_way_to_the_teachers(open_registry: OpenRegistry) -> None:
    one = open_registry()
    niceness = [
        one.start(ENDLESS, name, desk=desk).peek(lambda _: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        for name, desk in (("mine", BLUE), ("teachers", None))
    ]
    mine, teachers = (each.result(PATIENCE) for each in niceness)
    assert mine > teachers


def test_whoever_waits_for_a_turn_can_pause_step_and_steer(open_registry: OpenRegistry) -> None:
    one = open_registry(limit=1)
    first, second = one.start(ENDLESS, "first", desk=BLUE), one.start(ENDLESS, "second", desk=RED)
    wait_for_batch(first, 1)
    wait_for_batch(second, 1)
    second.command(Pause())
    wait_for(second, "paused")
    assert second.snapshot().keeps_until is None
    second.command(SetKnobs({"lr_g": 0.01}))
    step(second, 2)
    second.command(Resume())
    wait_for_batch(second, second.snapshot().batch + 1)
    second.command(SetKnobs({"pace": 1}))  # in slow motion it leaves its turns to the others
    wait_until(lambda: second.snapshot().settings.pace == 1)
    wait_until(lambda: first.snapshot().turn is None)
    stop(second)
    assert_as_if_in_one_go(second)


def test_the_teachers_run_does_not_wait_for_desks_and_may_always_be_started(
    open_registry: OpenRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan.runs.active_limit.MAX_ACTIVE", 2)
    one = open_registry(limit=1)
    for desk in (BLUE, RED):
        wait_for_batch(one.start(ENDLESS, desk=desk), 1)
    said = refusal(lambda: one.start(ENDLESS, desk=Desk("2" * 16, "Third")))
    assert said == "2 runs of all desks train already; try again in a few minutes."
    wait_for_batch(one.start(ENDLESS, "teachers"), 5)


def test_runs_that_are_paused_at_desks_keep_no_other_desk_from_training(
    open_registry: OpenRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan.runs.active_limit.MAX_ACTIVE", 2)
    one = open_registry(limit=1)
    for name in ("first", "second"):  # the first rests for longer
        wait_for(one.start(ENDLESS, name, paused=True, desk=BLUE), "paused")
    first = one.get("first")
    third = one.start(ENDLESS, "third", desk=RED)
    wait_for_batch(third, 1)
    wait_until(lambda: not first.active)
    assert first.snapshot().message.startswith("It was paused for long, and another desk needed its place")
    assert states(one) == {"first": "interrupted", "second": "paused", "third": "running"}
    one.resume("first")
    wait_for_batch(first, 1)
    assert first.snapshot().message == ""


def test_a_run_of_a_desk_tells_where_it_will_end(open_registry: OpenRegistry) -> None:
    one = open_registry()
    one.desk_limits = DeskLimits(batches=20)
    wait_for(one.start(SMALL.changed(full_every=1), "teachers"), "finished")
    assert one.get("teachers").snapshot().desk_end is None
    assert one.branch("teachers", 1, {}, desk=BLUE).snapshot().desk_end == BATCHES + 20
    assert one.start(ENDLESS, paused=True, desk=BLUE).snapshot().desk_end == 20


# --- limits ------------------------------------------------------------------------------------------------------


def test_the_teacher_sets_the_limits_and_they_are_kept(open_registry: OpenRegistry) -> None:
    one = open_registry()
    assert one.desk_limits == DeskLimits(runs=3, megabytes=60, batches=2000)
    one.desk_limits = checked_limits(5, 100, 1000)
    one.close()
    two = open_registry()
    assert two.desk_limits == DeskLimits(5, 100, 1000)
    two.close()
    (two.folder / FILE).write_text('{"runs": 1e9}')
    assert open_registry().desk_limits == DeskLimits()


@pytest.mark.parametrize("wrong", [(0, 60, 2000), (3, 1, 2000), (3, 60, 10**9), (3, 60, "many"), (2.5, 60, 2000)])
def test_limits_that_make_no_sense_are_refused(wrong: tuple[object, object, object]) -> None:
    said = refusal(lambda: checked_limits(*wrong))
    assert said.startswith("A desk may have ")
    assert said.endswith("; choose a whole number in that range.")


def test_a_desk_keeps_so_many_runs(open_registry: OpenRegistry) -> None:
    one = open_registry()
    one.desk_limits = DeskLimits(runs=2)
    for name in ("first", "second"):
        wait_for(one.start(SMALL, name, desk=BLUE), "finished")
    packed = one.pack("first")
    full = "Your desk keeps 2 runs, and it is full; delete one of them first."
    acts: list[Callable[[], object]] = [
        lambda: one.start(SMALL, desk=BLUE), lambda: one.branch("first", 1, {}, desk=BLUE),
        lambda: one.train_again("first", desk=BLUE), lambda: one.unpack(io.BytesIO(packed), "a.zip", BLUE),
    ]  # fmt: skip
    assert [refusal(act) for act in acts] == [full] * 4
    wait_for(one.start(SMALL, desk=RED), "finished")
    wait_for(one.start(SMALL), "finished")
    one.delete("first")
    wait_for(one.branch("second", 1, {}, desk=BLUE), "finished")


def test_a_run_trains_so_many_batches_and_says_why_it_ends(open_registry: OpenRegistry) -> None:
    one = open_registry()
    one.desk_limits = DeskLimits(batches=20)
    run = one.start(ENDLESS, "mine", desk=BLUE)
    enough = "It has trained its 20 batches, as many as a run of a desk may; start a new one, or branch."
    wait_for(run, "stopped")
    assert (run.snapshot().batch, run.snapshot().message) == (20, enough)
    wait_until(lambda: not run.active)
    assert refusal(lambda: one.resume("mine")) == enough
    assert next(iter(one.summaries())).message == enough
    one.command("mine", SetKnobs({"lr_g": 0.01}))  # it is taken, and there is still nothing to train
    wait_until(lambda: run.snapshot().settings.lr_g == 0.01 and not run.active)
    assert (run.snapshot().state, run.snapshot().message) == ("stopped", enough)
    one.desk_limits = DeskLimits(batches=30)
    one.resume("mine")
    wait_until(lambda: run.snapshot().batch == 30 and not run.active)
    assert_as_if_in_one_go(run)
    branched = one.branch("mine", 1, {"lr_g": 0.01}, desk=BLUE)  # which counts from its own beginning
    wait_for(branched, "stopped")
    assert branched.snapshot().batch == BATCHES + 30


def test_a_branch_that_would_train_too_much_again_is_refused(open_registry: OpenRegistry) -> None:
    one = open_registry()
    one.desk_limits = DeskLimits(batches=10)
    wait_for(one.start(SMALL.changed(epochs=4), "teachers"), "finished")
    for state in (one.folder / "teachers").glob("state-*"):
        state.unlink()
    run_file = read_run_file(one.folder / "teachers")
    write_run_file(one.folder / "teachers", run_file.model_copy(update={"states": ()}))
    said = refusal(lambda: one.branch("teachers", 3, {}, desk=BLUE))
    assert said.startswith("A branch from there would first train 39 batches once more, and at most 30 are possible")
    wait_for(one.branch("teachers", 2, {}, desk=BLUE), "stopped")


def test_a_desk_takes_so_many_megabytes(open_registry: OpenRegistry) -> None:
    one = open_registry()
    one.desk_limits = DeskLimits(megabytes=5)
    assert bytes_needed(LARGE) > 50 * MB
    said = refusal(lambda: one.start(LARGE, desk=BLUE))
    assert said.startswith("This run needs about ")
    assert "5 of your desk's 5 MB are free" in said
    packed = _padded(one.pack(_stopped(one, BLUE)))
    said = refusal(lambda: one.unpack(io.BytesIO(packed), "large.zip", RED))
    assert "of your desk's 5 MB are free" in said


def _stopped(one: RunRegistry, desk: Desk) -> str:
    run = one.start(ENDLESS, desk=desk)
    stop(run)
    return run.name


def _padded(packed: bytes) -> bytes:
    """The zip of a run with a record of 12 MB: whatever a run is large for, its desk has to have room."""
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename.endswith("commands.jsonl"):
                last = content.splitlines()[-1] + b"\n"
                content += last * (6 * MB // len(last))
            new.writestr(entry.filename, content)
    return out.getvalue()


def test_a_run_that_fills_its_desk_stops_and_trains_on_when_there_is_room(
    open_registry: OpenRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan.recording.writer.CHECKPOINT_EVERY", 0.0)
    one = open_registry()
    other = _stopped(one, BLUE)
    run = one.start(ENDLESS, "mine", desk=BLUE)
    wait_for_batch(run, 1)
    ballast = one.folder / other / "ballast"
    with ballast.open("wb") as file:
        file.truncate(70 * MB)
    run_file = read_run_file(one.folder / other)
    write_run_file(one.folder / other, run_file.model_copy(update={"size": 70 * MB}))
    full = "The runs of this desk take its 60 MB; delete one of them to train further."
    wait_for(run, "stopped")
    assert run.snapshot().message == full
    wait_until(lambda: not run.active)
    assert refusal(lambda: one.resume("mine")) == full
    one.delete(other)
    batch = run.snapshot().batch
    monkeypatch.setattr("gan.recording.writer.CHECKPOINT_EVERY", 10.0)
    one.resume("mine")
    wait_for_batch(run, batch + 3)


def test_deleting_runs_does_not_fill_the_disk(open_registry: OpenRegistry) -> None:
    one = open_registry()
    one.desk_limits = DeskLimits(runs=2)
    for number in range(4):
        stop(one.start(ENDLESS, f"blue-{number}", desk=BLUE))
        one.delete(f"blue-{number}")
    stop(one.start(ENDLESS, "teachers"))
    one.delete("teachers")
    assert [binned.name for binned in one.bin.listed()] == ["teachers", "blue-3", "blue-2"]
    assert one.restore("blue-3") == "blue-3"
    assert one.desk_of("blue-3") == BLUE


# --- ends --------------------------------------------------------------------------------------------------------


def test_a_desk_that_the_teacher_removes_while_it_trains_is_gone_and_the_others_train_on(
    open_registry: OpenRegistry,
) -> None:
    one = open_registry(limit=1)
    mine = [one.start(ENDLESS, f"blue-{number}", desk=BLUE) for number in range(2)]
    other = one.start(ENDLESS, "red", desk=RED)
    for run in (*mine, other):
        wait_for_batch(run, 1)
    assert one.desks_in_use()[0] == (BLUE, one.desk_use(BLUE.id))
    assert one.clear_desks([BLUE.id]) == 2
    assert [desk for desk, _ in one.desks_in_use()] == [RED]
    assert states(one) == {"red": "running"}
    assert one.desk_use(BLUE.id) == DeskUse(0, 0)
    wait_for_batch(other, other.snapshot().batch + 3)
    assert len(one.bin.listed()) == 2


def _copy_if_there(path: str, into: str) -> None:
    with contextlib.suppress(FileNotFoundError):  # the run that trains has thinned it
        shutil.copy2(path, into)


def test_after_a_kill_the_runs_of_desks_queue_again_and_nobody_elses(
    open_registry: OpenRegistry, tmp_path: Path
) -> None:
    one = open_registry()
    for name, desk, paused in (("blue", BLUE, False), ("red", RED, True), ("teachers", None, False)):
        run = one.start(ENDLESS, name, paused=paused, desk=desk)
        wait_for(run, "paused" if paused else "running")
    stop(one.start(ENDLESS, "stopped", desk=RED))
    wait_until(lambda: all((one.folder / name / "run.json").exists() for name in ("blue", "red", "teachers")))
    killed = tmp_path / "killed"
    ignored = shutil.ignore_patterns(".lock", ".server.lock", ".*.tmp")
    shutil.copytree(one.folder, killed, ignore=ignored, copy_function=_copy_if_there)
    one.close()

    two = RunRegistry(killed, 2)
    two.open(resume_desks=True)
    try:
        wait_until(lambda: states(two)["blue"] == "running")
        wait_for_batch(two.get("blue"), 3)
        expected = {"blue": "running", "red": "interrupted", "teachers": "interrupted", "stopped": "stopped"}
        assert states(two) == expected
    finally:
        two.close()
