"""Streamlit's own files for the browser, from memory and packed.

Streamlit reads each from the disk, in pieces and through a pool of threads, and sends them as they are: a first visit
asks for some sixty of them, 3 MB. While a run trains, fifty such visits within ten seconds kept each other waiting for
ten seconds on a slow machine. Their names change with their content, so a browser asks once.
"""

from __future__ import annotations

import asyncio
import gzip
import mimetypes
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gan.downloads import FOREVER

PACKED_ALREADY = {".woff", ".woff2", ".png", ".gif", ".jpg", ".webp"}
_kept: dict[str, File] = {}
_packing = Lock()


@dataclass(frozen=True)
class File:
    content: bytes  # a gzip file if `packed`
    media_type: str
    packed: bool


class FromMemory:
    """Middleware that answers for these files; whatever else is asked for goes on to `app`."""

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        self.app = app
        self.below = f"{base}/static/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp = self.app
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"].startswith(self.below):
            name = scope["path"].removeprefix(self.below)
            if name in names():
                answer = await _response(name, "gzip" in Headers(scope=scope).get("accept-encoding", ""))
        await answer(scope, receive, send)


async def _response(name: str, take_packed: bool) -> Response:
    file = kept(name) if take_packed else None
    if file is None:
        file = await asyncio.to_thread(packed if take_packed else plain, name)
    headers = FOREVER | {"Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if file.packed else {})
    return Response(file.content, media_type=file.media_type, headers=headers)


@cache
def names() -> dict[str, Path]:
    """The files that there are, by what a path below /static calls them."""
    spec = find_spec("streamlit")  # found, not imported
    assert spec is not None
    assert spec.origin is not None
    static = Path(spec.origin).parent / "static" / "static"
    return {path.relative_to(static).as_posix(): path for path in static.rglob("*") if path.is_file()}


def kept(name: str) -> File | None:
    """A file that has been packed before."""
    return _kept.get(name)


def packed(name: str) -> File:
    """One of `names()`, packed if that makes it smaller; kept."""
    with _packing:  # a class asks for the same files at the same time
        if name not in _kept:
            file = plain(name)
            if names()[name].suffix not in PACKED_ALREADY:
                file = File(gzip.compress(file.content, compresslevel=6), file.media_type, packed=True)
            _kept[name] = file
        return _kept[name]


def plain(name: str) -> File:
    """One of `names()` as it is."""
    kind, _ = mimetypes.guess_type(name)
    return File(names()[name].read_bytes(), kind or "application/octet-stream", packed=False)
