"""The wall: who is in the room, and what each desk's newest run is doing, told to the pages that look at it.

A message is made once for all of them, of what has changed since the last one: the desks as JSON, and the images of all
that have newer ones in one picture. While nobody looks, nothing is looked at.
"""

from __future__ import annotations

import asyncio
import dataclasses
import io
import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan.classroom.classroom import Classroom
from gan.classroom.people import Person
from gan.data.grid import reduced_grid
from gan.errors import LiveGANError
from gan.runs.registry import RunRegistry
from gan.runs.run import Run
from gan.runs.summary import RunSummary
from gan.server import messages
from gan.server.broadcast import Send, Viewer, tick_while_watched

TICK = 2.0  # seconds between two messages: forty desks that train give a browser one picture and one layout in each
MOVES = 2  # of its knobs that are told of a desk, the last ones
SHARP = 20  # desks on a screen whose images are larger than half their size
COLUMNS = 8  # of the picture with the images of many desks
QUALITY = 85  # of it, a JPEG: a PNG takes three times as many bytes, and as much longer to make and to read
AWAKE = ("running", "paused", "queued")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Images:
    """A desk's images, side x side grey pixels; `key` tells them from others."""

    key: tuple[object, ...]
    pixels: NDArray[np.uint8] = field(compare=False)


@dataclass(frozen=True)
class Shown:
    """What the wall shows of a desk: what is told in words, and its images."""

    told: dict[str, Any]
    images: Images | None


class Wall:
    """Belongs to the event loop; what takes time is done in another thread."""

    def __init__(self, registry: RunRegistry, classroom: Classroom) -> None:
        self._registry = registry
        self._classroom = classroom
        self._viewers: dict[Viewer, None] = {}
        self._shown: dict[str, Shown] = {}  # by desk, in the order in which students joined
        self._task: asyncio.Task[None] | None = None

    async def serve(self, send: Send) -> None:
        """Tell a page the whole wall, and then what changes, until it is cancelled."""
        viewer = Viewer(send)
        self._viewers[viewer] = None
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        try:
            await viewer.serve()
        finally:
            self._viewers.pop(viewer, None)

    @property
    def busy(self) -> bool:
        """Whether it looks at the desks, because somebody looks at it."""
        return self._task is not None

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            await tick_while_watched(self._viewers, self._tick, lambda: TICK)
        except Exception:
            log.exception("The wall broke off")  # its pages come back by themselves
        finally:
            self._task, self._shown = None, {}
        for viewer in self._viewers:
            viewer.end(b"")

    async def _tick(self) -> None:
        newcomers = any(viewer.behind for viewer in self._viewers)
        news, whole = await asyncio.to_thread(self._look, newcomers)
        clock = asyncio.get_running_loop().time()
        for viewer in self._viewers:
            if viewer.busy:
                viewer.behind = viewer.behind or news != b""
                viewer.let_go_if_stuck(clock)
            elif not viewer.behind and news:
                viewer.offer(news, clock)
            elif viewer.behind and whole:
                viewer.offer(whole, clock)

    # --- in another thread -----------------------------------------------------------------------------------------

    def _look(self, newcomers: bool) -> tuple[bytes, bytes]:
        """What is new (b"": nothing), and, if there are newcomers, the whole wall."""
        before, now = self._shown, self._desks()
        self._shown = now
        changed = {desk: shown for desk, shown in now.items() if before.get(desk) != shown}
        fresh = {
            desk for desk, shown in changed.items() if (old := before.get(desk)) is None or old.images != shown.images
        }
        news = _message(list(now), changed, fresh) if changed or list(now) != list(before) else b""
        return news, _message(list(now), now, set(now)) if newcomers else b""

    def _desks(self) -> dict[str, Shown]:
        students = self._classroom.students()
        newest = newest_of_desks(self._registry)
        shrink = 1 if len(students) <= SHARP else 2
        return {student.id: self._desk(student, newest.get(student.id), shrink) for student in students}

    def _desk(self, student: Person, summary: RunSummary | None, shrink: int) -> Shown:
        told: dict[str, Any] = {
            "id": student.id, "name": student.name, "here": self._classroom.presence.is_here(student.id), "run": None,
        }  # fmt: skip
        if summary is None:
            return Shown(told, None)
        told["run"] = run = {
            "name": summary.name, "title": summary.title, "state": summary.state, "epoch": summary.epoch,
            "fid": summary.fid, "fid_epoch": summary.fid_epoch, "moves": [],
        }  # fmt: skip
        try:
            found = self._registry.get(summary.name)
        except LiveGANError:  # it is damaged, or was deleted just now
            return Shown(told, None)
        if found.active:
            found.want_preview()
        if found.scores.all:
            run |= {"fid": found.scores.all[-1].quality.fid, "fid_epoch": found.scores.all[-1].epoch}
        run["moves"] = [dataclasses.asdict(mark) for mark in found.snapshot().marks[-MOVES:]]
        return Shown(told, self._images(student.id, found, summary, shrink))

    def _images(self, desk: str, run: Run, summary: RunSummary, shrink: int) -> Images | None:
        """The newest images of a run; those that are on the wall already are not made again."""
        preview = run.preview
        batch = summary.batch if preview is None else preview.batch
        key = (shrink, run.name, summary.created, summary.course, preview is None, batch)
        before = self._shown.get(desk)
        if before is not None and before.images is not None and before.images.key == key:
            return before.images
        try:
            pixels = reduced_grid(preview.images, shrink) if preview is not None else _saved(run, shrink)
        except (LiveGANError, OSError):  # its files are damaged, or have just gone
            pixels = None
        return None if pixels is None else Images(key, pixels)


