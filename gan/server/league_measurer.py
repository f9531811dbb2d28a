"""Measures the entries of a league whose runs have ended, and trains those again that the teacher wants to be sure of.

One thread does it, one entry after another, and gives way to the threads that train.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gan.classroom import league as rules
from gan.classroom.kept import Kept
from gan.classroom.league import Entry, LeagueState
from gan.errors import LiveGANError
from gan.quality import metrics
from gan.quality.reference import reference
from gan.recording import networks_file, weights
from gan.recording.replay import replay_run
from gan.runs.verify import verify
from gan.server.league_records import EntryRecords
from gan.training import device

LOOK = 1.0  # seconds between two looks at the entries
IMAGES, SEED = 10_000, 0  # of a measurement
BEING_REPLAYED = "is being replayed"
log = logging.getLogger(__name__)


class _Closing(Exception):
    """The server ends."""


class LeagueMeasurer:
    """Looks at the entries once a second while there is a league."""

    def __init__(
        self,
        folder: Path,
        kept: Kept[LeagueState],
        records: EntryRecords,
        changed: Callable[[], None],
        is_read_only: Callable[[], bool],
    ) -> None:
        """`folder`: of the runs. `changed` is called when pages should be told anew."""
        self._folder = folder
        self._kept = kept
        self._records = records
        self._changed = changed
        self._is_read_only = is_read_only
        self._to_replay: list[str] = []
        self._told = ""
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._main, name="league", daemon=True)

    def start(self) -> None:
        self._to_replay = [entry.run for entry in self._kept.state.entries if entry.replay == BEING_REPLAYED]
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def look(self) -> None:
        """Look now: something is new."""
        self._wake.set()

    def replay(self, entry: Entry) -> None:
        """Have an entry that has been measured trained again from its record, and compared."""
        with self._kept.lock:
            self._note(entry, replay=BEING_REPLAYED)
            self._to_replay.append(entry.run)
        self.look()

    # --- the thread ------------------------------------------------------------------------------------------------

    def _main(self) -> None:
        device.use_one_thread()
        with contextlib.suppress(OSError, AttributeError):  # Linux lets a single thread be nice
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)
        while not self._closing.is_set():
            try:
                self._look()
            except _Closing:
                return
            except Exception:
                log.exception("The league could not be looked at")
            self._wake.wait(LOOK if self._kept.state.budget else None)
            self._wake.clear()

    def _look(self) -> None:
        """Measure an entry that has ended, or replay one if the teacher asks, and tell pages what is new."""
        if self._is_read_only():
            return
        self._tell()
        ended = next((entry for entry in self._kept.state.entries if self._is_to_be_measured(entry)), None)
        if ended is not None:
            found = self._measured(ended)
            if "fid" in found or self._records.of(ended) is not None:  # else its run was deleted meanwhile
                self._note(ended, **found)
        elif self._to_replay:
            self._replay(self._to_replay.pop(0))
        else:
            return
        self._tell()
        self._wake.set()  # there may be more

    def _tell(self) -> None:
        told = repr(self._records.table(self._kept.state))
        if told != self._told:
            self._told = told
            self._changed()

    def _is_to_be_measured(self, entry: Entry) -> bool:
        due = rules.standing(self._kept.state, entry, self._records.of(entry)) == rules.TO_BE_MEASURED
        return due and self._records.rests(entry)

    def _measured(self, entry: Entry) -> dict[str, Any]:
        """FID and missing digits of an entry, or why they cannot be had."""
        folder = self._folder / entry.run
        try:
            tensors, settings, batch = weights.newest(folder)
            if batch != self._kept.state.budget:
                return {"problem": "Its last weights are not those of the last batch."}
            real = reference(settings)
            labels = metrics.labels_to_measure(settings, real, IMAGES, SEED)
            generator = weights.generator_of(tensors, settings, networks_file.of_run(folder))
            images = metrics.samples(generator, settings, IMAGES, SEED, labels)
            quality = metrics.measure(images, real, SEED, labels=labels)
        except LiveGANError as error:
            return {"problem": str(error)[:500]}
        except Exception:  # or this entry would be tried for ever, and none behind it
            log.exception("Entry %s could not be measured", entry.run)
            return {"problem": "It could not be measured; the server's log says why."}
        return {"fid": quality.fid, "missing": quality.missing}

    def _replay(self, run: str) -> None:
        entry = self._kept.state.entry(run)
        if entry is not None:
            rests = self._records.rests(entry)
            self._note(entry, replay=self._replayed(entry)[:500] if rests else "cannot be replayed while it trains")

    def _replayed(self, entry: Entry) -> str:
        folder = self._folder / entry.run

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
            now = self._kept.state.entry(entry.run)
            if now is not None and now.created == entry.created:  # it may have been cleared meanwhile
                self._kept.set(self._kept.state.with_entry(now.model_copy(update=found)))
