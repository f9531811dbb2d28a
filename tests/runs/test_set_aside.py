"""What a run had reached is never lost by going on: set aside, listed, restored; let go when it is trained again."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers import (
    BATCHES,
    SMALL,
    assert_as_if_in_one_go,
    figures,
    full_disk,
    go_on_to,
    step,
    stop,
    wait_until,
)
from running import OpenRegistry

from gan.errors import LiveGANError
from gan.quality import scores
from gan.quality.metrics import Quality
from gan.quality.scores import Score
from gan.recording import atomic_files, epochs
from gan.recording.commands import Resume, SetKnobs, Step
from gan.recording.replay import replay_run
from gan.recording.run_file import Point, read_run_file, run_json, write_run_file
from gan.recording.writer import RunWriter
from gan.runs import set_aside
from gan.runs.branch import begin_again
from gan.runs.queue import TrainingQueue
from gan.runs.registry import RunRegistry
from gan.runs.run import Run
from gan.runs.trim import trim_run

EPOCHS = 3
QUALITY = Quality(2000, 0, 7.5, 0.5, 0.6, (0.1,) * 10, (), 0.9, 0.01, 500)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one finished run of three epochs, steered in the second, measured after each."""
    registry = RunRegistry(tmp_path_factory.mktemp("original"))
    run = registry.start(SMALL.changed(epochs=EPOCHS, full_every=1), "demo", paused=True)
    go_on_to(run, BATCHES + 3)
    run.command(SetKnobs({"lr_g": 0.002}))
    step(run, 2, "d")
    run.command(Resume())
    run.join()
    assert run.snapshot().state == "finished"
    registry.close()
    measured = [Score(epoch * BATCHES, epoch, False, QUALITY) for epoch in range(1, EPOCHS + 1)]
    scores.write(run.folder, measured)
    return registry.folder


@pytest.fixture
def registry(original: Path, tmp_path: Path, open_registry: OpenRegistry) -> RunRegistry:
    shutil.copytree(original, tmp_path / "runs")
    return open_registry()


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a run but its lock and what is set aside."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    inside = {path.relative_to(folder).as_posix(): path for path in found}
    return {name: path.read_bytes() for name, path in inside.items() if not name.startswith((".lock", "aside/"))}


def without_newest_state(registry: RunRegistry) -> Path:
    folder = registry.folder / "demo"
    (folder / read_run_file(folder).states[-1].file).unlink(missing_ok=True)
    return folder


def gone_back(registry: RunRegistry, **turned: float) -> Run:
    """The run with more epochs to go, rested at the first batch that it trains again."""
    without_newest_state(registry)
    run = registry.get("demo")
    run.command(SetKnobs({"epochs": EPOCHS + 1, **turned}))
    run.command(Step())
    wait_until(lambda: (run.snapshot().state, run.snapshot().batch) == ("paused", 2 * BATCHES + 1))
    return run


# --- nothing is lost ---------------------------------------------------------------------------------------------


def test_what_was_reached_is_set_aside_whole_before_training_goes_back(registry: RunRegistry) -> None:
    folder = without_newest_state(registry)
    whole = contents(folder)
    run = gone_back(registry)
    assert set_aside.numbers(folder) == [1]
    assert contents(set_aside.path_of(folder, 1)) == whole
    assert (run.snapshot().aside, run.snapshot().course) == (1, 1)  # a browser keeps none of its later epochs
    (listed,) = set_aside.listed(folder)
    assert (listed.batch, listed.epoch, listed.text) == (EPOCHS * BATCHES, EPOCHS, "epoch 3")
    assert epochs.numbers(folder) == [1, 2]  # the run itself holds no more than it stands at
    assert [score.epoch for score in scores.read(folder)] == [1, 2]


