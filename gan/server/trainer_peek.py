"""A look at the trainer of a run between two batches, with a limit to how long a request waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from gan.runs.run import Run
from gan.training.trainer import Trainer

PATIENCE = 10.0  # seconds for the training thread to answer between two batches
T = TypeVar("T")


async def peek(run: Run, look: Callable[[Trainer], T]) -> T | None:
    """The result of `look`, which the run's thread calls between two batches.

    None if the run does not train, ends first, or does not answer in time. Raises `Busy`.
    """
    if not run.active:
        return None
    future = asyncio.wrap_future(run.peek(look))
    await asyncio.wait({future}, timeout=PATIENCE)  # never cancels it: the thread that answers may be about to
    return future.result() if future.done() and not future.cancelled() else None
