"""Sends a run to its viewers: one encode a tick and run, whatever their number, and no queue behind a slow one."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from gan import strict_json
from gan.data.grid import grid_png
from gan.quality.scores import Progress, Score
from gan.recording.metric_history import MetricHistory
from gan.runs.open_runs import RunNotFound
from gan.runs.registry import RunRegistry
from gan.runs.run import Run
from gan.runs.run_data import Preview
from gan.runs.snapshot import Snapshot
from gan.server import messages
from gan.server.admission import ADMITTED_A_TICK
from gan.server.live_explanation import LiveExplanation
from gan.server.memory import give_back
from gan.server.messages import Measured
from gan.strict_json import NotJSON

TICK = 0.25  # seconds between the starts of two ticks: at most 4 messages a second
IDLE_TICKS = 8  # a run that rests is looked at on the disk this often (another process may train it)
STILL_TICKS = 4  # one that neither trains nor rests anew tells this often how long it waits

LIST_AGE = 0.25  # seconds for which one listing of the runs serves all who ask
STUCK = 60.0  # seconds; a viewer that has read nothing for so long is let go, and catches up when it is back

Send = Callable[[bytes], Awaitable[None]]
log = logging.getLogger(__name__)


class Viewer:
    """One connection. It is offered a message only when the one before is sent: nothing queues up behind a slow one.

    `behind`: it is new or has missed something, so only a catch-up will do. `new`: it has not been offered any yet.
    """

    def __init__(self, send: Send) -> None:
        self.behind = self.new = True
        self._send = send
        self._message: bytes | None = None
        self._offered = 0.0  # when, by the event loop's clock
        self._patience = asyncio.timeout(None)  # one for all messages: a timer for each was a sixth of their cost
        self._farewell: bytes | None = None
        self._wake = asyncio.Event()

    @property
    def busy(self) -> bool:
        return self._message is not None

    def offer(self, message: bytes, now: float) -> None:
        self._message, self.behind, self.new = message, False, False
        self._offered = now
        self._wake.set()

    def let_go_if_stuck(self, now: float) -> None:
        """Make `serve` raise TimeoutError if the viewer has read nothing for a long time."""
        if self.busy and now - self._offered > STUCK:
            with contextlib.suppress(RuntimeError):  # it is just leaving
                self._patience.reschedule(now)

    def end(self, farewell: bytes) -> None:
        """Make `serve` return after it has sent the current message and this one (b"": none)."""
        self._farewell = farewell
        self._wake.set()

    async def serve(self) -> None:
        """Send what is offered; raises TimeoutError if the other side takes nothing for long."""
        async with self._patience:
            while self._message is not None or self._farewell is None:
                await self._wake.wait()
                self._wake.clear()
                if self._message is not None:
                    await self._send(self._message)
                    self._message = None
        if self._farewell:
            async with asyncio.timeout(STUCK):
                await self._send(self._farewell)


async def tick_while_watched(
    viewers: dict[Viewer, None], tick: Callable[[], Awaitable[None]], interval: Callable[[], float]
) -> None:
    """Tick until the last viewer has left, with `interval()` seconds between the starts of two ticks."""
    now = asyncio.get_running_loop().time
    while viewers:
        started = now()
        await tick()
        await asyncio.sleep(max(0.0, started + interval() - now()))


class Channel:
    """The viewers of one run, and where the shared stream stands. Lives while it has viewers."""

    def __init__(self, registry: RunRegistry, name: str) -> None:
        self.registry = registry
        self.name = name
        self.viewers: dict[Viewer, None] = {}  # in the order in which they came
        self._run: Run | None = None
        self._published: Snapshot | None = None
        self._series: MetricHistory | None = None  # a run that returns to a checkpoint gets a new one
        self._last: Snapshot | None = None
        self._measured = Measured((), Progress())
        self._explanation = LiveExplanation()
        self._grid: bytes | None = None
        self._grid_batch = -1
        self._grid_of: Preview | Run | None = None
        self._ticks = 0

    async def run(self) -> None:
        """Tick until the last viewer has left."""
        farewell = b""
        try:
            await tick_while_watched(self.viewers, self._tick, lambda: TICK)
        except RunNotFound as error:
            farewell = messages.gone(str(error))
        except NotJSON as error:
            log.exception("Run %s cannot be shown", self.name)
            farewell = messages.gone(f"Run {self.name} cannot be shown: {error}.")
        except Exception:
            log.exception("The live stream of run %s broke off", self.name)  # its viewers come back by themselves
        for viewer in self.viewers:
            viewer.end(farewell)

    async def _tick(self) -> None:
        run = await self._current()
        if self._ticks % STILL_TICKS and self._is_still(run):
            return
        self._published = run.published
        fresh_grid = self._has_fresh_grid(run) and await asyncio.to_thread(self._refresh_grid, run)
        series, now = run.series, run.snapshot()
        if len(series) < now.batch:  # it goes back to a checkpoint at this very moment
            return
        if now.state == "running":
            run.want_preview()
        scores = run.scores.all
        await self._explanation.refresh(run, series, now, scores)
        measured = Measured(scores, run.scores.progress, self._explanation.newest)
        news = self._news(series, now, measured, fresh_grid)
        self._series, self._last, self._measured = series, now, measured
        late = self._offer(news)
        if late:
            rows = series.rows(0, now.batch)
            catchup = await asyncio.to_thread(messages.catchup, now, rows, measured, self._grid, self._grid_batch)
            clock = asyncio.get_running_loop().time()
            for viewer in late:
                viewer.offer(catchup, clock)

    def _offer(self, news: bytes | None) -> list[Viewer]:
        """Offer news to all who are up to date; those for whom only a catch-up will do, newcomers a few at a time."""
        late, newcomers = [], []
        clock = asyncio.get_running_loop().time()
        for viewer in self.viewers:
            if viewer.new:
                newcomers.append(viewer)
            elif viewer.busy:
                viewer.behind = viewer.behind or news != b""
                viewer.let_go_if_stuck(clock)
            elif viewer.behind or news is None:
                late.append(viewer)
            elif news:
                viewer.offer(news, clock)
        return late + newcomers[:ADMITTED_A_TICK]

    def _is_still(self, run: Run) -> bool:
        """Whether nothing of the run is new and nobody waits for a message: of 30 runs in turns most stand still."""
        return (
            run.published is self._published
            and not self._has_fresh_grid(run)
            and (run.scores.all, run.scores.progress) == self._measured[:2]
            and not any(viewer.new or viewer.behind or viewer.busy for viewer in self.viewers)
        )

    async def _current(self) -> Run:
        self._ticks += 1
        run = self._run
        if run is None or (not run.active and self._ticks % IDLE_TICKS == 0):
            run = self._run = await asyncio.to_thread(self.registry.get, self.name)
        return run

    def _news(self, series: MetricHistory, now: Snapshot, measured: Measured, fresh_grid: bool) -> bytes | None:
        """The message for all who are up to date: b"" if nothing is new, None if only a catch-up will do."""
        last = self._last
        if now == last and measured == self._measured and not fresh_grid:
            return b""
        if last is None or series is not self._series or now.batch - last.batch > messages.MAX_DELTA:
            return None
        scores = _added(self._measured.scores, measured.scores)
        if now.marks[: len(last.marks)] != last.marks or scores is None:
            return None
        rows = series.rows(last.batch, now.batch)
        marks = now.marks[len(last.marks) :]
        explained = None if measured.explanation is self._measured.explanation else measured.explanation
        told = measured._replace(scores=scores, explanation=explained)
        return messages.delta(now, last.batch, rows, marks, told, self._grid if fresh_grid else None, self._grid_batch)

    def _has_fresh_grid(self, run: Run) -> bool:
        """Whether there are newer images than those that were sent last."""
        source, batch = _images_of(run)
        return source is not self._grid_of or batch != self._grid_batch

    def _refresh_grid(self, run: Run) -> bool:
        """Take the newest images; whether they differ from what was sent last."""
        source, batch = _images_of(run)
        grid = grid_png(source.images) if isinstance(source, Preview) else source.grid(None)
        fresh = grid is not None and (grid, batch) != (self._grid, self._grid_batch)
        self._grid, self._grid_batch, self._grid_of = grid, batch, source
        return fresh


def _images_of(run: Run) -> tuple[Preview | Run, int]:
    """Where a run's newest images are, and the batch after which they were made."""
    preview = run.preview  # a run that rests since it was opened has only those of its last checkpoint
    return (run, run.published.batch) if preview is None else (preview, preview.batch)


