"""Tells every page of a class what is going on: one small message for each part that has changed.

A part, such as "lead", is a function that says what pages of a role are told of it. A message is encoded once per role,
however many pages there are, and comes along with the list of runs, for which each page has a connection anyway.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from threading import Lock
from typing import Any

from gan import strict_json
from gan.classroom.people import Role

INTERVAL = 0.2  # seconds between two messages of a part, at least
PATIENCE = 60.0  # seconds; a page that has read nothing for so long is let go, and comes back by itself

View = Callable[[Role], dict[str, Any] | None]
SendText = Callable[[str], Awaitable[None]]
log = logging.getLogger(__name__)


class Listener:
    """A page. Of each part it gets the newest state only: nothing queues up behind a slow connection."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self._news: dict[str, str] = {}
        self._offered: dict[str, str] = {}
        self._wake = asyncio.Event()

    def offer(self, part: str, text: str) -> None:
        """Have a part sent, unless the page knows it: students are told nothing of answers that come in."""
        if self._offered.get(part) == text:
            return
        self._offered[part] = self._news[part] = text
        self._wake.set()

    async def serve(self, send: SendText) -> None:
        """Send what is offered; raises TimeoutError if the other side takes nothing for long."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._news:
                part = next(iter(self._news))
                text = self._news.pop(part)
                async with asyncio.timeout(PATIENCE):
                    await send(text)


class ClassChannel:
    """Call `changed` from any thread; the rest belongs to the event loop."""

    def __init__(self) -> None:
        self._views: dict[str, View] = {}
        self._listeners: set[Listener] = set()
        self._texts: dict[tuple[str, Role], tuple[int, str]] = {}  # as encoded last, of which version of the part
        self._versions: dict[str, int] = {}
        self._changed: set[str] = set()
        self._lock = Lock()  # of the two above
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def add(self, part: str, view: View) -> None:
        """Have pages told of a part; `view` says what those of a role are told, and may be called in any thread."""
        self._views[part] = view

    def changed(self, part: str) -> None:
        """Have all pages told of a part anew."""
        with self._lock:
            self._changed.add(part)
            self._versions[part] = self._versions.get(part, 0) + 1
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the server has ended
                self._loop.call_soon_threadsafe(self._wake.set)

    async def serve(self, role: Role, send: SendText) -> None:
        """Tell a page the state of all parts, and then what changes, until it is cancelled."""
        listener = Listener(role)
        self._listeners.add(listener)
        try:
            self._begin()
            for part in self._views:
                listener.offer(part, await self._text(part, role))
            await listener.serve(send)
        finally:
            self._listeners.discard(listener)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _begin(self) -> None:
        if self._task is None:
            self._loop = asyncio.get_running_loop()
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            with self._lock:
                parts, self._changed = self._changed, set()
            for part in parts:
                for role in {listener.role for listener in self._listeners}:
                    text = await self._text(part, role)
                    for listener in self._listeners:
                        if listener.role is role:
                            listener.offer(part, text)
            await asyncio.sleep(INTERVAL)

    async def _text(self, part: str, role: Role) -> str:
        version, known = self._texts.get((part, role), (-1, ""))
        return known if version == self._versions.get(part, 0) else await asyncio.to_thread(self._encode, part, role)

    def _encode(self, part: str, role: Role) -> str:
        version = self._versions.get(part, 0)  # before anything is looked at: what changes meanwhile is encoded again
        try:
            text = strict_json.dumps({"part": part, "value": self._views[part](role)})
        except Exception:  # a page that learns nothing of one part still learns of the others
            log.exception("The part %s of the class cannot be told", part)
            text = strict_json.dumps({"part": part, "value": None})
        self._texts[part, role] = (version, text)
        return text