def test_it_goes_once_it_has_been_trained_again_bit_for_bit_and_its_scores_stay(registry: RunRegistry) -> None:
    run = gone_back(registry)
    run.command(Resume())
    wait_until(lambda: not run.active)
    assert run.snapshot().epoch == EPOCHS + 1
    assert (run.snapshot().aside, set_aside.numbers(run.folder)) == (0, [])
    assert [score.epoch for score in scores.read(run.folder)][:3] == [1, 2, 3]
    assert_as_if_in_one_go(run)


def test_another_course_keeps_it_and_it_can_be_restored_as_a_run_of_its_own(registry: RunRegistry) -> None:
    whole = contents(registry.folder / "demo")
    run = gone_back(registry, lr_d=0.01)
    run.command(Resume())
    wait_until(lambda: not run.active)
    assert run.snapshot().aside == 1
    name = registry.restore_aside("demo", 1)
    assert name == "demo-set-aside"
    restored = registry.get(name)
    assert restored.snapshot().batch == EPOCHS * BATCHES
    left = contents(restored.folder)
    assert left == {file: content for file, content in whole.items() if file in left}
    assert len(left) == len(whole) - 1  # but for the state that was missing
    assert (run.snapshot().aside, set_aside.numbers(run.folder)) == (0, [])
    assert not (run.folder / "aside").exists()
    np.testing.assert_array_equal(figures(restored)[: 2 * BATCHES], figures(run)[: 2 * BATCHES])


def test_it_can_be_thrown_away_also_while_the_run_trains(registry: RunRegistry) -> None:
    run = gone_back(registry, lr_d=0.01)
    registry.discard_aside("demo", 1)
    wait_until(lambda: run.snapshot().aside == 0)
    assert run.active
    with pytest.raises(LiveGANError, match=r"^Nothing is set aside under number 1\.$"):
        registry.discard_aside("demo", 1)
    with pytest.raises(LiveGANError, match=r"^Nothing is set aside under number 1\.$"):
        registry.restore_aside("demo", 1)
    stop(run)


def test_a_killed_run_trains_its_lost_epochs_again_and_lets_them_go(registry: RunRegistry) -> None:
    """Its files hold an epoch that no checkpoint knows of."""
    folder = registry.folder / "demo"
    run_file = read_run_file(folder)
    state = run_file.states[1]
    point = {name: getattr(state, name) for name in Point.model_fields}
    killed = run_file.model_copy(update={**point, "epoch": 2, "states": run_file.states[:2], "state": "running"})
    write_run_file(folder, killed)
    third = contents(folder)
    run = registry.get("demo")
    run.command(Step())
    wait_until(lambda: run.snapshot().state == "paused")
    assert contents(set_aside.path_of(folder, 1)) == third
    run.command(Resume())
    wait_until(lambda: not run.active)
    assert (run.snapshot().aside, set_aside.numbers(folder)) == (0, [])
    assert [score.epoch for score in run.scores.all] == [1, 2, 3]  # measured before it was killed
    assert run.scores.all == scores.read(folder)
    assert_as_if_in_one_go(run)


def test_a_disk_that_cannot_set_aside_refuses_and_changes_nothing(registry: RunRegistry) -> None:
    folder = without_newest_state(registry)
    run = registry.get("demo")
    whole = contents(folder)
    with full_disk(0):
        run.command(SetKnobs({"epochs": EPOCHS + 1}))
        wait_until(lambda: not run.active)
    assert run.snapshot().message == (
        "What the run had reached could not be set aside (File too large), so nothing was changed; make room on the "
        "disk and try again."
    )
    assert (run.snapshot().state, run.snapshot().batch) == ("finished", EPOCHS * BATCHES)
    assert contents(folder) == whole
    assert set_aside.numbers(folder) == []