def newest_of_desks(registry: RunRegistry) -> dict[str, RunSummary]:
    """The run of each desk that is at work, else the newest one."""
    newest: dict[str, RunSummary] = {}
    for summary in registry.summaries():  # the newest first
        if summary.desk is not None:
            before = newest.get(summary.desk.id)
            if before is None or (summary.state in AWAKE and before.state not in AWAKE):
                newest[summary.desk.id] = summary
    return newest


def _saved(run: Run, shrink: int) -> NDArray[np.uint8] | None:
    """The images of the last checkpoint, or of the newest epoch; None if there are none."""
    from PIL import Image

    png = run.grid(None) or run.grid(run.snapshot().grids)
    if png is None:
        return None
    picture = Image.open(io.BytesIO(png)).convert("L")
    return np.asarray(picture.reduce(shrink) if shrink > 1 else picture)


def _message(order: list[str], desks: dict[str, Shown], fresh: set[str]) -> bytes:
    """The desks of the wall in order, those that have changed, and one picture with the images that are `fresh`.

    `images` names the desks whose images are in the picture, row by row; a desk that is fresh and not among them has
    none.
    """
    images = {desk: shown.images.pixels for desk, shown in desks.items() if desk in fresh and shown.images is not None}
    header = {
        "type": "wall", "order": order, "desks": [shown.told for shown in desks.values()], "images": list(images),
        "blank": [desk for desk, shown in desks.items() if shown.images is None], "columns": COLUMNS,
    }  # fmt: skip
    return messages.encode(header, {"picture": _picture(list(images.values()))} if images else {})


def _picture(images: list[NDArray[np.uint8]]) -> bytes:
    """Equally large images beside each other, COLUMNS in a row, as a JPEG."""
    from PIL import Image

    side = len(images[0])
    rows = -(-len(images) // COLUMNS)
    sheet = np.zeros((rows * side, min(len(images), COLUMNS) * side), np.uint8)
    for number, image in enumerate(images):
        row, column = divmod(number, COLUMNS)
        sheet[row * side : (row + 1) * side, column * side : (column + 1) * side] = image
    out = io.BytesIO()
    Image.fromarray(sheet).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
