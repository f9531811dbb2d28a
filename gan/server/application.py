"""All that the server holds while it runs, in one object: the lifespan opens it and closes it, a test makes one anew.

Streamlit runs its scripts in threads of this process and hands them nothing, so the open object is the one global
of this room.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from gan.classroom.classroom import Classroom
from gan.classroom.lead import Lead
from gan.classroom.opening import ALONE, Kind, Opening
from gan.classroom.predictions import Predictions
from gan.data import image_sets
from gan.data.shared_downloads import SharedDownloads
from gan.limits import MAX_COMPUTATIONS, MAX_EXPORTS, MAX_PENDING_COMMANDS
from gan.runs.registry import RunRegistry, checkpoints_folder
from gan.server import memory
from gan.server.answer_queue import AnswerQueue
from gan.server.broadcast import Hub
from gan.server.class_channel import ClassChannel, View
from gan.server.group_commit import GroupCommit
from gan.server.league import League
from gan.server.newest_weights import NewestWeights
from gan.server.slow_answers import SlowAnswers
from gan.server.traced_batches import TracedBatches
from gan.server.view_hub import ViewHub
from gan.server.wall import Wall
from gan.server.worker_pool import WorkerPool
from gan.training import device

log = logging.getLogger(__name__)


class Application:
    """The runs, their viewers, downloads, and the pools in which requests are worked on.

    Attributes:
        computations: two threads, so that images need not wait for a search; each computes on one core, as the training
            threads do.
    """

    def __init__(self, opening: Opening) -> None:
        self.registry = RunRegistry(checkpoints_folder())
        self.classroom = Classroom(self.registry.folder, opening, self._is_read_only)
        self.class_channel = ClassChannel()
        self.lead = Lead(self.registry.folder, self._is_read_only, lambda: self.class_channel.changed("lead"))
        self._share("lead", self.lead.view, self.lead.forget)
        self.predictions = Predictions(self.registry.folder, self._is_read_only)
        self._share("question", lambda _role: self.predictions.question_view(), self.predictions.forget)
        self._share("answers", lambda role: self.predictions.answers_view(role, self.classroom.names()), lambda: None)
        self.answers = AnswerQueue()
        self.answers_on_disk = GroupCommit(self.predictions.flush)
        self.league = League(
            self.registry.folder, self.registry, lambda: self.class_channel.changed("league"), self._is_read_only
        )
        self._share("league", self.league.view, self.league.forget)
        self.slow_answers = SlowAnswers()
        self.hub = Hub(self.registry)
        self.wall = Wall(self.registry, self.classroom)
        self.newest_weights = NewestWeights()
        self.views = ViewHub(self.registry)
        self.downloads = SharedDownloads()
        self.commands = WorkerPool("command", 4, MAX_PENDING_COMMANDS, "commands")
        self.exports = WorkerPool("export", 2, MAX_EXPORTS, "downloads")
        self.computations = WorkerPool("playground", 2, MAX_COMPUTATIONS, "computations", device.use_one_thread)
        self.traced_batches = TracedBatches(self.computations)

    def _is_read_only(self) -> bool:
        return self.registry.read_only is not None

    def _share(self, part: str, view: View, forget: Callable[[], None]) -> None:
        """Tell the pages of a class of this part, until the class is closed."""

        def end() -> None:
            forget()
            self.class_channel.changed(part)

        self.class_channel.add(part, view)
        self.classroom.when_closed(end)

    def open(self) -> None:
        self.registry.open(resume_desks=True)
        if self.classroom.opening.kind is Kind.CLASS:
            self.league.start()
        self.registry.in_background(_warm_up, "warm-up")

    async def close(self) -> None:
        """Write a checkpoint of every run and end all threads; the pools finish the work that they have begun."""
        await self.class_channel.close()
        await self.hub.close()
        await self.wall.close()
        await self.views.close()
        for pool in (self.answers, self.commands, self.exports, self.computations):
            pool.close()
        await asyncio.to_thread(self.downloads.cancel_all)
        await asyncio.to_thread(self.league.close)
        await asyncio.to_thread(self.registry.close)


_opened: Application | None = None


@contextlib.asynccontextmanager
async def open_application(opening: Opening = ALONE) -> AsyncIterator[Application]:
    """Open the application of this process; on the way out a checkpoint of every run is written."""
    global _opened
    assert _opened is None, "there is one at a time"
    application = Application(opening)
    await asyncio.to_thread(application.open)
    _opened = application
    try:
        yield application
    finally:
        await application.close()
        _opened = None


def the_application() -> Application:
    """The open application of this process."""
    assert _opened is not None, "the lifespan opens it"
    return _opened


def the_registry() -> RunRegistry:
    """The registry of the open application."""
    return the_application().registry


def _warm_up() -> None:
    """Read the embedded images and import what is slow, so that neither the first Start nor a collection waits long."""
    try:
        image_sets.load("mnist", "train", range(10))
    except image_sets.DataError as error:
        log.warning("%s", error)
    import torchvision.utils  # noqa: F401

    memory.keep_what_is_there()