def test_a_resume_that_the_disk_refuses_says_so_in_the_list_until_it_is_tried_again(registry: RunRegistry) -> None:
    folder = without_newest_state(registry)
    write_run_file(folder, read_run_file(folder).model_copy(update={"state": "running"}))
    with full_disk(0):
        registry.resume("demo")
        wait_until(lambda: not registry.get("demo").active)
    (listed,) = registry.summaries()
    assert (listed.state, registry.get("demo").snapshot().state) == ("interrupted", "interrupted")
    for message in (listed.message, registry.get("demo").snapshot().message):
        assert message.startswith("What the run had reached could not be set aside")
    registry.resume("demo")
    wait_until(lambda: not registry.get("demo").active)
    assert [(one.state, one.epoch) for one in registry.summaries()] == [("finished", EPOCHS)]


def test_a_damaged_record_is_set_aside_as_it_was_found(registry: RunRegistry) -> None:
    folder = registry.folder / "demo"
    path = folder / "commands.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"lr_g": 0.002', b'"lr_g": 0.00?'))
    damaged = path.read_bytes()
    run = registry.get("demo")
    run.command(Resume())
    wait_until(lambda: not run.active)
    assert run.snapshot().batch == EPOCHS * BATCHES
    assert (set_aside.path_of(folder, 1) / "commands.jsonl").read_bytes() == damaged
    assert run.snapshot().aside == 1  # what was asked cannot be known, so nobody can say that it came to the same


def test_links_make_what_is_set_aside_cost_no_room(registry: RunRegistry) -> None:
    folder = without_newest_state(registry)
    size = atomic_files.size(folder)
    set_aside.keep(folder)
    assert atomic_files.size(folder) < size + (folder / "commands.jsonl").stat().st_size + 1000
    assert (folder / "series.npy").stat().st_nlink == 2


def test_the_same_is_not_set_aside_twice(registry: RunRegistry) -> None:
    folder = without_newest_state(registry)
    for _ in range(3):
        set_aside.keep(folder)
    assert len(set_aside.numbers(folder)) == 1


@pytest.mark.parametrize("junk", ["0", "x", "01", ".new", "1234567"])
def test_junk_beside_what_is_set_aside_does_no_harm(registry: RunRegistry, junk: str) -> None:
    folder = without_newest_state(registry)
    (folder / "aside" / junk).mkdir(parents=True)
    set_aside.keep(folder)
    assert set_aside.numbers(folder) == [1]
    (set_aside.path_of(folder, 1) / "run.json").write_text("{")
    (set_aside.path_of(folder, 1) / "previous.json").unlink(missing_ok=True)
    assert [(one.number, one.batch) for one in set_aside.listed(folder)] == [(1, 0)]
    assert not set_aside.holds_again(folder, 1)
    set_aside.discard(folder, 1)
    with pytest.raises(LiveGANError, match=r"^Nothing is set aside under number 1\.$"):
        set_aside.restore(folder, 1, folder.parent / "again")


def test_a_zip_holds_the_run_without_what_is_set_aside(registry: RunRegistry) -> None:
    folder = without_newest_state(registry)
    set_aside.keep(folder)
    name = registry.unpack(io.BytesIO(registry.pack("demo")), "copy.zip")
    assert not (registry.folder / name / "aside").exists()
    assert registry.get(name).snapshot().batch == EPOCHS * BATCHES


def test_a_run_with_something_set_aside_is_not_trimmed(registry: RunRegistry) -> None:
    folder = without_newest_state(registry)
    set_aside.keep(folder)
    with pytest.raises(atomic_files.DamagedRun, match="something is set aside in it"):
        trim_run(folder, {1})
    set_aside.discard(folder, 1)
    trim_run(folder, {1})


# --- finished is finished ----------------------------------------------------------------------------------------


def test_a_finished_run_stays_finished(registry: RunRegistry) -> None:
    run = registry.get("demo")
    whole = contents(run.folder)
    for command in (Resume(), Step(), Step("g")):
        with pytest.raises(LiveGANError, match=r"^It has trained its 3 epochs; raise Epochs to go on\.$"):
            run.command(command)
    assert contents(run.folder) == whole
    run.command(SetKnobs({"epochs": 4}))
    run.command(Resume())
    wait_until(lambda: not run.active)
    assert (run.snapshot().state, run.snapshot().epoch) == ("finished", 4)


