"""A league: students train with the same settings for the same number of batches, turn the knobs that are free, and the
lowest FID wins.

The rules are functions on plain rows. An entry is an ordinary run, so its record shows whether it kept to them. Its FID
is what this server measured on it, whatever the run's own files say.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from gan.classroom.class_file import Id
from gan.limits import MAX_LEAGUE_ENTRIES, MAX_STUDENT_NAME

NAME = ".league.json"
ALONE = ("step_d", "step_g")  # steps in which one network learns alone
TO_BE_MEASURED = "is being measured"
WITHDRAWN, TAKEN_OUT = "withdrawn", "taken out by the teacher"
DIGITS = 2  # of a FID, behind the point: entries that agree in these share their place
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so is a formula to a spreadsheet


class Entry(BaseModel):
    """A run in the league; `created` tells it from a later run of the same name.

    `withdrawn`: by its student, who may take part again; `taken_out`: by the teacher. `problem`: why it could not be
    measured. `replay`: what came of training it again, if the teacher asked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    student: Id
    name: Annotated[str, Field(min_length=1, max_length=MAX_STUDENT_NAME)]
    run: Annotated[str, Field(min_length=1, max_length=64)]
    created: float
    withdrawn: bool = False
    taken_out: bool = False
    fid: float | None = None
    missing: tuple[int, ...] = ()
    problem: Annotated[str, Field(max_length=500)] = ""
    replay: Annotated[str, Field(max_length=500)] = ""


class LeagueState(BaseModel):
    """`base`: the settings that an entry starts with, all but the `free` knobs; a `budget` of 0 means no league.

    `idle`: knobs that may be turned because they do not change what the networks learn. `hidden`: students see no table
    until the end; `own`: each sees the own place meanwhile.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    budget: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    title: Annotated[str, Field(max_length=100)] = ""
    base: dict[str, Any] = {}
    free: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    hidden: bool = False
    own: bool = False
    ended: bool = False
    entries: Annotated[tuple[Entry, ...], Field(max_length=MAX_LEAGUE_ENTRIES)] = ()

    def entry(self, run: str) -> Entry | None:
        """The newest entry of a run's name: an older run of this name is gone."""
        return next((one for one in reversed(self.entries) if one.run == run), None)

    def with_entry(self, entry: Entry) -> LeagueState:
        """The same with this entry new, or in the place of what it was before."""
        same = (entry.run, entry.created)
        entries = tuple(entry if (one.run, one.created) == same else one for one in self.entries)
        entries = entries if entry in entries else (*entries, entry)
        return self.model_copy(update={"entries": entries})


@dataclass(frozen=True)
class RunRecord:
    """What the rules look at in an entry's run; `commands` are (batch, kind, knobs that it set)."""

    created: float
    state: str
    batch: int
    initial: Mapping[str, Any]
    commands: Sequence[tuple[int, str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Row:
    """A line of the table. `said`: why it has no place, or how far it is; "" if it has one."""

    place: int | None
    entry: Entry
    batch: int
    said: str


def broken_rule(league: LeagueState, record: RunRecord) -> str | None:
    """Which rule of the league a run's record breaks before the end of the budget, or None."""
    for name, value in league.base.items():
        if name not in league.free and record.initial.get(name) != value:
            return f"began with another {name}"
    for batch, kind, values in record.commands:
        if batch >= league.budget:
            break
        if kind in ALONE:
            return f"trained one network alone at batch {batch}"
        for name, value in values.items():
            if name not in (*league.free, *league.idle) and value != league.base.get(name):
                return f"turned {name} at batch {batch}"
    return None


def standing(league: LeagueState, entry: Entry, record: RunRecord | None) -> str | None:
    """Why an entry has no place (yet), or None if it counts. `record`: of its run, None if that is gone."""
    if entry.withdrawn or entry.taken_out:
        return TAKEN_OUT if entry.taken_out else WITHDRAWN
    if record is None or record.created != entry.created:
        return "deleted"
    broken = broken_rule(league, record)
    if broken is not None:
        return broken
    if entry.fid is not None:
        return None
    if record.batch > league.budget:
        return "trained past the budget"
    if record.state in ("diverged", "failed"):
        return record.state
    if entry.problem:
        return "cannot be measured"
    if record.batch == league.budget:
        return TO_BE_MEASURED
    return "unfinished" if league.ended else f"{10 * (10 * record.batch // league.budget)} %"


def table(league: LeagueState, records: Mapping[str, RunRecord | None]) -> list[Row]:
    """All entries, best first; `records` by the name of the run. Each student's best counts; ties share a place."""
    found = [(entry, standing(league, entry, records.get(entry.run))) for entry in league.entries]
    counted = [entry for entry, why in found if why is None]
    counted.sort(key=lambda entry: (_shown_fid(entry), entry.created))
    best: list[Entry] = []
    for entry in counted:
        if all(entry.student != other.student for other in best):
            best.append(entry)
    fids = [_shown_fid(entry) for entry in best]
    placed = [Row(fids.index(_shown_fid(entry)) + 1, entry, league.budget, "") for entry in best]
    others = [Row(None, entry, league.budget, "a better one counts") for entry in counted if entry not in best]
    waiting = [Row(None, entry, _batch(records.get(entry.run)), why) for entry, why in found if why is not None]
    return [*placed, *waiting, *others]


def _shown_fid(entry: Entry) -> float:
    assert entry.fid is not None
    return round(entry.fid, DIGITS)


def _batch(record: RunRecord | None) -> int:
    return 0 if record is None else record.batch


def as_csv(rows: Iterable[Row], settings: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The table for a spreadsheet, with the free knobs as each entry began with them (`settings`, by run)."""
    knobs = list(next(iter(settings.values()), {}))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["place", "name", "fid", "missing", "batches", "state", "run", "replay", *knobs])
    for row in rows:
        entry = row.entry
        fid = "" if entry.fid is None else f"{entry.fid:.{DIGITS}f}"
        missing = " ".join(map(str, entry.missing))
        began = [settings.get(entry.run, {}).get(name, "") for name in knobs]
        cells = [row.place or "", entry.name, fid, missing, row.batch, row.said, entry.run, entry.replay, *began]
        writer.writerow([harmless(str(cell)) for cell in cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode()  # Excel takes the file for UTF-8 by its first bytes


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
