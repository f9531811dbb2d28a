"""Takes the answers of a class one after another, so that a flood of one student's costs no other theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from gan.errors import Busy
from gan.limits import MAX_OWN_ANSWERS, MAX_PENDING_ANSWERS
from gan.server.worker_pool import WorkerPool

T = TypeVar("T")


class AnswerQueue:
    """Belongs to the event loop."""

    def __init__(self) -> None:
        self._pool = WorkerPool("answer", 1, MAX_PENDING_ANSWERS, "answers")
        self._waiting: Counter[str] = Counter()  # by student

    async def run(self, student: str, take: Callable[[], T]) -> T:
        """What `take` returns, called when it is its turn; raises `Busy`."""
        if self._waiting[student] >= MAX_OWN_ANSWERS:
            raise Busy("Your last answers are still on their way; try again in a moment.")
        self._waiting[student] += 1
        try:
            return await self._pool.run(take)
        finally:
            self._waiting[student] -= 1
            if not self._waiting[student]:
                del self._waiting[student]

    def close(self) -> None:
        self._pool.close()