def test_a_run_whose_time_is_up_stays_finished_until_it_gets_more(registry: RunRegistry) -> None:
    folder = registry.folder / "demo"
    settings = read_run_file(folder).settings.changed(seconds=1, epochs=9)
    write_run_file(folder, read_run_file(folder).model_copy(update={"settings": settings, "seconds": 1.5}))
    with pytest.raises(LiveGANError, match=r"^It has trained for its 1 second; raise .* to go on\.$"):
        registry.resume("demo")


def test_the_time_that_is_up_does_not_end_a_run_before_it_has_come_to_where_it_was(registry: RunRegistry) -> None:
    """Its time was up after three epochs; the state of the last one is damaged, and it gets one more epoch's time."""
    run = gone_back(registry, seconds=90)
    stop(run)
    folder = run.folder
    assert read_run_file(folder).repeats_until == EPOCHS * BATCHES
    write_run_file(folder, read_run_file(folder).model_copy(update={"seconds": 99.0}))
    registry.resume("demo")
    run = registry.get("demo")
    wait_until(lambda: not run.active)
    assert (run.snapshot().state, run.snapshot().batch) == ("finished", EPOCHS * BATCHES)


# --- trained again as a new run ----------------------------------------------------------------------------------


def test_a_trimmed_run_is_left_alone_and_trained_again_under_a_new_name(registry: RunRegistry) -> None:
    folder = registry.folder / "demo"
    rows = figures(registry.get("demo"))
    trim_run(folder, {1, 3})
    whole = contents(folder)
    sentence = (
        "It has trained its 3 epochs, and its training state was not kept, so it cannot go on; branch from it, or "
        "train its recording again as a new run."
    )
    for command in (Resume(), Step(), SetKnobs({"epochs": 9})):
        with pytest.raises(LiveGANError) as refusal:
            registry.command("demo", command)
        assert str(refusal.value) == sentence
    again = registry.train_again("demo")
    again.join()
    assert again.name == "demo-again"
    assert (again.snapshot().state, again.snapshot().parent) == ("finished", "demo")
    np.testing.assert_array_equal(figures(again), rows)
    assert [(mark.batch, mark.knob) for mark in again.snapshot().marks] == [
        (BATCHES + 3, "lr_g"),
        (BATCHES + 3, "step_d"),
        (BATCHES + 4, "step_d"),
    ]
    assert replay_run(again.folder).passed
    assert contents(folder) == whole
    again.command(SetKnobs({"epochs": 4}))
    again.command(Resume())
    wait_until(lambda: not again.active)
    assert again.snapshot().epoch == 4


def test_a_stopped_run_trained_again_ends_where_it_was_stopped(open_registry: OpenRegistry) -> None:
    registry = open_registry()
    run = registry.start(SMALL.changed(epochs=9), "demo", paused=True)
    go_on_to(run, BATCHES + 5)
    run.command(SetKnobs({"dropout": 0.2}))
    stop(run)
    again = registry.train_again("demo", "mine")
    again.join()
    assert (again.snapshot().state, again.snapshot().batch) == ("stopped", BATCHES + 5)
    assert again.snapshot().settings.dropout == 0.2
    np.testing.assert_array_equal(figures(again), figures(run))


def test_training_again_that_was_interrupted_ends_where_the_original_stands(open_registry: OpenRegistry) -> None:
    registry = open_registry()
    run = registry.start(SMALL.changed(epochs=9), "demo", paused=True)
    go_on_to(run, BATCHES + 5)
    stop(run)
    begin_again(run.folder, run.on_disk, run.record.commands, registry.folder / "mine")
    first = registry.get("mine")
    first.pause_at(3)
    registry.resume("mine")
    wait_until(lambda: (first.snapshot().state, first.snapshot().batch) == ("paused", 3))
    registry.close()
    later = open_registry()
    later.resume("mine")
    again = later.get("mine")
    wait_until(lambda: not again.active)
    assert (again.snapshot().state, again.snapshot().batch) == ("stopped", BATCHES + 5)
    np.testing.assert_array_equal(figures(again), figures(run))
    assert replay_run(again.folder).passed
    later.close()
    last = open_registry()
    last.command("mine", SetKnobs({"epochs": 2}))
    last.resume("mine")
    wait_until(lambda: not last.get("mine").active)
    assert (last.get("mine").snapshot().state, last.get("mine").snapshot().epoch) == ("finished", 2)


