"""Deleted runs are in the bin for 30 days, and come back whole; the runs that ship are hidden instead."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from helpers import ENDLESS, SMALL, figures, read_only, wait_for, wait_for_batch, wait_until
from running import OpenRegistry, states

from gan.errors import LiveGANError
from gan.limits import BIN_DAYS
from gan.runs import registry as lab_module
from gan.runs import shipped
from gan.runs.recycle_bin import FOLDER, RecycleBin
from gan.runs.registry import RunRegistry

DAY = 86_400


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture
def registry(open_registry: OpenRegistry) -> RunRegistry:
    """A registry with one finished run."""
    one = open_registry()
    wait_for(one.start(SMALL, "demo"), "finished")
    return one


def aged(registry: RunRegistry, key: str, days: float) -> None:
    """A run in the bin as if it had been deleted so many days ago."""
    then = int((time.time() - days * DAY) * 1000)
    (registry.bin.folder / key).rename(registry.bin.folder / f"{then}-{key.partition('-')[2]}")


# --- deleted and restored ----------------------------------------------------------------------------------------


def test_a_deleted_run_comes_back_whole(registry: RunRegistry) -> None:
    whole, rows = contents(registry.folder / "demo"), figures(registry.get("demo"))
    key = registry.delete("demo")
    assert states(registry) == {}
    (binned,) = registry.bin.listed()
    assert (binned.key, binned.name, binned.title, binned.days_left) == (key, "demo", "demo", BIN_DAYS)
    assert binned.size == pytest.approx(sum(map(len, whole.values())), rel=0.01)
    assert key is not None
    assert registry.restore(key) == "demo"
    assert contents(registry.folder / "demo") == whole
    assert registry.bin.listed() == []
    np.testing.assert_array_equal(figures(registry.get("demo")), rows)
    with pytest.raises(LiveGANError, match=r"^This run is no longer in the bin\.$"):
        registry.restore(key)


def test_a_run_that_trains_is_stopped_and_can_go_on_when_it_comes_back(open_registry: OpenRegistry) -> None:
    one = open_registry()
    run = one.start(ENDLESS, "demo")
    wait_for_batch(run, 5)
    key = one.delete("demo")
    assert key is not None
    assert not run.active
    one.restore(key)
    back = one.get("demo")
    assert (back.snapshot().state, back.snapshot().batch) == ("interrupted", run.snapshot().batch)
    one.resume("demo")
    wait_for_batch(back, run.snapshot().batch + 3)


def test_a_name_is_free_again_and_a_run_that_comes_back_gets_a_number(registry: RunRegistry) -> None:
    first = contents(registry.folder / "demo")
    key = registry.delete("demo")
    wait_for(registry.start(SMALL, "demo"), "finished")
    second = registry.delete("demo")
    wait_for(registry.start(SMALL, "demo"), "finished")
    assert [one.key for one in registry.bin.listed()] == [second, key]
    assert key is not None
    assert registry.restore(key) == "demo-2"
    assert contents(registry.folder / "demo-2") == first
    assert registry.restore("demo") == "demo-3"  # the one that was deleted last


def test_a_title_in_any_script_comes_back_too(open_registry: OpenRegistry) -> None:
    one = open_registry()
    run = one.start(SMALL, "Größe ändern")
    wait_for(run, "finished")
    one.delete(run.name)
    assert one.bin.listed()[0].title == "Größe ändern"
    wait_for(one.start(SMALL, "Größe ändern"), "finished")
    name = one.restore("Größe ändern")
    assert one.get(name).snapshot().title == "Größe ändern 2"


def test_what_is_measured_of_a_deleted_run_is_not_written_to_another_one_of_its_name(registry: RunRegistry) -> None:
    run = registry.get("demo")
    wait_until(lambda: bool(run.scores.all))
    score = run.scores.all[0]
    registry.delete("demo")
    (registry.folder / "demo").mkdir()
    run.scores.add(score, run.scores.line)
    assert list((registry.folder / "demo").iterdir()) == []


def test_two_tabs_that_delete_at_once_bin_it_once(open_registry: OpenRegistry) -> None:
    one = open_registry()
    wait_for_batch(one.start(ENDLESS, "demo"), 1)
    outcomes: list[str | None] = []

    def delete() -> None:
        try:
            outcomes.append(one.delete("demo"))
        except LiveGANError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=delete) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes))[1:] == ["There is no run named 'demo'."] * 3
    assert len(one.bin.listed()) == 1


def test_a_run_of_another_process_is_not_deleted(registry: RunRegistry, open_registry: OpenRegistry) -> None:
    run = registry.start(ENDLESS, "busy")
    wait_for_batch(run, 1)
    other = RunRegistry(registry.folder)
    with pytest.raises(LiveGANError, match=r"^Run busy is being trained by another process; stop that one first\.$"):
        other.delete("busy")
    assert registry.get("busy").active


def test_the_bin_outlives_the_server(registry: RunRegistry, open_registry: OpenRegistry) -> None:
    key = registry.delete("demo")
    registry.close()
    again = open_registry()
    assert [one.key for one in again.bin.listed()] == [key]
    assert again.restore("demo") == "demo"


def test_a_second_server_takes_nothing_out_and_throws_nothing_away(
    registry: RunRegistry, open_registry: OpenRegistry
) -> None:
    registry.delete("demo")
    second = open_registry()
    for act in (lambda: second.restore("demo"), second.empty_bin, lambda: second.hide("lecture", True)):
        with pytest.raises(LiveGANError, match="Another LiveGAN server uses this folder"):
            act()


# --- the end of the time in the bin ------------------------------------------------------------------------------


def test_after_thirty_days_a_run_is_gone_when_the_server_starts(
    registry: RunRegistry, open_registry: OpenRegistry
) -> None:
    for name, days in (("old", BIN_DAYS + 0.1), ("young", BIN_DAYS - 0.1)):
        wait_for(registry.start(SMALL, name), "finished")
        key = registry.delete(name)
        assert key is not None
        aged(registry, key, days)
    registry.close()
    again = open_registry()
    wait_until(lambda: [one.name for one in again.bin.listed()] == ["young"])


def test_a_clock_that_went_back_throws_nothing_away(registry: RunRegistry) -> None:
    key = registry.delete("demo")
    assert key is not None
    aged(registry, key, -400)
    assert registry.bin.expire() == 0
    assert registry.bin.listed()[0].days_left == BIN_DAYS


def test_emptied_it_is_gone_and_so_is_its_folder(registry: RunRegistry) -> None:
    wait_for(registry.start(SMALL, "other"), "finished")
    registry.delete("demo")
    registry.delete("other")
    assert registry.empty_bin() == 2
    assert registry.empty_bin() == 0
    assert not (registry.folder / FOLDER).exists()


# --- trouble -----------------------------------------------------------------------------------------------------


def test_junk_in_the_bin_is_left_alone(registry: RunRegistry) -> None:
    junk = [
        registry.folder / FOLDER / name for name in ("notes", "123-demo", "1700000000000-../x".replace("/", "_"), "1-")
    ]
    for path in junk:
        path.mkdir(parents=True)
    file = registry.folder / FOLDER / "1700000000000-file"
    file.write_text("junk")
    key = registry.delete("demo")
    assert [one.key for one in registry.bin.listed()] == [key]
    assert registry.empty_bin() == 1
    assert all(path.exists() for path in (*junk, file))


def test_a_damaged_run_goes_to_the_bin_and_comes_back(registry: RunRegistry) -> None:
    for name in ("run.json", "previous.json"):
        (registry.folder / "demo" / name).write_text("{")
    registry.delete("demo")
    assert registry.bin.listed()[0].title == "demo"
    registry.restore("demo")
    assert states(registry) == {"demo": "damaged"}


def test_a_bin_that_is_a_file_is_told_and_the_run_stays(registry: RunRegistry) -> None:
    (registry.folder / FOLDER).write_text("junk")
    with pytest.raises(LiveGANError, match=r"^Run demo could not be moved to the bin: File exists\.$"):
        registry.delete("demo")
    assert states(registry) == {"demo": "finished"}
    assert registry.bin.listed() == []
    assert registry.get("demo").snapshot().state == "finished"


def test_a_disk_that_refuses_is_told_and_the_run_stays(public_path: Path) -> None:
    (public_path / "demo").mkdir()
    one = RecycleBin(public_path)
    with (
        read_only(public_path),
        pytest.raises(LiveGANError, match=r"^Run demo could not be moved .*: Permission denied\.$"),
    ):
        one.put(public_path / "demo")
    assert (public_path / "demo").exists()
    key = one.put(public_path / "demo")
    (public_path / "full").mkdir()
    (public_path / "full" / "x").write_text("taken")
    with pytest.raises(LiveGANError, match=r"^The run could not be restored: .*\.$"):
        one.take_out(key, public_path / "full")
    with pytest.raises(LiveGANError, match=r"^This run is no longer in the bin\.$"):
        one.take_out("1700000000000-nobody", public_path / "nobody")


def test_names_that_try_to_leave_the_bin_find_nothing(registry: RunRegistry) -> None:
    for name in ("../demo", "1700000000000-../demo", "", ".", "x" * 999):
        with pytest.raises(LiveGANError, match=r"^There is no run '.*' in the bin\.$"):
            registry.restore(name)


# --- the runs that ship ------------------------------------------------------------------------------------------


@pytest.fixture
def with_lecture(registry: RunRegistry) -> RunRegistry:
    shutil.copytree(lab_module.ROOT / "checkpoints" / "lecture", registry.folder / "lecture")
    return registry


def test_a_run_that_ships_is_hidden_and_shown_but_not_deleted(
    with_lecture: RunRegistry, open_registry: OpenRegistry
) -> None:
    one = with_lecture
    with pytest.raises(LiveGANError, match=r"^Run lecture came with LiveGAN and cannot be deleted; hide it instead\.$"):
        one.delete("lecture")
    told = {summary.name: (summary.shipped, summary.hidden) for summary in one.summaries()}
    assert told == {"lecture": (True, False), "demo": (False, False)}
    one.hide("lecture", True)
    one.hide("lecture", True)
    assert {summary.name: summary.hidden for summary in one.summaries()} == {"lecture": True, "demo": False}
    assert one.get("lecture").snapshot().epoch == 100
    one.close()
    again = open_registry()
    assert {summary.name: summary.hidden for summary in again.summaries()} == {"lecture": True, "demo": False}
    again.hide("lecture", False)
    assert not any(summary.hidden for summary in again.summaries())
    with pytest.raises(LiveGANError, match="Only the runs that came with LiveGAN can be hidden"):
        again.hide("demo", True)


def test_a_run_of_ones_own_may_bear_the_name_of_one_that_ships(registry: RunRegistry) -> None:
    wait_for(registry.start(SMALL, "sharp"), "finished")
    assert not any(summary.shipped for summary in registry.summaries())
    registry.delete("sharp")
    assert [one.name for one in registry.bin.listed()] == ["sharp"]


@pytest.mark.parametrize("junk", ["{", "null", "3", '[["lecture"]]', '["demo", 7, null]', "[" * 100_000])
def test_a_damaged_list_of_hidden_runs_hides_nothing(with_lecture: RunRegistry, junk: str) -> None:
    (with_lecture.folder / shipped.FILE).write_text(junk)
    assert not any(summary.hidden for summary in with_lecture.summaries())
    with_lecture.hide("lecture", True)
    assert shipped.hidden(with_lecture.folder) == {"lecture"}


# --- links and other folders -------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["../elsewhere", "absolute"])
def test_a_run_that_is_a_link_is_seen_in_the_bin_and_comes_back(
    registry: RunRegistry, tmp_path: Path, target: str
) -> None:
    (registry.folder / "demo").rename(tmp_path / "elsewhere")
    (registry.folder / "link").symlink_to(tmp_path / "elsewhere" if target == "absolute" else target)
    whole = contents(tmp_path / "elsewhere")
    key = registry.delete("link")
    assert key is not None
    assert [one.key for one in registry.bin.listed()] == [key]
    assert states(registry) == {}
    assert registry.restore(key) == "link"
    assert contents(registry.folder / "link") == whole
    registry.delete("link")
    assert registry.empty_bin() == 1
    assert contents(tmp_path / "elsewhere") == whole  # only the link is gone


def test_a_link_that_leads_nowhere_is_still_seen_in_the_bin(registry: RunRegistry) -> None:
    registry.bin.folder.mkdir()
    (registry.bin.folder / "1600000000000-lost").symlink_to("nowhere")
    assert [one.name for one in registry.bin.listed()] == ["lost"]
    assert registry.empty_bin() == 1


def test_a_bin_that_is_a_link_to_another_folder_is_left_alone(registry: RunRegistry, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(registry.folder / "demo", other / "1600000000000-mine")
    registry.bin.folder.symlink_to(other)
    assert (registry.bin.expire(), registry.empty_bin(), registry.bin.listed()) == (0, 0, [])
    assert (other / "1600000000000-mine").is_dir()
    with pytest.raises(LiveGANError, match=r"^Run demo could not be moved to the bin: \.bin is a link;"):
        registry.delete("demo")
    assert states(registry) == {"demo": "finished"}


def test_a_folder_that_is_no_run_does_not_expire(registry: RunRegistry) -> None:
    photos = registry.bin.folder / "1600000000000-photos"
    photos.mkdir(parents=True)
    (photos / "x.jpg").write_text("x")
    shutil.copytree(registry.folder / "demo", registry.bin.folder / "1600000000000-old")
    assert registry.bin.expire() == 1
    assert [path.name for path in registry.bin.folder.iterdir()] == [photos.name]


def test_a_run_deleted_in_the_future_has_no_more_days_than_any_other(registry: RunRegistry) -> None:
    (registry.bin.folder / "9999999999999-later").mkdir(parents=True)
    assert [one.days_left for one in registry.bin.listed()] == [BIN_DAYS]


@pytest.mark.parametrize("name", ["x" * 500, "", "\0", "../demo"])
def test_deleting_what_cannot_be_a_run_is_refused_in_one_sentence(registry: RunRegistry, name: str) -> None:
    with pytest.raises(LiveGANError, match=r"^There is no run named "):
        registry.delete(name)
