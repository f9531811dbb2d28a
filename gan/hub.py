"""Sends a run to its viewers: one encode a tick and run, whatever their number, and no queue behind a slow one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from gan import frames
from gan.images import grid_png
from gan.lab import Lab, LabError
from gan.run import Preview, Run
from gan.snapshot import Snapshot

TICK = 0.25  # seconds: at most 4 messages a second
IDLE_TICKS = 8  # a run that rests is looked at on the disk this often (another process may train it)

Send = Callable[[bytes], Awaitable[None]]
log = logging.getLogger(__name__)


@dataclass(eq=False)
class Viewer:
    """One connection. `pending` is its mailbox of one: a message not yet taken is replaced, never queued behind."""

    send: Send
    pending: bytes | None = None
    new: bool = True
    last: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, message: bytes, *, last: bool = False) -> None:
        """Put a message into the mailbox; after the `last` one the connection ends."""
        if message:
            self.pending, self.new, self.last = message, False, last
            self.wake.set()

    async def serve(self) -> None:
        """Send what is put into the mailbox."""
        while not self.last or self.pending is not None:
            await self.wake.wait()
            self.wake.clear()
            message, self.pending = self.pending, None
            if message is not None:
                await self.send(message)


class Channel:
    """The viewers of one run, and where the shared stream stands. Lives while it has viewers."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab = lab
        self.name = name
        self.viewers: set[Viewer] = set()
        self._run: Run | None = None
        self._last: Snapshot | None = None
        self._grid: bytes | None = None
        self._grid_batch = -1
        self._preview: Preview | None = None
        self._ticks = 0

    async def run(self) -> None:
        """Tick until the last viewer has left."""
        while self.viewers:
            try:
                await self._tick()
            except LabError as error:
                for viewer in self.viewers:
                    viewer.offer(frames.gone(str(error)), last=True)
                return
            except Exception:
                log.exception("The live stream of run %s skipped a tick", self.name)
            await asyncio.sleep(TICK)

    async def _tick(self) -> None:
        run = await self._current()
        fresh_grid = await asyncio.to_thread(self._refresh_grid, run)
        now = run.snapshot()
        last, self._last = self._last, now
        run.preview_wanted = now.state == "running"
        news = self._delta(run, last, now, fresh_grid)
        catchup: bytes | None = None
        for viewer in list(self.viewers):
            slow = viewer.pending is not None  # it has not even taken the last one: that one is dropped
            if not (viewer.new or slow or news is None):
                viewer.offer(news)
            elif news != b"" or viewer.new:
                if catchup is None:
                    rows = run.series.rows(0, now.batch)
                    catchup = await asyncio.to_thread(frames.catchup, now, rows, self._grid, self._grid_batch)
                viewer.offer(catchup)

    async def _current(self) -> Run:
        self._ticks += 1
        run = self._run
        if run is None or (not run.active and self._ticks % IDLE_TICKS == 0):
            run = await asyncio.to_thread(self.lab.get, self.name)
            if run is not self._run:
                self._run, self._last, self._grid_batch = run, None, -1
        return run

    def _delta(self, run: Run, last: Snapshot | None, now: Snapshot, fresh_grid: bool) -> bytes | None:
        """The message for all who hold `last`: b"" if nothing is new, None if only a catch-up will do."""
        if last is None or now.batch < last.batch or now.batch - last.batch > frames.MAX_DELTA:
            return None
        if now.marks[: len(last.marks)] != last.marks:
            return None
        if not fresh_grid and (now.batch, now.revision, now.message) == (last.batch, last.revision, last.message):
            return b""
        rows = run.series.rows(last.batch, now.batch)
        marks = now.marks[len(last.marks) :]
        return frames.delta(now, last.batch, rows, marks, self._grid if fresh_grid else None, self._grid_batch)

    def _refresh_grid(self, run: Run) -> bool:
        """Encode the newest images if they are newer than what was sent last."""
        preview = run.preview
        if preview is not None:
            if preview is self._preview:
                return False
            self._preview = preview
            self._grid, self._grid_batch = grid_png(preview.images), preview.batch
            return True
        batch = run.snapshot().batch
        if batch == self._grid_batch:
            return False
        self._grid, self._grid_batch = run.grid(None), batch
        return self._grid is not None


class Hub:
    """All channels of the server."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._channels: dict[str, Channel] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def join(self, name: str, send: Send) -> Viewer:
        viewer = Viewer(send)
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = Channel(self.lab, name)
            channel.viewers.add(viewer)
            task = asyncio.create_task(self._serve(channel))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        channel.viewers.add(viewer)
        return viewer

    def leave(self, name: str, viewer: Viewer) -> None:
        if name in self._channels:
            self._channels[name].viewers.discard(viewer)

    async def _serve(self, channel: Channel) -> None:
        await channel.run()
        del self._channels[channel.name]
