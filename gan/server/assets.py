"""Streamlit's own files for the browser, from memory and packed; its page with a script of ours.

Streamlit reads each from the disk, in pieces and through a pool of threads, and sends them as they are: a first visit
asks for some sixty of them, 3 MB. While a run trains, fifty such visits within ten seconds kept each other waiting for
ten seconds on a slow machine. Their names change with their content, so a browser asks once.

The page's document has two scripts more. One says what is wrong where no WebSocket gets through. The other tells
Streamlit where its server is: at a page's own path it would look below that path first, and leave a 404 in the console.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gan.server.http import FOREVER, REVALIDATE

# below the server's path, as `gan.app.main` names them
PAGES = ("", "train", "lessons", "playground", "runs", "data", "words", "class")
MAIN_PAGE = "train"  # Streamlit knows the main page by the server's path alone
SCRIPTS = b"""\
    <script>window.__streamlit = { BACKEND_BASE_URL: new URL("./", location.href).href }</script>
    <script defer src="./api/ui/door/sockets.js"></script>
  </head>"""
PACKED_ALREADY = {".woff", ".woff2", ".png", ".gif", ".jpg", ".webp"}


@dataclass(frozen=True)
class File:
    content: bytes  # a gzip file if `packed`
    media_type: str
    packed: bool


class FromMemory:
    """Middleware that serves these files and the page, and passes every other request to `app`."""

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        self.app = app
        self.base = base
        self.below = f"{base}/static/"
        self.pages = {f"{base}/{page}" for page in PAGES}
        self.files = PackedFiles()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp = self.app
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            answer = await self._answer(scope) or self.app
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response | None:
        path, headers = scope["path"], Headers(scope=scope)
        if path == f"{self.base}/{MAIN_PAGE}":
            return _moved("./", scope)
        if path in self.pages:
            return _document(headers)
        if path.endswith("/") and path[:-1] in self.pages:
            return _moved("../" + path[:-1].rpartition("/")[2], scope)
        name = path.removeprefix(self.below)
        if path.startswith(self.below) and name in names():
            return await self._file(name, "gzip" in headers.get("accept-encoding", ""))
        return None

    async def _file(self, name: str, take_packed: bool) -> Response:
        file = self.files.kept(name) if take_packed else None
        if file is None:
            file = await asyncio.to_thread(self.files.packed if take_packed else plain, name)
        headers = FOREVER | {"Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if file.packed else {})
        return Response(file.content, media_type=file.media_type, headers=headers)


def _moved(where: str, scope: Scope) -> Response:
    """The way to another page, relative to this one, since a proxy may have put a path before both."""
    query = scope["query_string"].decode("latin-1")
    return Response(status_code=301, headers={"Location": f"{where}{'?' if query else ''}{query}"} | REVALIDATE)


def _document(headers: Headers) -> Response:
    content, etag = document()
    if headers.get("if-none-match", "").removeprefix("W/") == etag:
        return Response(status_code=304, headers=REVALIDATE | {"ETag": etag})
    return Response(content, media_type="text/html", headers=REVALIDATE | {"ETag": etag})


@cache
def document() -> tuple[bytes, str]:
    """The page's document, and what tells a browser that it has changed."""
    plain = (static_folder().parent / "index.html").read_bytes()
    content = plain.replace(b"  </head>", SCRIPTS, 1)
    assert content != plain
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


@cache
def names() -> dict[str, Path]:
    """The files that there are, by what a path below /static calls them."""
    static = static_folder()
    return {path.relative_to(static).as_posix(): path for path in static.rglob("*") if path.is_file()}


def static_folder() -> Path:
    spec = find_spec("streamlit")  # found, not imported
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "static" / "static"


class PackedFiles:
    """The files that were asked for, packed if that makes them smaller. Any thread may ask."""

    def __init__(self) -> None:
        self._kept: dict[str, File] = {}
        self._packing = Lock()

    def kept(self, name: str) -> File | None:
        """A file that has been packed before."""
        return self._kept.get(name)

    def packed(self, name: str) -> File:
        """One of `names()`, packed on first use."""
        with self._packing:  # a class asks for the same files at the same time
            if name not in self._kept:
                file = plain(name)
                if names()[name].suffix not in PACKED_ALREADY:
                    file = File(gzip.compress(file.content, compresslevel=6), file.media_type, packed=True)
                self._kept[name] = file
            return self._kept[name]


def plain(name: str) -> File:
    """One of `names()` as it is."""
    kind, _ = mimetypes.guess_type(name)
    return File(names()[name].read_bytes(), kind or "application/octet-stream", packed=False)
