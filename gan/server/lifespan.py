"""Starts and ends the server: sets uvicorn up, and holds the application open in between."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import AsyncIterator
from typing import Any

import uvicorn

from gan.classroom.opening import ALONE, Kind, Opening
from gan.server import file_handles, uvicorn_fixes
from gan.server.admission import limit_connections
from gan.server.application import open_application
from gan.server.class_address import greeting
from gan.server.request_time import limit_requests


@contextlib.asynccontextmanager
async def lifespan(_app: object, opening: Opening = ALONE) -> AsyncIterator[dict[str, Any]]:
    """For `st.App(lifespan=...)`; a class is told in the terminal how to get in."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)  # it handles that signal if it has started us
    if isinstance(server, uvicorn.Server):
        file_handles.raise_limit()
        limit_connections(server)
        limit_requests(server)
        uvicorn_fixes.limit_the_goodbye(server)
        uvicorn_fixes.answer_at_once(server)
        uvicorn_fixes.show_the_peer(server)
        uvicorn_fixes.show_the_whole_target(server)
    async with open_application(opening) as application:
        if opening.kind is Kind.CLASS:
            print(greeting(application.classroom), flush=True)
        yield {"application": application}
