"""The routes of what the pages are made of: their JavaScript modules, and Plotly.

Modules have two addresses. A page takes them from the folder of their version, `/api/ui/<version>`, which a browser
keeps for good: it asks for some 130 of them, and at its next visit for none. Those in `/api/ui` are asked for anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gan import plotly_js
from gan.server.http import FOREVER, REVALIDATE, Refusal, cached

UI = Path(__file__).parent.parent / "app" / "components"
VERSION_LENGTH = 16


def routes(base: str) -> list[BaseRoute]:
    return [Route(base + "/api/plotly.js", plotly), Route(base + "/api/ui/{path:path}", module)]


async def plotly(request: Request) -> Response:
    """Plotly: 1.2 MB, so it is sent packed and kept by the browser."""
    is_packed = "gzip" in request.headers.get("accept-encoding", "")
    content = await asyncio.to_thread(plotly_js.packed if is_packed else plotly_js.source)
    headers = FOREVER | {"Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if is_packed else {})
    return Response(content, media_type="text/javascript", headers=headers)


async def module(request: Request) -> Response:
    """A JavaScript module of the page, from memory.

    A page that was open before this server began may ask in the folder of another version; it gets the module as it is.
    """
    name = request.path_params["path"]
    folder, _, within = name.partition("/")
    modules = _modules(_second())
    found = modules.get(name) or modules.get(within if _is_version(folder) else "")
    if found is None:
        raise Refusal(404, "There is no such module.")
    content = _read_module(*found)
    return cached(request, content, content, "text/javascript", FOREVER if folder == version() else REVALIDATE)


def version() -> str:
    """The name of the folder of the modules as they are now; it changes when one of them does."""
    return _digest(tuple((name, *file) for name, file in _modules(_second()).items()))


@lru_cache(maxsize=1)
def _digest(modules: tuple[tuple[str, Path, int], ...]) -> str:
    digest = hashlib.sha256()
    for name, path, changed in modules:
        digest.update(f"{name}\n".encode() + _read_module(path, changed))
    return digest.hexdigest()[:VERSION_LENGTH]


def _is_version(folder: str) -> bool:
    return len(folder) == VERSION_LENGTH and set(folder) <= set("0123456789abcdef")


def _second() -> int:
    return int(time.monotonic())


@lru_cache(maxsize=1)
def _modules(_second: int) -> dict[str, tuple[Path, int]]:
    """The modules by name, each with the time of its last change; looked for once a second while somebody asks.

    A module may come, move or go while the server runs, as when LiveGAN is updated beneath it.
    """
    found = {}
    for path in sorted(UI.rglob("*.js")):
        with contextlib.suppress(FileNotFoundError):
            found[path.relative_to(UI).as_posix()] = (path, path.stat().st_mtime_ns)
    return found


@lru_cache(maxsize=500)
def _read_module(path: Path, _changed: int) -> bytes:
    return without_comments(path.read_text("utf-8")).encode()


def without_comments(source: str) -> str:
    """A module without the comments that have lines of their own: types in JSDoc take a third of the packed modules.

    Their lines stay, empty, so that an error's line number is that of the file.
    """
    kept, within = [], False
    for line in source.splitlines():
        text = line.strip()
        if within or text.startswith("/*"):
            _, end, code = text.partition("*/")
            within = not end
            kept.append(code)
        else:
            kept.append("" if text.startswith("//") else line)
    return "\n".join(kept) + "\n"
