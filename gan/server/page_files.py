"""The routes of what the pages are made of: their JavaScript modules, and Plotly."""

from __future__ import annotations

import asyncio
from functools import cache, lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gan import plotly_js
from gan.server.http import FOREVER, REVALIDATE, Refusal, cached

UI = Path(__file__).parent.parent / "app" / "components"


def routes(base: str) -> list[BaseRoute]:
    return [Route(base + "/api/plotly.js", plotly), Route(base + "/api/ui/{path:path}", module)]


async def plotly(request: Request) -> Response:
    """Plotly: 1.2 MB, so it is sent packed and kept by the browser."""
    is_packed = "gzip" in request.headers.get("accept-encoding", "")
    content = await asyncio.to_thread(plotly_js.packed if is_packed else plotly_js.source)
    headers = FOREVER | {"Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if is_packed else {})
    return Response(content, media_type="text/javascript", headers=headers)


async def module(request: Request) -> Response:
    """A JavaScript module of the page, from memory: a visit asks for some eighty of them."""
    path = _modules().get(request.path_params["path"])
    if path is None:
        raise Refusal(404, "There is no such module.")
    content = _read_module(path, path.stat().st_mtime_ns)
    return cached(request, content, content, "text/javascript", REVALIDATE)


@cache
def _modules() -> dict[str, Path]:
    return {path.relative_to(UI).as_posix(): path for path in UI.rglob("*.js")}


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
