"""Computes views for those who watch them: each once for all, and never more than a share of one core's time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from statistics import median_low
from typing import Any

from gan.errors import Busy, LiveGANError
from gan.limits import MAX_VIEW_CHANNELS, MAX_VIEW_COMPUTATIONS
from gan.recording.atomic_files import DamagedRun
from gan.runs.open_runs import RunNotFound
from gan.runs.registry import RunRegistry
from gan.runs.run import Run
from gan.server import messages
from gan.server.admission import ADMITTED_A_TICK
from gan.server.broadcast import Send, Viewer, tick_while_watched
from gan.server.moments import Moments, Version, version_of
from gan.server.worker_pool import WorkerPool
from gan.training import device
from gan.views.catalogue import VIEWS
from gan.views.figures import Figures, missing
from gan.views.moment import Moment

TICK = 0.35  # seconds between the starts of two computations of a view: at most 3 messages a second
# Of one core's time, how much all views together may be computed in; they are computed less often instead. It is at
# most 3 % of what all cores have, so that training loses no more where every core is busy. On a busy machine a
# computation takes longer, so there are fewer of them.
SHARE = min(0.1, 0.03 * device.CORES)
LONGEST = 5.0  # seconds; what is watched moves at least this often
IDLE_TICKS = 6  # a run that rests is looked at on the disk this often (another process may train it)
REMEMBERED = 64  # answers about old epochs that are kept
SMALL = 200_000  # bytes of such an answer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """Which figures somebody wants: those of a view with some parameters."""

    view: str
    parameters: Hashable

    @property
    def needs_moments(self) -> bool:
        return VIEWS[self.view].moments

    def compute(self, moment: Moment) -> tuple[bytes, float]:
        """The message about a moment, and the seconds that it took."""
        began = time.monotonic()
        figures = self._figures(moment)
        header = {"type": "view", "view": self.view, "batch": moment.batch, "epoch": moment.epoch}
        message = messages.encode(header | figures.values, dict(figures.arrays))
        return message, time.monotonic() - began

    def _figures(self, moment: Moment) -> Figures:
        try:
            return VIEWS[self.view].compute(moment, self.parameters)
        except LiveGANError as error:
            return missing(str(error))


class ViewChannel:
    """Those who watch one view of one run. Lives while it has viewers."""

    def __init__(self, hub: ViewHub, name: str, wanted: Wanted) -> None:
        self.hub = hub
        self.name = name
        self.wanted = wanted
        self.viewers: dict[Viewer, None] = {}  # in the order in which they came
        self._times = hub.times_of(name, wanted)
        self._run: Run | None = None
        self._message = b""
        self._version: tuple[int, Version] | None = None  # which run, and what of it the message shows
        self._ticks = 0

    @property
    def cost(self) -> float:
        """Seconds of a computation; the first one, which may read data or make what is kept, says nothing of others."""
        return median_low(self._times) if len(self._times) > 1 else 0.0

    async def run(self) -> None:
        """Tick until the last viewer has left."""
        farewell = b""
        try:
            await tick_while_watched(self.viewers, self._tick, self.hub.interval)
        except RunNotFound as error:
            farewell = messages.gone(str(error))
        except Exception:
            log.exception("The view %s of run %s broke off", self.wanted.view, self.name)  # its viewers come back
        for viewer in self.viewers:
            viewer.end(farewell)

    async def _tick(self) -> None:
        run = self._run
        self._ticks += 1
        if run is None or (not run.active and self._ticks % IDLE_TICKS == 0):
            run = self._run = await asyncio.to_thread(self.hub.registry.get, self.name)
        fresh = await self._refresh(run)
        clock = asyncio.get_running_loop().time()
        newcomers = 0
        for viewer in self.viewers:
            newcomers += viewer.new
            if viewer.busy:
                viewer.behind = viewer.behind or fresh
                viewer.let_go_if_stuck(clock)
            elif self._message and (fresh or viewer.behind) and not (viewer.new and newcomers > ADMITTED_A_TICK):
                viewer.offer(self._message, clock)

    async def _refresh(self, run: Run) -> bool:
        """Compute the view anew if the run has changed; whether it did."""
        if self._version == (id(run), version_of(run)):
            return False
        try:
            version, moment = await self.hub.moments.newest(run, moments=self.wanted.needs_moments)
        except Busy:
            return False  # the next tick tries again
        except LiveGANError as error:  # it has no weights yet
            refusal = _refusal(self.wanted, error)
            fresh, self._message = refusal != self._message, refusal
            return fresh
        if self._version == (id(run), version):  # these are the weights of a moment ago
            return False
        try:
            self._message, seconds = await self.hub.computations.run(self.wanted.compute, moment)
        except Busy:
            return False
        self._times.append(seconds)
        self._version = id(run), version
        return True


class ViewHub:
    """All channels of views, and the thread that computes them."""

    def __init__(self, registry: RunRegistry) -> None:
        self.registry = registry
        self.moments = Moments()
        self.computations = WorkerPool("views", 1, MAX_VIEW_COMPUTATIONS, "views", device.use_one_thread)
        self._channels: dict[tuple[str, Wanted], ViewChannel] = {}
        self._times: dict[tuple[str, Wanted], deque[float]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers: dict[tuple[Any, ...], bytes] = {}  # about old epochs, the last asked for at the end

    def join(self, name: str, wanted: Wanted, send: Send) -> Viewer:
        """Raises `Busy`."""
        key = name, wanted
        channel = self._channels.get(key)
        if channel is None:
            if len(self._channels) >= MAX_VIEW_CHANNELS:
                raise Busy(f"{MAX_VIEW_CHANNELS} different views are being watched already; try again in a moment.")
            channel = self._channels[key] = ViewChannel(self, name, wanted)
            task = asyncio.create_task(self._serve(key, channel))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        viewer = Viewer(send)
        channel.viewers[viewer] = None
        return viewer

    def leave(self, name: str, wanted: Wanted, viewer: Viewer) -> None:
        channel = self._channels.get((name, wanted))
        if channel is not None:
            channel.viewers.pop(viewer, None)

    def interval(self) -> float:
        """Seconds between the starts of two computations of one channel."""
        return max(TICK, min(LONGEST, sum(channel.cost for channel in self._channels.values()) / SHARE))

    def times_of(self, name: str, wanted: Wanted) -> deque[float]:
        """Seconds of the last computations of a view; of those who come back, they are still known."""
        key = name, wanted
        times = self._times[key] = self._times.pop(key, deque(maxlen=3))
        for old in list(self._times)[:-MAX_VIEW_CHANNELS]:
            self._times.pop(old)
        return times

    async def answer(self, run: Run, wanted: Wanted, epoch: int | None) -> bytes:
        """The message about an epoch (None: the newest weights); raises `LiveGANError`."""
        if epoch is None:
            _, newest = await self.moments.newest(run, moments=wanted.needs_moments)
            return (await self.computations.run(wanted.compute, newest))[0]
        now = run.snapshot()
        key = (id(run), now.course, epoch, wanted)
        if key in self._answers:
            answer = self._answers.pop(key)
        else:
            try:
                moment = await self.moments.of_epoch(run, epoch)
            except DamagedRun as error:  # nothing is kept of it: an answer like others, since replays pass such epochs
                return _refusal(wanted, error)
            answer, _ = await self.computations.run(wanted.compute, moment)
        if epoch <= now.epoch and len(answer) < SMALL:
            self._answers[key] = answer
            for old in list(self._answers)[:-REMEMBERED]:
                self._answers.pop(old)
        return answer

    async def close(self) -> None:
        """End all channels."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.computations.close()

    async def _serve(self, key: tuple[str, Wanted], channel: ViewChannel) -> None:
        try:
            await channel.run()
        finally:
            del self._channels[key]


def _refusal(wanted: Wanted, error: LiveGANError) -> bytes:
    return messages.encode({"type": "view", "view": wanted.view, "batch": 0, "epoch": 0, "missing": str(error)}, {})