def _added(before: tuple[Score, ...], now: tuple[Score, ...]) -> tuple[Score, ...] | None:
    """The scores that have come since; None if some have gone."""
    if now is before:
        return ()
    return tuple(set(now) - set(before)) if set(now).issuperset(before) else None


class Listing(NamedTuple):
    """The list of runs as JSON; `revision` grows with everything in it but the mere progress of training."""

    text: str
    facts: tuple[object, ...]
    revision: int


class Hub:
    """All channels of the server, and the list of runs."""

    def __init__(self, registry: RunRegistry) -> None:
        self.registry = registry
        self._channels: dict[str, Channel] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._listed = -LIST_AGE
        self._listing = Listing("", (), 0)
        self._listing_lock = asyncio.Lock()

    def join(self, name: str, send: Send) -> Viewer:
        viewer = Viewer(send)
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = Channel(self.registry, name)
            task = asyncio.create_task(self._serve(channel))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        channel.viewers[viewer] = None
        return viewer

    def leave(self, name: str, viewer: Viewer) -> None:
        if name in self._channels:
            self._channels[name].viewers.pop(viewer, None)

    async def listing(self) -> Listing:
        """The list of runs, made once for all who ask within LIST_AGE."""
        async with self._listing_lock:
            if time.monotonic() - self._listed >= LIST_AGE:
                self._listing = await asyncio.to_thread(_list_runs, self.registry, self._listing)
                self._listed = time.monotonic()
        return self._listing

    async def close(self) -> None:
        """End all channels."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, channel: Channel) -> None:
        try:
            await channel.run()
        finally:
            del self._channels[channel.name]
        await asyncio.to_thread(give_back)  # what many viewers took


def _list_runs(registry: RunRegistry, before: Listing) -> Listing:
    runs = registry.summaries()
    text = strict_json.dumps({"runs": [dataclasses.asdict(run) for run in runs], "read_only": registry.read_only})
    facts = (
        *(dataclasses.replace(run, batch=0, epoch=0, seconds=0.0, updated=0.0, size=0) for run in runs),
        registry.read_only,
    )
    return Listing(text, facts, before.revision + (facts != before.facts))