@pytest.mark.parametrize("end", [0, -1, 10**13, "5", 1.5, True, BATCHES])
def test_an_end_that_no_run_can_have_is_damage(registry: RunRegistry, end: object) -> None:
    """The last one lies before where the run stands."""
    folder = registry.folder / "demo"
    values = read_run_file(folder).model_dump(mode="json")
    (folder / "previous.json").unlink(missing_ok=True)
    (folder / "run.json").write_bytes(run_json(values | {"ends_at": end}))
    with pytest.raises(atomic_files.DamagedRun, match=r"^run\.json cannot be read"):
        read_run_file(folder)


def test_a_run_file_from_before_ends_were_noted_opens_and_a_zip_keeps_the_end(registry: RunRegistry) -> None:
    folder = registry.folder / "demo"
    values = read_run_file(folder).model_dump(mode="json")
    del values["ends_at"]
    (folder / "run.json").write_bytes(run_json(values))
    assert read_run_file(folder).ends_at is None
    (folder / "run.json").write_bytes(run_json(values | {"ends_at": EPOCHS * BATCHES}))
    name = registry.unpack(io.BytesIO(registry.pack("demo")), "copy.zip")
    assert read_run_file(registry.folder / name).ends_at == EPOCHS * BATCHES


def test_a_branch_of_a_trimmed_run_begins_from_its_record(registry: RunRegistry) -> None:
    trim_run(registry.folder / "demo", {1, 3})
    whole = contents(registry.folder / "demo")
    child = registry.branch("demo", 3, {"epochs": 4})
    child.join()
    assert (child.snapshot().state, child.snapshot().epoch) == ("finished", 4)
    assert set_aside.numbers(child.folder) == []
    assert contents(registry.folder / "demo") == whole


def test_what_cannot_be_trained_again_is_told(registry: RunRegistry, tmp_path: Path) -> None:
    (registry.folder / "demo" / "commands.jsonl").write_bytes(b"")
    with pytest.raises(LiveGANError, match=r"^The record of run demo is damaged, so it cannot be trained again\.$"):
        registry.train_again("demo")
    fresh = Run.new(registry.folder / "fresh", SMALL, TrainingQueue(1))
    RunWriter(fresh.folder, fresh.run_file).update_run_file()
    with pytest.raises(LiveGANError, match=r"^There is no run named 'fresh'\.$|no batch on disk yet"):
        registry.train_again("fresh")


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("linked", ["epochs", "grids"])
def test_what_lies_in_a_linked_folder_is_set_aside_too(
    registry: RunRegistry, tmp_path: Path, linked: str, relative: bool
) -> None:
    folder = without_newest_state(registry)
    whole = contents(folder)
    (folder / linked).rename(tmp_path / "elsewhere")
    (folder / linked).symlink_to(Path("../../elsewhere") if relative else tmp_path / "elsewhere")
    run = gone_back(registry)
    stop(run)
    assert contents(set_aside.path_of(folder, 1)) == whole


def test_a_file_that_is_a_relative_link_is_set_aside_with_its_content(registry: RunRegistry, tmp_path: Path) -> None:
    folder = without_newest_state(registry)
    whole = contents(folder)
    last = epochs.path_of(folder, EPOCHS)
    last.rename(tmp_path / last.name)
    last.symlink_to(Path("../../..") / last.name)
    stop(gone_back(registry))
    assert contents(set_aside.path_of(folder, 1)) == whole
