"""Runs the league of a class, whose rules are `gan.classroom.league`: takes entries, measures and replays them.

A thread of its own looks at the entries while there is a league. What it has found survives a restart.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gan import presets, strict_json
from gan.classroom import league as rules
from gan.classroom.kept import Kept
from gan.classroom.league import Entry, LeagueState, Row, RunRecord
from gan.classroom.people import Person, Role
from gan.data import image_sets
from gan.errors import LiveGANError
from gan.limits import (
    LEAGUE_ROWS,
    MAX_ENTRIES_EACH,
    MAX_LEAGUE_ENTRIES,
    MAX_LEAGUE_FILE,
    MAX_LEAGUE_VALUES,
)
from gan.quality import metrics
from gan.quality.reference import reference
from gan.recording import networks_file, weights
from gan.recording.commands import Command, Resume, SetKnobs, Step
from gan.recording.replay import replay_run
from gan.recording.run_file import Desk
from gan.runs.registry import RunNotFound, RunRegistry
from gan.runs.run import Run
from gan.runs.verify import verify
from gan.settings import KNOBS, Settings, parse
from gan.training import device

LOOK = 1.0  # seconds between two looks at the entries
IMAGES, SEED = 10_000, 0  # of a measurement
LEAST_BUDGET = 10
BEING_REPLAYED = "is being replayed"
# What makes entries comparable is never free: the images, their number in a batch, the length, the random numbers.
_FIXED = {"dataset", "split", "digits", "scaling", "batch_size", "seed", "device", "step", "epochs", "seconds"}
FREE = tuple(name for name, knob in KNOBS.items() if (knob.trains or name == "halve_every") and name not in _FIXED)
IDLE = tuple(name for name, knob in KNOBS.items() if not knob.trains and name not in FREE)
log = logging.getLogger(__name__)


class _Closing(Exception):
    """The server ends."""


class Opening(BaseModel):
    """What a teacher wants of a league: `base` is the name of a preset, `free` are knobs, or all that can be free."""

    model_config = ConfigDict(extra="forbid")

    budget: int = Field(strict=True)
    base: str
    free: list[str] | None = None
    hidden: bool = False


class League:
    """Any thread may ask. `changed` is called when pages should be told anew."""

    def __init__(
        self, folder: Path, registry: RunRegistry, changed: Callable[[], None], is_read_only: Callable[[], bool]
    ) -> None:
        self._kept = Kept(folder, rules.NAME, LeagueState, MAX_LEAGUE_FILE, is_read_only)
        self._registry = registry
        self._changed = changed
        self._is_read_only = is_read_only
        self._to_replay: list[str] = []
        # of entries that are measured: what counts of them is past, and to look at a run at rest is to read its files
        self._known: dict[tuple[str, float], RunRecord] = {}
        self._told = ""
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._main, name="league", daemon=True)

    def start(self) -> None:
        """Begin to look at the entries, also of a league that a server before this one has opened."""
        self._to_replay = [entry.run for entry in self._state.entries if entry.replay == BEING_REPLAYED]
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    # --- the teacher -----------------------------------------------------------------------------------------------

    def open(self, content: bytes) -> None:
        """Open a league as a teacher's request wants it; raises LiveGANError."""
        try:
            asked = Opening.model_validate(strict_json.loads(content, MAX_LEAGUE_VALUES))
        except (ValidationError, strict_json.NotJSON):
            raise LiveGANError("A league has a budget of batches, a preset and knobs that are free.") from None
        most = self._registry.desk_limits.batches
        if not LEAST_BUDGET <= asked.budget <= most:
            raise LiveGANError(
                f"The budget must be from {LEAST_BUDGET} to {most:,} batches, as many as a run of a desk may train."
            )
        preset = next((one for one in presets.PRESETS if one.name == asked.base), None)
        if preset is None:
            raise LiveGANError("There is no such preset; choose one of the list.")
        state = LeagueState(
            budget=asked.budget,
            title=preset.label,
            base=_base(preset, asked.budget),
            free=_free(asked.free),
            idle=IDLE,
            hidden=asked.hidden,
        )
        with self._kept.lock:
            if self._state.budget:
                raise LiveGANError("There is a league already; end it and clear its table first.")
            self._kept.set(state)
        self._news()

    def hide(self, hidden: bool) -> None:
        """Hide the table from students until the end, or show it."""
        self._update(hidden=hidden)

    def end(self) -> None:
        """Take no more entries, and show the table."""
        self._update(ended=True)

    def clear(self) -> None:
        """Forget the league; the runs stay."""
        self._kept.forget()
        self._news()

    def replay(self, run: str) -> None:
        """Have an entry trained again from its record, and compared; raises LiveGANError."""
        entry = self._entry(run)
        if entry is None or entry.fid is None:
            raise LiveGANError("Only an entry that has been measured can be replayed.")
        with self._kept.lock:
            self._kept.set(self._state.with_entry(entry.model_copy(update={"replay": BEING_REPLAYED})))
            self._to_replay.append(run)
        self._news()

    def as_csv(self) -> bytes:
        began = {entry.run: self._initial(entry) for entry in self._state.entries}
        return rules.as_csv(self.rows(), began)

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
                raise LiveGANError(f"In this league only {_labels(state.free)} can be chosen.")
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
        """Take a student's own entry out; its run stays. Raises LiveGANError."""
        with self._kept.lock:
            entry = self._entry(run)
            if entry is None or (person.role is Role.STUDENT and entry.student != person.id):
                raise LiveGANError("This is no entry of yours in the league.")
            self._kept.set(self._state.with_entry(entry.model_copy(update={"withdrawn": True})))
        self._news()

    def check_command(self, run: str, command: Command) -> None:
        """Raises LiveGANError if the command would put an entry out of the league, so that nobody does it unawares."""
        state, entry = self._state, self._entry(run)
        if entry is None or entry.withdrawn or entry.fid is not None:
            return
        if isinstance(command, SetKnobs):
            for name in command.values:
                if name in KNOBS and name not in (*state.free, *state.idle):
                    raise LiveGANError(
                        f"{KNOBS[name].label} stays as it is: in this league only {_labels(state.free)} can be turned."
                    )
        if isinstance(command, Step) and command.only is not None:
            raise LiveGANError("In the league both networks learn from every batch.")
        if isinstance(command, Step | Resume) and self._registry.get(run).snapshot().batch >= state.budget:
            raise LiveGANError("This entry has trained its budget; branch from it to go on.")

    # --- what pages are told ---------------------------------------------------------------------------------------

    def rows(self) -> list[Row]:
        state = self._state
        there = {run.name: run.created for run in self._registry.summaries()}
        found = [(one.run, self._record(one) if there.get(one.run) == one.created else None) for one in state.entries]
        return rules.table(state, dict(found))

    def view(self, role: Role) -> dict[str, Any] | None:
        state = self._state
        if role is Role.TEACHER and not state.budget:
            offered = [{"name": name, "label": KNOBS[name].label} for name in FREE]
            bases = [{"name": preset.name, "label": preset.label} for preset in presets.PRESETS]
            most = self._registry.desk_limits.batches
            return {"open": False, "most": most, "knobs": offered, "bases": bases}
        if not state.budget:
            return None
        shown = role is Role.TEACHER or state.ended or not state.hidden
        rows = [_told(row, shown) for row in self.rows()]
        return {
            "open": True, "budget": state.budget, "title": state.title, "hidden": state.hidden, "ended": state.ended,
            "shown": shown, "count": len(rows), "rows": rows if role is Role.TEACHER else rows[:LEAGUE_ROWS],
            "free": [_field(name, state.base[name]) for name in state.free],
        }  # fmt: skip

    def forget(self) -> None:
        self._kept.forget()

    # --- the thread ------------------------------------------------------------------------------------------------

    def _main(self) -> None:
        device.use_one_thread()
        while not self._closing.is_set():
            try:
                self._look()
            except _Closing:
                return
            except Exception:
                log.exception("The league could not be looked at")
            self._wake.wait(LOOK if self._state.budget else None)
            self._wake.clear()

    def _look(self) -> None:
        """Measure an entry that has ended, or replay one if the teacher asks, and tell pages what is new."""
        if self._is_read_only():
            return
        self._tell()
        ended = next((entry for entry in self._state.entries if self._is_to_be_measured(entry)), None)
        if ended is not None:
            self._note(ended, **self._measured(ended))
        elif self._to_replay:
            self._replay(self._to_replay.pop(0))
        else:
            return
        self._tell()
        self._wake.set()  # there may be more

    def _tell(self) -> None:
        told = repr(self.rows())
        if told != self._told:
            self._told = told
            self._changed()

    def _is_to_be_measured(self, entry: Entry) -> bool:
        due = rules.standing(self._state, entry, self._record(entry)) == rules.TO_BE_MEASURED
        return due and self._rests(entry)

    def _measured(self, entry: Entry) -> dict[str, Any]:
        """FID and missing digits of an entry, or why they cannot be had."""
        folder = self._registry.folder / entry.run
        try:
            tensors, settings, batch = weights.newest(folder)
            if batch != self._state.budget:
                return {"problem": "Its last weights are not those of the last batch."}
            real = reference(settings)
            labels = metrics.labels_to_measure(settings, real, IMAGES, SEED)
            generator = weights.generator_of(tensors, settings, networks_file.of_run(folder))
            images = metrics.samples(generator, settings, IMAGES, SEED, labels)
            quality = metrics.measure(images, real, SEED, labels=labels)
        except LiveGANError as error:
            return {"problem": str(error)[:500]}
        return {"fid": quality.fid, "missing": quality.missing}

    def _replay(self, run: str) -> None:
        entry = self._entry(run)
        if entry is not None:
            rests = self._rests(entry)
            self._note(entry, replay=self._replayed(entry)[:500] if rests else "cannot be replayed while it trains")

    def _replayed(self, entry: Entry) -> str:
        folder = self._registry.folder / entry.run

        def progress(_batch: int) -> None:
            if self._closing.is_set():
                raise _Closing

        try:
            verify(folder)
            found = replay_run(folder, progress)
        except LiveGANError as error:
            return f"failed: {error}"
        if not found.passed:
            return f"failed: it differs from batch {found.first_difference or found.batches} on"
        return "passed, bit by bit" if found.exact else f"passed: {found.compared}"

    def _note(self, entry: Entry, **found: Any) -> None:
        with self._kept.lock:
            now = self._entry(entry.run)
            if now is not None and now.created == entry.created:  # it may have been cleared meanwhile
                self._kept.set(self._state.with_entry(now.model_copy(update=found)))

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

    def _news(self) -> None:
        self._changed()
        self._wake.set()

    def _entry(self, run: str) -> Entry | None:
        """The newest entry of a run's name: an older run of this name is gone."""
        return next((one for one in reversed(self._state.entries) if one.run == run), None)

    def _run(self, entry: Entry) -> Run | None:
        try:
            run = self._registry.get(entry.run)
        except RunNotFound:
            return None
        return run if run.run_file.created == entry.created else None

    def _record(self, entry: Entry) -> RunRecord | None:
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

    def _rests(self, entry: Entry) -> bool:
        """Whether the run of an entry is on disk and does not train."""
        run = self._run(entry)
        return run is not None and not run.active

    def _initial(self, entry: Entry) -> dict[str, Any]:
        run = self._run(entry)
        began = {} if run is None else run.run_file.initial_settings.model_dump(mode="json")
        return {name: began.get(name, "") for name in self._state.free}

    def _check_another(self, person: Person) -> int:
        """The number of the student's next entry; raises LiveGANError if there can be none now."""
        own = [entry for entry in self._state.entries if entry.student == person.id]
        if len(own) >= MAX_ENTRIES_EACH or len(self._state.entries) >= MAX_LEAGUE_ENTRIES:
            raise LiveGANError(f"You have entered {len(own)} times; no more entries are taken.")
        for entry in own:
            record = self._record(entry)
            if rules.standing(self._state, entry, record) is not None and self._is_under_way(entry, record):
                raise LiveGANError("Your entry still trains; wait until it is measured, or withdraw it.")
        return len(own) + 1

    def _is_under_way(self, entry: Entry, record: RunRecord | None) -> bool:
        budget = self._state.budget
        ended = record is None or record.state in ("diverged", "failed") or record.batch > budget or entry.problem
        return not (ended or entry.withdrawn)


