"""Watches the lines of one file run, as a debugger does: the file itself stays as it is and knows nothing of it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

Seen = Callable[[FrameType, int], None]


@contextlib.contextmanager
def watching(filename: str, seen: Seen) -> Iterator[None]:
    """Call `seen` with the frame and the number of each line of this file once the line has run.

    Only lines that the present thread runs inside the context count. A function's first line counts when the function
    is called, with its arguments in the frame. Numbers do not change: a tracer runs between two lines of Python.
    """
    running: dict[FrameType, int] = {}  # the line that each frame is about to run

    def trace_lines(frame: FrameType, event: str, _value: Any) -> Any:
        if event in ("line", "return"):
            line = running.pop(frame, None)
            if line is not None:
                seen(frame, line)
            if event == "line":
                running[frame] = frame.f_lineno
        return trace_lines

    def trace_calls(frame: FrameType, _event: str, _value: Any) -> Any:
        code: CodeType = frame.f_code
        if code.co_filename != filename:
            return None
        seen(frame, code.co_firstlineno)
        return trace_lines

    before = sys.gettrace()
    sys.settrace(trace_calls)
    try:
        yield
    finally:
        sys.settrace(before)
