"""What the rules of a league look at: the runs of its entries."""

from __future__ import annotations

import time
from typing import Any

from gan.classroom import league as rules
from gan.classroom.league import Entry, LeagueState, Row, RunRecord
from gan.runs.open_runs import RunNotFound
from gan.runs.registry import RunRegistry
from gan.runs.run import Run

FRESH = 0.3  # seconds for which a table holds unless an entry changes: 200 pages ask for it at the same time


class EntryRecords:
    """Any thread may ask."""

    def __init__(self, registry: RunRegistry) -> None:
        self._registry = registry
        # of entries that are measured: what counts of them is past, and to look at a run at rest is to read its files
        self._known: dict[tuple[str, float], RunRecord] = {}
        self._table: tuple[float, LeagueState, list[Row]] | None = None

    def table(self, state: LeagueState) -> list[Row]:
        made = self._table
        if made is not None and made[1] is state and time.monotonic() - made[0] < FRESH:
            return made[2]
        rows = self._rows(state)
        self._table = (time.monotonic(), state, rows)
        return rows

    def _rows(self, state: LeagueState) -> list[Row]:
        there = {run.name: run.created for run in self._registry.summaries()}
        found = [(one.run, self.of(one) if there.get(one.run) == one.created else None) for one in state.entries]
        return rules.table(state, dict(found))

    def of(self, entry: Entry) -> RunRecord | None:
        """None: its run is gone."""
        known = self._known.get((entry.run, entry.created))
        run = self._run(entry) if known is None else None
        if run is None:
            return known
        now = run.snapshot()
        commands = [(one.batch, one.kind, one.values) for one in run.record.so_far()]
        initial = run.run_file.initial_settings.model_dump(mode="json")
        record = RunRecord(run.run_file.created, now.state, now.batch, initial, commands)
        if entry.fid is not None:
            self._known[entry.run, entry.created] = record
        return record

    def rests(self, entry: Entry) -> bool:
        """Whether the run of an entry is on disk and does not train."""
        run = self._run(entry)
        return run is not None and not run.active

    def began_with(self, entry: Entry, names: tuple[str, ...]) -> dict[str, Any]:
        """The values of these knobs at its first batch."""
        run = self._run(entry)
        began = {} if run is None else run.run_file.initial_settings.model_dump(mode="json")
        return {name: began.get(name, "") for name in names}

    def _run(self, entry: Entry) -> Run | None:
        try:
            run = self._registry.get(entry.run)
        except RunNotFound:
            return None
        return run if run.run_file.created == entry.created else None
