"""Saves the three files that Streamlit's event loop of each tab holds open.

Streamlit makes a loop for every tab, for scripts that use asyncio. Our script does not use asyncio, and a class of
thirty would hold ninety files open for nothing: an epoll and a pair of sockets per tab, half of a viewer's share.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
from typing import Any

from streamlit.runtime.app_session import AppSession

if sys.platform != "win32":  # Windows has no limit that these files would reach

    class ScriptLoop(asyncio.SelectorEventLoop):
        """An event loop that opens its pair of sockets when it first runs, and waits without an epoll."""

        _csock: Any

        def __init__(self) -> None:
            super().__init__(selectors.PollSelector())

        def run_forever(self) -> None:
            if self._csock is None:
                super()._make_self_pipe()  # type: ignore[misc]
            super().run_forever()

        def _make_self_pipe(self) -> None:
            self._csock = None  # until then, calls from other threads wait in the loop's list

        def _close_self_pipe(self) -> None:
            if self._csock is not None:
                super()._close_self_pipe()  # type: ignore[misc]


def use() -> None:
    """Give such a loop to every session from now on; does nothing for sessions without a loop."""
    plain = AppSession.__init__

    def init(self: AppSession, *arguments: Any, **options: Any) -> None:
        plain(self, *arguments, **options)
        if sys.platform != "win32" and hasattr(self, "_script_event_loop"):
            self._script_event_loop.close()
            self._script_event_loop = ScriptLoop()

    AppSession.__init__ = init  # type: ignore[method-assign]
