"""The league of a class, whose rules are `gan.classroom.league`: who opens, enters and leaves it, and with what run.

See `league_opening`, `league_records`, `league_measurer` and `league_view` for the rest. It survives a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gan.classroom import league as rules
from gan.classroom.kept import Kept
from gan.classroom.league import Entry, LeagueState, RunRecord
from gan.classroom.people import Person, Role
from gan.errors import LiveGANError
from gan.limits import MAX_ENTRIES_EACH, MAX_LEAGUE_ENTRIES, MAX_LEAGUE_FILE
from gan.recording.commands import Command, Resume, SetKnobs, Step
from gan.recording.run_file import Desk
from gan.runs.registry import RunRegistry
from gan.server import league_view
from gan.server.league_measurer import LeagueMeasurer
from gan.server.league_opening import labels, league_of
from gan.server.league_records import EntryRecords
from gan.settings import KNOBS, parse


class League:
    """Any thread may ask. `changed` is called when pages should be told anew."""

    def __init__(
        self, folder: Path, registry: RunRegistry, changed: Callable[[], None], is_read_only: Callable[[], bool]
    ) -> None:
        self._kept = Kept(folder, rules.NAME, LeagueState, MAX_LEAGUE_FILE, is_read_only)
        self._registry = registry
        self._records = EntryRecords(registry)
        self._changed = changed
        self._measurer = LeagueMeasurer(folder, self._kept, self._records, changed, is_read_only)

    def start(self) -> None:
        """Begin to measure entries, also those of a league that a server before this one has opened."""
        self._measurer.start()

    def close(self) -> None:
        self._measurer.close()

    # --- the teacher -----------------------------------------------------------------------------------------------

    def open(self, content: bytes) -> None:
        """Open a league as a teacher's request wants it; raises LiveGANError."""
        state = league_of(content, self._registry.desk_limits.batches)
        with self._kept.lock:
            if self._state.budget:
                raise LiveGANError("There is a league already; end it and clear its table first.")
            self._kept.set(state)
        self._news()

    def show(self) -> None:
        """Show students the table."""
        self._update(hidden=False, own=False)

    def hide(self, *, own: bool) -> None:
        """Hide the table from students until the end; `own`: each sees the own place."""
        self._update(hidden=True, own=own)

    def end(self) -> None:
        """Take no more entries, and show the table."""
        self._update(ended=True)

    def clear(self) -> None:
        """Forget the league; the runs stay."""
        self._kept.forget()
        self._news()

    def replay(self, run: str) -> None:
        """Have an entry trained again from its record, and compared; raises LiveGANError."""
        entry = self._state.entry(run)
        if entry is None or entry.fid is None:
            raise LiveGANError("Only an entry that has been measured can be replayed.")
        self._measurer.replay(entry)
        self._changed()

    def as_csv(self) -> bytes:
        state = self._state
        began = {entry.run: self._records.began_with(entry, state.free) for entry in state.entries}
        return rules.as_csv(self._records.table(state), began)

    # --- students --------------------------------------------------------------------------------------------------

    def enter(self, person: Person, values: dict[str, Any]) -> str:
        """Start a student's entry with these values of the free knobs; the name of its run. Raises LiveGANError."""
        if person.role is not Role.STUDENT:
            raise LiveGANError("Only students enter the league; start a run of your own to try its settings.")
        with self._kept.lock:  # so that nobody enters twice at the same moment
            state = self._state
            if not state.budget or state.ended:
                raise LiveGANError("No league is open now; your teacher opens one.")
            unfit = [name for name in values if name not in state.free]
            if unfit:
                raise LiveGANError(f"In this league only {labels(state.free)} can be chosen.")
            settings = parse({**state.base, **values})
            number = self._check_another(person)
            title = self._registry.free_title(f"League {number} of {person.name}")
            desk = Desk(person.id, person.name)
            run = self._registry.start(settings, title, desk=desk, ends_at=state.budget)
            entry = Entry(student=person.id, name=person.name, run=run.name, created=run.run_file.created)
            self._kept.set(state.with_entry(entry))
        self._news()
        return run.name

    def withdraw(self, person: Person, run: str) -> None:
        """Take a student's own entry out, or as a teacher anyone's; its run stays. Raises LiveGANError."""
        self._set_part(person, run, out=True)

    def rejoin(self, person: Person, run: str) -> None:
        """Have an entry take part again that whoever asks has taken out; raises LiveGANError."""
        self._set_part(person, run, out=False)

    def check_command(self, run: str, command: Command) -> None:
        """Raises LiveGANError if the command would put an entry out of the league, so that nobody does it unawares."""
        state, entry = self._state, self._state.entry(run)
        if entry is None or entry.withdrawn or entry.taken_out or entry.fid is not None:
            return
        if isinstance(command, SetKnobs):
            for name in command.values:
                if name in KNOBS and name not in (*state.free, *state.idle):
                    raise LiveGANError(
                        f"{KNOBS[name].label} stays as it is: in this league only {labels(state.free)} can be turned."
                    )
        if isinstance(command, Step) and command.only is not None:
            raise LiveGANError("In the league both networks learn from every batch.")
        goes_on = isinstance(command, Step | Resume)
        if goes_on and rules.standing(state, entry, self._records.of(entry)) == rules.TO_BE_MEASURED:
            raise LiveGANError("This entry is being measured; it can go on once it has its FID.")

    # --- what pages are told ---------------------------------------------------------------------------------------

    def view(self, role: Role) -> dict[str, Any] | None:
        state = self._state
        if state.budget:
            return league_view.view(state, self._records.table(state), role)
        return league_view.offer(self._registry.desk_limits.batches) if role is Role.TEACHER else None

    def own(self, person: Person) -> list[dict[str, Any]]:
        """The rows of a student's own entries."""
        state = self._state
        return league_view.own_rows(state, self._records.table(state), person.id)

    def place_in_words(self, run: str, person: Person) -> str:
        """How a run did, in a sentence; "" if there is nothing to say."""
        state = self._state
        return league_view.place_in_words(state, self._records.table(state), run, person) if state.budget else ""

    def forget(self) -> None:
        self._kept.forget()

    # --- parts -----------------------------------------------------------------------------------------------------

    @property
    def _state(self) -> LeagueState:
        return self._kept.state

    def _update(self, **changes: bool) -> None:
        with self._kept.lock:
            if not self._state.budget:
                raise LiveGANError("There is no league; open one first.")
            self._kept.set(self._state.model_copy(update=changes))
        self._news()

    def _set_part(self, person: Person, run: str, *, out: bool) -> None:
        by_student = person.role is Role.STUDENT
        with self._kept.lock:
            entry = self._state.entry(run)
            if entry is None or (by_student and entry.student != person.id):
                raise LiveGANError("This is no entry of yours in the league.")
            if by_student and not out and self._state.ended:
                raise LiveGANError("The league is over, so no entry comes back.")
            if by_student and not out and entry.taken_out:
                raise LiveGANError("Your teacher has taken this entry out.")
            part = {"withdrawn" if by_student else "taken_out": out}
            self._kept.set(self._state.with_entry(entry.model_copy(update=part)))
        self._news()

    def _news(self) -> None:
        self._changed()
        self._measurer.look()

    def _check_another(self, person: Person) -> int:
        """The number of the student's next entry; raises LiveGANError if there can be none now."""
        own = [entry for entry in self._state.entries if entry.student == person.id]
        if len(own) >= MAX_ENTRIES_EACH or len(self._state.entries) >= MAX_LEAGUE_ENTRIES:
            raise LiveGANError(f"You have entered {len(own)} times; no more entries are taken.")
        for entry in own:
            record = self._records.of(entry)
            if rules.standing(self._state, entry, record) is not None and self._is_under_way(entry, record):
                raise LiveGANError("Your entry still trains; wait until it is measured, or withdraw it.")
        return len(own) + 1

    def _is_under_way(self, entry: Entry, record: RunRecord | None) -> bool:
        budget = self._state.budget
        ended = record is None or record.state in ("diverged", "failed") or record.batch > budget or entry.problem
        return not (ended or entry.withdrawn or entry.taken_out)
