"""Many writes are on the disk by few flushes."""

from __future__ import annotations

import asyncio
import threading

import pytest
from helpers import PATIENCE

from gan.server.group_commit import GroupCommit


def test_two_hundred_who_come_while_the_disk_is_busy_wait_for_one_flush_that_begins_after_they_came() -> None:
    written: list[int] = []
    flushed: list[list[int]] = []
    go_on = threading.Event()

    def flush() -> None:
        flushed.append(list(written))
        assert go_on.wait(PATIENCE)

    async def write(commit: GroupCommit, number: int) -> None:
        written.append(number)
        await commit.done()
        assert any(number in each for each in flushed)

    async def play() -> None:
        commit = GroupCommit(flush)
        first = asyncio.create_task(write(commit, 0))
        async with asyncio.timeout(PATIENCE):
            while not flushed:
                await asyncio.sleep(0)  # the loop is free while the disk is busy
        others = [asyncio.create_task(write(commit, number)) for number in range(1, 201)]
        await asyncio.sleep(0)
        others[7].cancel()
        go_on.set()
        await first
        outcomes = await asyncio.gather(*others, return_exceptions=True)
        assert sum(isinstance(each, asyncio.CancelledError) for each in outcomes) == 1

    asyncio.run(play())
    assert [len(each) for each in flushed] == [1, 201]


def test_whoever_waits_for_a_flush_that_fails_is_told_and_the_next_one_is_tried_anew() -> None:
    answers = iter([OSError("full"), None])

    def flush() -> None:
        if (error := next(answers)) is not None:
            raise error

    async def play() -> None:
        commit = GroupCommit(flush)
        with pytest.raises(OSError, match="full"):
            await commit.done()
        await commit.done()

    asyncio.run(play())
