"""Answers wrong keys and codes slowly, so that guessing takes long, and right ones at once, whoever guesses beside."""

from __future__ import annotations

import asyncio

from gan.limits import MAX_DELAYED, WRONG_KEY_DELAY


class SlowAnswers:
    def __init__(self) -> None:
        self._waiting = 0

    async def wait(self) -> None:
        """Wait before a wrong guess is answered; at once if many wait already, so that guesses take no memory."""
        if self._waiting >= MAX_DELAYED:
            return
        self._waiting += 1
        try:
            await asyncio.sleep(WRONG_KEY_DELAY)
        finally:
            self._waiting -= 1
