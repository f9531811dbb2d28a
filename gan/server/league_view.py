"""What pages are told of a league (`League` and `LeagueOffer` in types.d.ts)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gan import presets
from gan.classroom.league import TO_BE_MEASURED, LeagueState, Row
from gan.classroom.people import Person, Role
from gan.limits import LEAGUE_ROWS
from gan.server.league_opening import FREE
from gan.settings import KNOBS


def offer(most: int) -> dict[str, Any]:
    """What a teacher can make a league of, with a budget of at most `most` batches."""
    knobs = [{"name": name, "label": KNOBS[name].label} for name in FREE]
    bases = [{"name": preset.name, "label": preset.label} for preset in presets.PRESETS]
    return {"open": False, "most": most, "knobs": knobs, "bases": bases}


def view(state: LeagueState, rows: Sequence[Row], role: Role) -> dict[str, Any]:
    """A league that is open or over."""
    shown = role is Role.TEACHER or is_shown(state)
    if not shown:  # the order of places would tell them
        rows = sorted(rows, key=lambda row: row.entry.created)
    told = [told_row(row, shown) for row in rows]
    return {
        "open": True, "budget": state.budget, "title": state.title, "hidden": state.hidden, "own": state.own,
        "ended": state.ended, "shown": shown, "count": len(told), "measuring": _measuring(rows),
        "rows": told if role is Role.TEACHER else told[:LEAGUE_ROWS],
        "free": [field(name, state.base[name]) for name in state.free],
    }  # fmt: skip


def is_shown(state: LeagueState) -> bool:
    """Whether students see the table."""
    return state.ended or not state.hidden


def own_rows(state: LeagueState, rows: Sequence[Row], student: str) -> list[dict[str, Any]]:
    """A student's own entries, with their places unless the teacher hides these, too."""
    shown = is_shown(state) or state.own
    return [told_row(row, shown) for row in rows if row.entry.student == student]


def place_in_words(state: LeagueState, rows: Sequence[Row], run: str, person: Person) -> str:
    """How a run did, for its lab report; "" if it has no place, or if whoever takes the report home is not told it."""
    row = next((row for row in rows if row.entry.run == run and row.place is not None), None)
    if row is None:
        return ""
    told = person.role is Role.TEACHER or is_shown(state) or (state.own and row.entry.student == person.id)
    places = sum(row.place is not None for row in rows)
    said = f"Place {row.place} of {places} in the league, with FID {row.entry.fid:.2f} after its last batch."
    return said if told else ""


def _measuring(rows: Sequence[Row]) -> tuple[int, int] | None:
    """Which of how many entries is measured now; None if none waits for it."""
    waiting = sum(row.said == TO_BE_MEASURED for row in rows)
    done = sum(row.entry.fid is not None for row in rows)
    return (done + 1, done + waiting) if waiting else None


def field(name: str, value: object) -> dict[str, Any]:
    """A free knob, as a page makes a field of it."""
    knob = KNOBS[name]
    return {
        "name": name, "label": knob.label, "meaning": knob.meaning, "kind": knob.kind, "low": knob.low,
        "high": knob.high, "choices": knob.choices, "unit": knob.unit, "value": value,
    }  # fmt: skip


def told_row(row: Row, shown: bool) -> dict[str, Any]:
    """A row for pages; of a hidden table only who takes part and how far each is."""
    entry = row.entry
    told = {"name": entry.name, "desk": entry.student, "run": entry.run, "said": row.said}
    if not shown:
        return told | {"place": None, "fid": None, "missing": [], "said": row.said or "measured", "replay": ""}
    return told | {"place": row.place, "fid": entry.fid, "missing": entry.missing, "replay": entry.replay}
