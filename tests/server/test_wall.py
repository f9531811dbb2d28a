"""The wall of a class: what the pages that look at it are told, and what it costs."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import ENDLESS, PATIENCE, step, wait_for
from PIL import Image
from serving import Frame, decode

from gan.classroom.classroom import Classroom
from gan.classroom.opening import Kind, Opening
from gan.data.grid import grid_png, reduced_grid
from gan.recording.run_file import Desk
from gan.runs.registry import RunRegistry
from gan.runs.run import Run
from gan.runs.summary import RunSummary
from gan.server import wall as module
from gan.server.wall import Wall, newest_of_desks


class Page:
    """A page that looks at the wall, and the desks as it knows them."""

    def __init__(self, wall: Wall) -> None:
        self.messages: list[bytes] = []
        self.desks: dict[str, Any] = {}
        self.order: list[str] = []
        self.with_images: set[str] = set()
        self._came = asyncio.Event()
        self.task = asyncio.create_task(wall.serve(self._take))

    async def _take(self, message: bytes) -> None:
        self.messages.append(message)
        header = decode(message).header
        self.order = header["order"]
        self.desks |= {desk["id"]: desk for desk in header["desks"]}
        self.with_images = (self.with_images | set(header["images"])) - set(header["blank"])
        self._came.set()

    def one_with_images_of(self, *desks: str) -> bytes | None:
        """The first message with the images of these desks alone."""
        return next((one for one in self.messages if decode(one).header["images"] == list(desks)), None)

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not self.messages or not condition():
                self._came.clear()
                await self._came.wait()

    async def leave(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TICK", 0.02)


@pytest.fixture
def classroom(tmp_path: Path) -> Classroom:
    return Classroom(tmp_path, Opening(Kind.CLASS))


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RunRegistry]:
    registry = RunRegistry(tmp_path)
    registry.open()
    yield registry
    registry.close()


def joined(classroom: Classroom, name: str) -> Desk:
    return Desk(classroom.person(classroom.join(classroom.code, name)).id, name)


def paused(registry: RunRegistry, desk: Desk) -> Run:
    """A run at a desk that rests after one batch."""
    run = registry.start(ENDLESS, paused=True, desk=desk)
    wait_for(run, "paused")
    step(run, 1)
    return run


def test_fifty_pages_get_one_message_of_what_has_changed_alone(registry: RunRegistry, classroom: Classroom) -> None:
    zoe, anna = joined(classroom, "Zoe <i>"), joined(classroom, "مريم")
    hers, others = paused(registry, zoe), paused(registry, anna)

    async def play() -> None:
        wall = Wall(registry, classroom)
        pages = [Page(wall) for _ in range(50)]
        for page in pages:
            await page.until(lambda page=page: page.desks[zoe.id]["run"])  # type: ignore[misc]
        first = decode(pages[0].messages[0]).header
        assert first["order"] == [zoe.id, anna.id]
        assert [desk["name"] for desk in first["desks"]] == ["Zoe <i>", "مريم"]
        await asyncio.to_thread(step, hers, 1)
        hers.want_preview()
        await asyncio.to_thread(step, hers, 1)
        for page in pages:
            await page.until(lambda page=page: page.one_with_images_of(zoe.id))  # type: ignore[misc]
        found = {id(page.one_with_images_of(zoe.id)): page.one_with_images_of(zoe.id) for page in pages}
        (message,) = found.values()
        assert message is not None
        assert [desk["run"]["name"] for desk in decode(message).header["desks"]] == [hers.name]
        assert others.snapshot().batch == 1
        for page in pages:
            await page.leave()
        await wall.close()

    asyncio.run(play())


def test_runs_that_are_deleted_and_students_who_are_removed_leave_the_wall_while_it_is_seen(
    registry: RunRegistry, classroom: Classroom
) -> None:
    desks = [joined(classroom, name) for name in ("one", "two", "three")]
    runs = [paused(registry, desk) for desk in desks]

    async def play() -> None:
        wall = Wall(registry, classroom)
        page = Page(wall)
        ids = [desk.id for desk in desks]
        await page.until(lambda: page.order == ids)
        await asyncio.to_thread(registry.delete, runs[0].name)
        await page.until(lambda: page.desks[ids[0]]["run"] is None)
        assert ids[0] not in page.with_images
        await asyncio.to_thread(registry.clear_desks, [ids[1]])
        await page.until(lambda: page.desks[ids[1]]["run"] is None)
        await asyncio.to_thread(classroom.remove, ids[2])
        await page.until(lambda: page.order == ids[:2])
        assert not page.task.done()
        again = await asyncio.to_thread(paused, registry, desks[0])
        await page.until(lambda: page.desks[ids[0]]["run"])
        assert page.desks[ids[0]]["run"]["name"] == again.name
        await page.leave()
        await wall.close()

    asyncio.run(play())


def test_the_picture_holds_each_desks_images_at_half_their_size_if_there_are_many(
    registry: RunRegistry, classroom: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SHARP", 1)
    runs = [paused(registry, joined(classroom, name)) for name in ("one", "two")]
    for run in runs:
        run.want_preview()
        step(run, 1)

    async def play() -> Frame:
        wall = Wall(registry, classroom)
        page = Page(wall)
        await page.until(lambda: len(page.with_images) == 2)
        await page.leave()
        await wall.close()
        return decode(page.messages[0])

    seen = asyncio.run(play())
    picture = np.asarray(Image.open(io.BytesIO(seen.blobs["picture"]))).astype(int)
    for number, run in enumerate(runs):
        preview = run.preview
        assert preview is not None
        whole = Image.open(io.BytesIO(grid_png(preview.images)))
        wanted = np.asarray(whole.reduce(2)).astype(int)
        part = picture[: len(wanted), number * len(wanted) :][:, : len(wanted)]
        assert np.abs(part - wanted).mean() < 5
        assert (reduced_grid(preview.images, 1) == np.asarray(whole)).all()


def test_nothing_is_looked_at_while_nobody_looks(
    registry: RunRegistry, classroom: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = paused(registry, joined(classroom, "one"))
    looks: list[RunRegistry] = []

    def counted(registry: RunRegistry) -> dict[str, RunSummary]:
        looks.append(registry)
        return newest_of_desks(registry)

    monkeypatch.setattr(module, "newest_of_desks", counted)

    async def play() -> None:
        wall = Wall(registry, classroom)
        page = Page(wall)
        await page.until(lambda: page.order)
        await page.leave()
        async with asyncio.timeout(PATIENCE):
            while wall.busy:
                await asyncio.sleep(0)
        looks.clear()
        await asyncio.to_thread(step, run, 1)
        assert (wall.busy, looks) == (False, [])
        back = Page(wall)
        await back.until(lambda: back.order)
        assert looks
        await back.leave()
        await wall.close()

    asyncio.run(play())
