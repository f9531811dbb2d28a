"""Work in threads of its own, with a limit."""

from __future__ import annotations

import asyncio
import threading

import pytest

from gan.errors import Busy
from gan.server.worker_pool import WorkerPool


def test_what_is_over_the_limit_is_refused_with_the_limit_until_there_is_room() -> None:
    gate = threading.Event()

    async def scene() -> None:
        pool = WorkerPool("test", 1, 2, "films")
        running = [asyncio.create_task(pool.run(gate.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Busy, match=r"^2 films are under way already; try again in a moment\.$"):
            await pool.run(gate.wait)
        gate.set()
        assert await asyncio.gather(*running) == [True, True]
        assert await pool.run(pow, 2, 3) == 8

    asyncio.run(scene())


def test_work_that_fails_makes_room_and_so_does_work_that_nobody_waits_for_any_more() -> None:
    gate = threading.Event()

    async def scene() -> None:
        pool = WorkerPool("test", 1, 1, "films")
        with pytest.raises(ZeroDivisionError):
            await pool.run(divmod, 1, 0)
        abandoned = asyncio.create_task(pool.run(gate.wait))
        await asyncio.sleep(0)
        abandoned.cancel()
        with pytest.raises(Busy):  # it runs all the same
            await pool.run(pow, 2, 3)
        gate.set()
        async with asyncio.timeout(30):
            while True:
                try:
                    assert await pool.run(pow, 2, 3) == 8
                except Busy:
                    await asyncio.sleep(0.001)
                else:
                    return

    asyncio.run(scene())
