"""Deleted runs are in the bin for 30 days, and come back whole; the runs that ship are hidden instead."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from helpers import ENDLESS, SMALL, figures, read_only, wait_for, wait_for_batch, wait_until
from running import OpenLab, states

from gan.limits import BIN_DAYS
from gan.runs import registry as lab_module
from gan.runs import shipped
from gan.runs.recycle_bin import FOLDER, BinError, RecycleBin
from gan.runs.registry import Lab, LabError

DAY = 86_400


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture
def lab(open_lab: OpenLab) -> Lab:
    """A lab with one finished run."""
    one = open_lab()
    wait_for(one.start(SMALL, "demo"), "finished")
    return one


def aged(lab: Lab, key: str, days: float) -> None:
    """A run in the bin as if it had been deleted so many days ago."""
    then = int((time.time() - days * DAY) * 1000)
    (lab.bin.folder / key).rename(lab.bin.folder / f"{then}-{key.partition('-')[2]}")


# --- deleted and restored ----------------------------------------------------------------------------------------


def test_a_deleted_run_comes_back_whole(lab: Lab) -> None:
    whole, rows = contents(lab.folder / "demo"), figures(lab.get("demo"))
    key = lab.delete("demo")
    assert states(lab) == {}
    (binned,) = lab.bin.listed()
    assert (binned.key, binned.name, binned.title, binned.days_left) == (key, "demo", "demo", BIN_DAYS)
    assert binned.size == pytest.approx(sum(map(len, whole.values())), rel=0.01)
    assert key is not None
    assert lab.restore(key) == "demo"
    assert contents(lab.folder / "demo") == whole
    assert lab.bin.listed() == []
    np.testing.assert_array_equal(figures(lab.get("demo")), rows)
    with pytest.raises(LabError, match=r"^This run is no longer in the bin\.$"):
        lab.restore(key)


def test_a_run_that_trains_is_stopped_and_can_go_on_when_it_comes_back(open_lab: OpenLab) -> None:
    one = open_lab()
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


def test_a_name_is_free_again_and_a_run_that_comes_back_gets_a_number(lab: Lab) -> None:
    first = contents(lab.folder / "demo")
    key = lab.delete("demo")
    wait_for(lab.start(SMALL, "demo"), "finished")
    second = lab.delete("demo")
    wait_for(lab.start(SMALL, "demo"), "finished")
    assert [one.key for one in lab.bin.listed()] == [second, key]
    assert key is not None
    assert lab.restore(key) == "demo-2"
    assert contents(lab.folder / "demo-2") == first
    assert lab.restore("demo") == "demo-3"  # the one that was deleted last


def test_a_title_in_any_script_comes_back_too(open_lab: OpenLab) -> None:
    one = open_lab()
    run = one.start(SMALL, "Größe ändern")
    wait_for(run, "finished")
    one.delete(run.name)
    assert one.bin.listed()[0].title == "Größe ändern"
    wait_for(one.start(SMALL, "Größe ändern"), "finished")
    name = one.restore("Größe ändern")
    assert one.get(name).snapshot().title == "Größe ändern 2"


def test_what_is_measured_of_a_deleted_run_is_not_written_to_another_one_of_its_name(lab: Lab) -> None:
    run = lab.get("demo")
    wait_until(lambda: bool(run.scores.all))
    score = run.scores.all[0]
    lab.delete("demo")
    (lab.folder / "demo").mkdir()
    run.scores.add(score, run.scores.line)
    assert list((lab.folder / "demo").iterdir()) == []


def test_two_tabs_that_delete_at_once_bin_it_once(open_lab: OpenLab) -> None:
    one = open_lab()
    wait_for_batch(one.start(ENDLESS, "demo"), 1)
    outcomes: list[str | None] = []

    def delete() -> None:
        try:
            outcomes.append(one.delete("demo"))
        except LabError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=delete) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes))[1:] == ["There is no run named 'demo'."] * 3
    assert len(one.bin.listed()) == 1


def test_a_run_of_another_process_is_not_deleted(lab: Lab, open_lab: OpenLab) -> None:
    run = lab.start(ENDLESS, "busy")
    wait_for_batch(run, 1)
    other = Lab(lab.folder)
    with pytest.raises(LabError, match=r"^Run busy is being trained by another process; stop that one first\.$"):
        other.delete("busy")
    assert lab.get("busy").active


def test_the_bin_outlives_the_server(lab: Lab, open_lab: OpenLab) -> None:
    key = lab.delete("demo")
    lab.close()
    again = open_lab()
    assert [one.key for one in again.bin.listed()] == [key]
    assert again.restore("demo") == "demo"


def test_a_second_server_takes_nothing_out_and_throws_nothing_away(lab: Lab, open_lab: OpenLab) -> None:
    lab.delete("demo")
    second = open_lab()
    for act in (lambda: second.restore("demo"), second.empty_bin, lambda: second.hide("lecture", True)):
        with pytest.raises(LabError, match="Another LiveGAN server uses this folder"):
            act()


# --- the end of the time in the bin ------------------------------------------------------------------------------


def test_after_thirty_days_a_run_is_gone_when_the_server_starts(lab: Lab, open_lab: OpenLab) -> None:
    for name, days in (("old", BIN_DAYS + 0.1), ("young", BIN_DAYS - 0.1)):
        wait_for(lab.start(SMALL, name), "finished")
        key = lab.delete(name)
        assert key is not None
        aged(lab, key, days)
    lab.close()
    again = open_lab()
    wait_until(lambda: [one.name for one in again.bin.listed()] == ["young"])


def test_a_clock_that_went_back_throws_nothing_away(lab: Lab) -> None:
    key = lab.delete("demo")
    assert key is not None
    aged(lab, key, -400)
    assert lab.bin.expire() == 0
    assert lab.bin.listed()[0].days_left == BIN_DAYS


def test_emptied_it_is_gone_and_so_is_its_folder(lab: Lab) -> None:
    wait_for(lab.start(SMALL, "other"), "finished")
    lab.delete("demo")
    lab.delete("other")
    assert lab.empty_bin() == 2
    assert lab.empty_bin() == 0
    assert not (lab.folder / FOLDER).exists()


# --- trouble -----------------------------------------------------------------------------------------------------


def test_junk_in_the_bin_is_left_alone(lab: Lab) -> None:
    junk = [lab.folder / FOLDER / name for name in ("notes", "123-demo", "1700000000000-../x".replace("/", "_"), "1-")]
    for path in junk:
        path.mkdir(parents=True)
    file = lab.folder / FOLDER / "1700000000000-file"
    file.write_text("junk")
    key = lab.delete("demo")
    assert [one.key for one in lab.bin.listed()] == [key]
    assert lab.empty_bin() == 1
    assert all(path.exists() for path in (*junk, file))


def test_a_damaged_run_goes_to_the_bin_and_comes_back(lab: Lab) -> None:
    for name in ("run.json", "previous.json"):
        (lab.folder / "demo" / name).write_text("{")
    lab.delete("demo")
    assert lab.bin.listed()[0].title == "demo"
    lab.restore("demo")
    assert states(lab) == {"demo": "damaged"}


def test_a_bin_that_is_a_file_is_told_and_the_run_stays(lab: Lab) -> None:
    (lab.folder / FOLDER).write_text("junk")
    with pytest.raises(LabError, match=r"^Run demo could not be moved to the bin: File exists\.$"):
        lab.delete("demo")
    assert states(lab) == {"demo": "finished"}
    assert lab.bin.listed() == []
    assert lab.get("demo").snapshot().state == "finished"


def test_a_disk_that_refuses_is_told_and_the_run_stays(public_path: Path) -> None:
    (public_path / "demo").mkdir()
    one = RecycleBin(public_path)
    with (
        read_only(public_path),
        pytest.raises(BinError, match=r"^Run demo could not be moved .*: Permission denied\.$"),
    ):
        one.put(public_path / "demo")
    assert (public_path / "demo").exists()
    key = one.put(public_path / "demo")
    (public_path / "full").mkdir()
    (public_path / "full" / "x").write_text("taken")
    with pytest.raises(BinError, match=r"^The run could not be restored: .*\.$"):
        one.take_out(key, public_path / "full")
    with pytest.raises(BinError, match=r"^This run is no longer in the bin\.$"):
        one.take_out("1700000000000-nobody", public_path / "nobody")


def test_names_that_try_to_leave_the_bin_find_nothing(lab: Lab) -> None:
    for name in ("../demo", "1700000000000-../demo", "", ".", "x" * 999):
        with pytest.raises(LabError, match=r"^There is no run '.*' in the bin\.$"):
            lab.restore(name)


# --- the runs that ship ------------------------------------------------------------------------------------------


@pytest.fixture
def with_lecture(lab: Lab) -> Lab:
    shutil.copytree(lab_module.ROOT / "checkpoints" / "lecture", lab.folder / "lecture")
    return lab


def test_a_run_that_ships_is_hidden_and_shown_but_not_deleted(with_lecture: Lab, open_lab: OpenLab) -> None:
    one = with_lecture
    with pytest.raises(LabError, match=r"^Run lecture came with LiveGAN and cannot be deleted; hide it instead\.$"):
        one.delete("lecture")
    told = {summary.name: (summary.shipped, summary.hidden) for summary in one.summaries()}
    assert told == {"lecture": (True, False), "demo": (False, False)}
    one.hide("lecture", True)
    one.hide("lecture", True)
    assert {summary.name: summary.hidden for summary in one.summaries()} == {"lecture": True, "demo": False}
    assert one.get("lecture").snapshot().epoch == 100
    one.close()
    again = open_lab()
    assert {summary.name: summary.hidden for summary in again.summaries()} == {"lecture": True, "demo": False}
    again.hide("lecture", False)
    assert not any(summary.hidden for summary in again.summaries())
    with pytest.raises(LabError, match="Only the runs that came with LiveGAN can be hidden"):
        again.hide("demo", True)


def test_a_run_of_ones_own_may_bear_the_name_of_one_that_ships(lab: Lab) -> None:
    wait_for(lab.start(SMALL, "sharp"), "finished")
    assert not any(summary.shipped for summary in lab.summaries())
    lab.delete("sharp")
    assert [one.name for one in lab.bin.listed()] == ["sharp"]


@pytest.mark.parametrize("junk", ["{", "null", "3", '[["lecture"]]', '["demo", 7, null]', "[" * 100_000])
def test_a_damaged_list_of_hidden_runs_hides_nothing(with_lecture: Lab, junk: str) -> None:
    (with_lecture.folder / shipped.FILE).write_text(junk)
    assert not any(summary.hidden for summary in with_lecture.summaries())
    with_lecture.hide("lecture", True)
    assert shipped.hidden(with_lecture.folder) == {"lecture"}


# --- links and other folders -------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["../elsewhere", "absolute"])
def test_a_run_that_is_a_link_is_seen_in_the_bin_and_comes_back(lab: Lab, tmp_path: Path, target: str) -> None:
    (lab.folder / "demo").rename(tmp_path / "elsewhere")
    (lab.folder / "link").symlink_to(tmp_path / "elsewhere" if target == "absolute" else target)
    whole = contents(tmp_path / "elsewhere")
    key = lab.delete("link")
    assert key is not None
    assert [one.key for one in lab.bin.listed()] == [key]
    assert states(lab) == {}
    assert lab.restore(key) == "link"
    assert contents(lab.folder / "link") == whole
    lab.delete("link")
    assert lab.empty_bin() == 1
    assert contents(tmp_path / "elsewhere") == whole  # only the link is gone


def test_a_link_that_leads_nowhere_is_still_seen_in_the_bin(lab: Lab) -> None:
    lab.bin.folder.mkdir()
    (lab.bin.folder / "1600000000000-lost").symlink_to("nowhere")
    assert [one.name for one in lab.bin.listed()] == ["lost"]
    assert lab.empty_bin() == 1


def test_a_bin_that_is_a_link_to_another_folder_is_left_alone(lab: Lab, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(lab.folder / "demo", other / "1600000000000-mine")
    lab.bin.folder.symlink_to(other)
    assert (lab.bin.expire(), lab.empty_bin(), lab.bin.listed()) == (0, 0, [])
    assert (other / "1600000000000-mine").is_dir()
    with pytest.raises(LabError, match=r"^Run demo could not be moved to the bin: \.bin is a link;"):
        lab.delete("demo")
    assert states(lab) == {"demo": "finished"}


def test_a_folder_that_is_no_run_does_not_expire(lab: Lab) -> None:
    photos = lab.bin.folder / "1600000000000-photos"
    photos.mkdir(parents=True)
    (photos / "x.jpg").write_text("x")
    shutil.copytree(lab.folder / "demo", lab.bin.folder / "1600000000000-old")
    assert lab.bin.expire() == 1
    assert [path.name for path in lab.bin.folder.iterdir()] == [photos.name]


def test_a_run_deleted_in_the_future_has_no_more_days_than_any_other(lab: Lab) -> None:
    (lab.bin.folder / "9999999999999-later").mkdir(parents=True)
    assert [one.days_left for one in lab.bin.listed()] == [BIN_DAYS]


@pytest.mark.parametrize("name", ["x" * 500, "", "\0", "../demo"])
def test_deleting_what_cannot_be_a_run_is_refused_in_one_sentence(lab: Lab, name: str) -> None:
    with pytest.raises(LabError, match=r"^There is no run named "):
        lab.delete(name)