def _base(preset: presets.Preset, budget: int) -> dict[str, Any]:
    """The settings of a preset as JSON values, with enough epochs for the budget."""
    settings = parse(preset.in_draft())
    images = len(image_sets.load(settings.dataset, settings.split, settings.digits))
    epochs = math.ceil(budget / math.ceil(images / settings.batch_size)) + 1
    values: dict[str, Any] = settings.changed(epochs=max(epochs, Settings().epochs)).model_dump(mode="json")
    return values


def _free(asked: list[str] | None) -> tuple[str, ...]:
    """The knobs that are free; raises LiveGANError. A schedule of the rates turns both, so both are free with it."""
    names = FREE if asked is None else tuple(dict.fromkeys(asked))
    if not names or any(name not in FREE for name in names):
        raise LiveGANError("Choose one knob that students may set, or all of them.")
    both = ("lr_g", "lr_d") if "halve_every" in names else ()
    return tuple(dict.fromkeys((*names, *both)))


def _labels(names: tuple[str, ...]) -> str:
    return "other knobs" if len(names) > 3 else " and ".join(KNOBS[name].label for name in names)


def _field(name: str, value: object) -> dict[str, Any]:
    """A free knob, as a page makes a field of it."""
    knob = KNOBS[name]
    return {
        "name": name, "label": knob.label, "meaning": knob.meaning, "kind": knob.kind, "low": knob.low,
        "high": knob.high, "choices": knob.choices, "unit": knob.unit, "value": value,
    }  # fmt: skip


def _told(row: Row, shown: bool) -> dict[str, Any]:
    """A row for pages; of a hidden table only who takes part and how far each is."""
    entry = row.entry
    told = {"name": entry.name, "run": entry.run, "said": row.said}
    if not shown:
        return told | {"place": None, "fid": None, "missing": [], "said": row.said or "measured", "replay": ""}
    return told | {"place": row.place, "fid": entry.fid, "missing": entry.missing, "replay": entry.replay}
