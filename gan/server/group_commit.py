"""Has many writes on the disk by few flushes: one serves all who wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class GroupCommit:
    """Belongs to the event loop.

    While a flush is under way, all who come wait for the next one: what they wrote may have come too late for it.
    """

    def __init__(self, flush: Callable[[], None]) -> None:
        """`flush` is called in another thread; what it raises, all who wait for it get."""
        self._flush = flush
        self._under_way: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def done(self) -> None:
        """Return once all that was written before is on the disk."""
        if self._next is None:
            self._next = asyncio.create_task(self._run(self._under_way))
        await asyncio.shield(self._next)  # whoever leaves takes it away from nobody

    async def _run(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        self._under_way, self._next = self._next, None
        await asyncio.to_thread(self._flush)
