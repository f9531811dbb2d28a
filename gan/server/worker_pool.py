"""Threads of its own for one kind of work, and a limit to how much of it may wait.

What takes seconds (a film, a zip) must not take the threads that others wait for, and a flood of it must end somewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from gan.errors import Busy

T = TypeVar("T")


class WorkerPool:
    """`most` calls at a time are running or waiting for one of the `threads`; further ones are refused.

    Args:
        what: the work, in the plural, as the refusal names it.
        initializer: called first in each thread.
    """

    def __init__(self, name: str, threads: int, most: int, what: str, initializer: Callable[[], None] | None = None):
        self._threads = ThreadPoolExecutor(threads, name, initializer)
        self._most = most
        self._what = what
        self._under_way = 0  # touched by the event loop's thread alone

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """`work(*arguments)`, called in one of the threads; raises `Busy`."""
        if self._under_way >= self._most:
            raise Busy(f"{self._most} {self._what} are under way already; try again in a moment.")
        future = self._threads.submit(work, *arguments)
        self._under_way += 1
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._done))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Take no more work; the threads finish what they have begun."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _done(self) -> None:
        self._under_way -= 1
