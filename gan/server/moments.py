"""The networks of runs as views need them: copied from a run's thread, or read from its files, once for all who ask."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from functools import partial
from weakref import WeakKeyDictionary

from gan.errors import prefixed
from gan.recording.atomic_files import DamagedRun
from gan.runs.run import Run
from gan.server.trainer_peek import peek
from gan.settings import Settings
from gan.training.trainer import Trainer
from gan.views import moment
from gan.views.moment import Captured, Moment

FRESH = 0.3  # seconds for which the weights of a training run serve all views
# Of the training thread's time, how much goes into copying weights; those of large networks are older instead.
COPYING = 0.01

Version = tuple[int, Settings, int]  # of a run: changes whenever its networks may have changed


class Moments:
    """The newest moment of each run, and the last old one that somebody asked for."""

    def __init__(self) -> None:
        # of each run: until when it is fresh, its version, the moment, and whether it has all that there is of it
        self._newest: WeakKeyDictionary[Run, tuple[float, Version, Moment, bool]] = WeakKeyDictionary()
        # looks that are under way, with the moments of the optimisers (True) and without
        self._looking: dict[bool, WeakKeyDictionary[Run, asyncio.Task[tuple[Version, Moment]]]] = {
            True: WeakKeyDictionary(), False: WeakKeyDictionary(),
        }  # fmt: skip
        self._old: WeakKeyDictionary[Run, tuple[tuple[int, int], Moment]] = WeakKeyDictionary()

    async def newest(self, run: Run, *, moments: bool = False) -> tuple[Version, Moment]:
        """The networks as they are now; of a run that trains they may be FRESH seconds old.

        Args:
            moments: with those of the optimisers.

        Raises:
            Busy: too many wait for this run already. DamagedRun: none are on disk.
        """
        if run in self._newest:
            fresh_until, version, known, whole = self._newest[run]
            fresh = version == version_of(run) or (run.active and time.monotonic() < fresh_until)
            if fresh and (whole or not moments):
                return version, known
        look = self._looking[True].get(run) or self._looking[moments].get(run)
        if look is None:
            look = self._looking[moments][run] = asyncio.create_task(self._look(run, moments))
        return await asyncio.shield(look)  # those who ask meanwhile share it

    async def of_epoch(self, run: Run, epoch: int) -> Moment:
        """The last kept epoch up to this one; raises `DamagedRun`."""
        key = epoch, run.snapshot().course
        if run not in self._old or self._old[run][0] != key:
            with prefixed("This epoch cannot be shown", DamagedRun):
                self._old[run] = key, await asyncio.to_thread(_of_epoch, run, epoch)
        return self._old[run][1]

    async def _look(self, run: Run, moments: bool) -> tuple[Version, Moment]:
        try:
            version = version_of(run)
            seconds = 0.0
            looked = await peek(run, partial(_capture, moments=moments))
            if looked is not None:
                captured, seconds = looked
                version = (version[0], version[1], captured.batch)
                found = await asyncio.to_thread(moment.of_captured, captured)
            else:
                with prefixed("The run has no weights to show", DamagedRun):
                    found = await asyncio.to_thread(_newest, run)
            found = replace(found, history=run.health.all)
            self._newest[run] = (
                time.monotonic() + max(FRESH, seconds / COPYING),
                version,
                found,
                moments or looked is None,
            )
            return version, found
        finally:
            self._looking[moments].pop(run, None)


def version_of(run: Run) -> Version:
    now = run.snapshot()
    return now.course, now.settings, now.batch


def _capture(trainer: Trainer, *, moments: bool) -> tuple[Captured, float]:
    """The weights, and the seconds that the run's thread took to copy them."""
    began = time.monotonic()
    return moment.capture(trainer, moments=moments), time.monotonic() - began


def _newest(run: Run) -> Moment:
    return moment.newest(run.folder, run.run_file.initial_settings, run.record.so_far())


def _of_epoch(run: Run, epoch: int) -> Moment:
    found = moment.of_epoch(run.folder, epoch, run.run_file.initial_settings, run.record.so_far())
    end = epoch * run.snapshot().batches_per_epoch
    return replace(found, history=tuple(point for point in run.health.all if point.batch <= end))
