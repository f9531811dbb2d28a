"""Finds the run and the epoch that the path of a request names."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from gan.runs.run import Run
from gan.server.application import the_registry


async def run_of(request: Request) -> Run:
    """The run that a request names; raises `RunNotFound`."""
    return await asyncio.to_thread(the_registry().get, request.path_params["name"])


def epoch_of(request: Request) -> int | None:
    """The epoch that a request names, or None if it is not a number."""
    epoch = request.path_params["epoch"]
    return int(epoch) if epoch.isascii() and epoch.isdecimal() and len(epoch) < 6 else None
