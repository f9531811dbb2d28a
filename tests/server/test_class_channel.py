"""Tells every page of a class what is going on."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from gan.classroom.people import Role
from gan.server import class_channel
from gan.server.class_channel import ClassChannel


class Page:
    """What a page has been told; while it is `blocked`, its connection takes nothing."""

    def __init__(self, channel: ClassChannel, role: Role) -> None:
        self.told: list[dict[str, Any]] = []
        self.came = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self.task = asyncio.create_task(channel.serve(role, self._take))

    async def _take(self, text: str) -> None:
        await self.open.wait()
        self.told.append(json.loads(text))
        self.came.set()

    async def until(self, value: dict[str, Any]) -> None:
        while not self.told or self.told[-1]["value"] != value:
            self.came.clear()
            async with asyncio.timeout(60):
                await self.came.wait()


class Counted:
    """A part of a class that counts how often it was encoded, for each role."""

    def __init__(self) -> None:
        self.number = 0
        self.looks: dict[Role, int] = {}

    def view(self, role: Role) -> dict[str, Any]:
        self.looks[role] = self.looks.get(role, 0) + 1
        return {"number": self.number, "role": role.value}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_channel, "INTERVAL", 0.0)


def test_a_page_gets_the_state_and_then_what_changes_encoded_once_for_each_role() -> None:
    async def play() -> None:
        channel, part = ClassChannel(), Counted()
        channel.add("lead", part.view)
        teacher, students = Page(channel, Role.TEACHER), [Page(channel, Role.STUDENT) for _ in range(20)]
        for page in students:
            await page.until({"number": 0, "role": "student"})
        await teacher.until({"number": 0, "role": "teacher"})
        before = dict(part.looks)
        part.number = 1
        await asyncio.to_thread(channel.changed, "lead")
        for page in students:
            await page.until({"number": 1, "role": "student"})
        await teacher.until({"number": 1, "role": "teacher"})
        assert part.looks == {role: before[role] + 1 for role in before}
        late = Page(channel, Role.STUDENT)  # comes when all is encoded
        await late.until({"number": 1, "role": "student"})
        assert part.looks[Role.STUDENT] == before[Role.STUDENT] + 1
        assert {message["part"] for message in late.told} == {"lead"}
        await channel.close()

    asyncio.run(play())


def test_a_slow_page_gets_the_newest_state_only() -> None:
    async def play() -> None:
        channel, part = ClassChannel(), Counted()
        channel.add("lead", part.view)
        slow, quick = Page(channel, Role.STUDENT), Page(channel, Role.STUDENT)
        slow.open.clear()
        for number in range(1, 30):
            part.number = number
            channel.changed("lead")
            await quick.until({"number": number, "role": "student"})
        slow.open.set()
        await slow.until({"number": 29, "role": "student"})
        assert len(slow.told) <= 2  # the one that was under way, and the newest
        await channel.close()

    asyncio.run(play())


def test_a_part_that_fails_costs_nobody_the_others(caplog: pytest.LogCaptureFixture) -> None:
    def failing(_role: Role) -> dict[str, Any]:
        raise ZeroDivisionError

    async def play() -> None:
        channel, part = ClassChannel(), Counted()
        channel.add("broken", failing)
        channel.add("lead", part.view)
        page = Page(channel, Role.STUDENT)
        await page.until({"number": 0, "role": "student"})
        assert {"part": "broken", "value": None} in page.told
        page.task.cancel()
        channel.changed("broken")
        await channel.close()

    asyncio.run(play())
    assert "broken" in caplog.text
