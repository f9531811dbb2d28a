"""The rules of a league, on plain rows: what counts, who wins, and what a spreadsheet is given."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from gan.classroom.league import Entry, LeagueState, RunRecord, as_csv, broken_rule, harmless, standing, table

BASE = {"lr_g": 0.0002, "lr_d": 0.0002, "dropout": 0.5, "batch_size": 128, "epochs": 100}
LEAGUE = LeagueState(budget=500, title="The lecture's", base=BASE, free=("lr_g",), idle=("pace",))


def entry(number: int, fid: float | None = None, student: int | None = None, **more: Any) -> Entry:
    return Entry(
        student=f"{number if student is None else student:016x}", name=f"Student {number}", run=f"run-{number}",
        created=float(number), fid=fid, **more,
    )  # fmt: skip


def record(number: int = 1, batch: int = 500, *commands: tuple[int, str, dict[str, Any]], **more: Any) -> RunRecord:
    values: dict[str, Any] = {"created": float(number), "state": "stopped", "initial": BASE} | more
    return RunRecord(batch=batch, commands=commands, **values)


def places(entries: list[Entry], **more: Any) -> list[tuple[str, int | None, str]]:
    league = LEAGUE.model_copy(update={"entries": tuple(entries), **more})
    records = {one.run: record(int(one.created)) for one in entries}
    return [(row.entry.name, row.place, row.said) for row in table(league, records)]


def test_the_lowest_fid_wins_and_ties_share_a_place() -> None:
    entries = [entry(1, 20.5), entry(2, 9.123), entry(3, 9.1249), entry(4, 30.0)]
    assert places(entries) == [
        ("Student 2", 1, ""),
        ("Student 3", 1, ""),
        ("Student 1", 3, ""),
        ("Student 4", 4, ""),
    ]


def test_each_students_best_entry_counts() -> None:
    entries = [entry(1, 20.0, student=7), entry(2, 10.0, student=7), entry(3, 15.0)]
    assert places(entries) == [("Student 2", 1, ""), ("Student 3", 2, ""), ("Student 1", None, "a better one counts")]


@pytest.mark.parametrize(
    ("command", "broken"),
    [
        ((10, "set", {"lr_g": 0.01}), None),
        ((10, "set", {"pace": 5.0}), None),
        ((10, "set", {"dropout": 0.5}), None),  # as it was
        ((10, "set", {"lr_g": 0.01, "dropout": 0.1}), "turned dropout at batch 10"),
        ((500, "set", {"dropout": 0.1}), None),  # after the budget: it acted on nothing that counts
        ((10, "step", {}), None),
        ((10, "step_g", {}), "trained one network alone at batch 10"),
        ((10, "set", {"epochs": 5}), "turned epochs at batch 10"),
    ],
)
def test_a_record_shows_whether_an_entry_kept_to_the_rules(
    command: tuple[int, str, dict[str, Any]], broken: str | None
) -> None:
    assert broken_rule(LEAGUE, record(1, 500, command)) == broken


def test_an_entry_that_began_with_other_settings_is_out_unless_they_are_free() -> None:
    assert broken_rule(LEAGUE, record(initial=BASE | {"lr_g": 0.01})) is None
    assert broken_rule(LEAGUE, record(initial=BASE | {"batch_size": 256})) == "began with another batch_size"
    assert broken_rule(LEAGUE, record(initial={})) == "began with another lr_d"


@pytest.mark.parametrize(
    ("made", "run", "why"),
    [
        (entry(1, 5.0), record(1), None),
        (entry(1, 5.0), record(1, 900), None),  # it went on after it was measured
        (entry(1), record(1, 250, state="running"), "50 %"),
        (entry(1), record(1, 500), "is being measured"),
        (entry(1), record(1, 501), "trained past the budget"),
        (entry(1), record(1, 40, state="diverged"), "diverged"),
        (entry(1, problem="The images are not numbers."), record(1), "cannot be measured"),
        (entry(1, 5.0), None, "deleted"),
        (entry(1, 5.0), record(2), "deleted"),  # another run of the same name
        (entry(1, 5.0, withdrawn=True), record(1), "withdrawn"),
    ],
)
def test_what_has_no_place_says_why(made: Entry, run: RunRecord | None, why: str | None) -> None:
    assert standing(LEAGUE, made, run) == why


def test_when_a_league_ends_what_still_trains_is_unfinished() -> None:
    ended = LEAGUE.model_copy(update={"ended": True})
    assert standing(ended, entry(1), record(1, 250, state="running")) == "unfinished"


def test_an_entry_replaces_what_it_was_and_no_other() -> None:
    league = LEAGUE.with_entry(entry(1)).with_entry(entry(2)).with_entry(entry(1, 5.0))
    assert [(one.name, one.fid) for one in league.entries] == [("Student 1", 5.0), ("Student 2", None)]


def test_a_spreadsheet_gets_no_formulas() -> None:
    assert [harmless(cell) for cell in ("=1+1", "+1", "-1", "@a", "\tx", "Ann", "8.5")] == [
        "'=1+1", "'+1", "'-1", "'@a", "'\tx", "Ann", "8.5",
    ]  # fmt: skip
    name = '=HYPERLINK("x")'
    evil = Entry(student="0" * 16, name=name, run="run-1", created=1.0, fid=5.0, missing=(1, 7))
    league = LEAGUE.with_entry(evil)
    content = as_csv(table(league, {"run-1": record(1)}), {"run-1": {"lr_g": 0.001}}).decode("utf-8-sig")
    head, row = csv.reader(io.StringIO(content))
    assert head == ["place", "name", "fid", "missing", "batches", "state", "run", "replay", "lr_g"]
    assert row == ["1", f"'{name}", "5.00", "1 7", "500", "", "run-1", "", "0.001"]
