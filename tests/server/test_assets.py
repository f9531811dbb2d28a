"""Streamlit's own files out of memory, as a browser gets them; the browser tests load the page with them."""

from __future__ import annotations

import asyncio
import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gan.server import assets
from gan.server.page_files import UI

SCRIPT = min((name for name in assets.names() if name.endswith(".js")), key=lambda name: len(name))
PICTURES = sorted(name for name in assets.names() if name.endswith((".png", ".woff2")))


async def streamlit(request: Request) -> Response:
    return PlainTextResponse(f"Streamlit answers for {request.url.path}")


class Answer(NamedTuple):
    status: int
    headers: httpx.Headers
    raw: bytes  # as it was sent

    @property
    def text(self) -> str:
        return self.raw.decode()


def ask(path: str, accept: str = "gzip, br", base: str = "", method: str = "GET", known: str = "") -> Answer:
    app = Starlette(
        routes=[Route("/{path:path}", streamlit, methods=["GET", "POST"])],
        middleware=[Middleware(assets.FromMemory, base=base)],
    )

    async def answer() -> Answer:
        async with (
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://livegan") as client,
            client.stream(method, path, headers={"Accept-Encoding": accept, "If-None-Match": known}) as got,
        ):
            return Answer(got.status_code, got.headers, b"".join([piece async for piece in got.aiter_raw()]))

    return asyncio.run(answer())


def test_a_script_is_sent_packed_and_kept_by_the_browser() -> None:
    got = ask(f"/static/{SCRIPT}")
    assert got.headers["content-encoding"] == "gzip"
    assert got.headers["content-type"].startswith("text/javascript")
    assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert got.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(got.raw) == assets.names()[SCRIPT].read_bytes()


def test_who_cannot_unpack_gets_it_as_it_is() -> None:
    got = ask(f"/static/{SCRIPT}", accept="identity")
    assert "content-encoding" not in got.headers
    assert got.raw == assets.names()[SCRIPT].read_bytes()


def test_pictures_and_fonts_are_packed_already() -> None:
    got = ask(f"/static/{PICTURES[0]}")
    assert "content-encoding" not in got.headers
    assert got.raw == assets.names()[PICTURES[0]].read_bytes()


@pytest.mark.parametrize("page", ["", "playground"])
def test_the_page_has_a_script_that_says_what_is_wrong(page: str) -> None:
    got = ask(f"/{page}")
    assert got.headers["content-type"].startswith("text/html")
    assert got.headers["cache-control"] == "no-cache"
    (path,) = re.findall(r'<script defer src="\./api/ui/([^"]+)">', got.text)
    assert (UI / path).is_file()
    assert 'src="./static/js/' in got.text


def test_a_browser_that_has_the_page_gets_no_second_one() -> None:
    etag = ask("/").headers["etag"]
    assert ask("/", known=etag).status == 304
    assert ask("/", known='"another"').status == 200


def test_a_page_with_a_slash_at_its_end_is_below_whatever_path_a_proxy_puts_before_it() -> None:
    got = ask("/class/gan/playground/?run=a%20b", base="/class/gan")
    assert (got.status, got.headers["location"]) == (301, "../playground?run=a%20b")


@pytest.mark.parametrize(("base", "path"), [("", "/train"), ("/class/gan", "/class/gan/train")])
def test_the_main_page_is_at_the_servers_own_path(base: str, path: str) -> None:
    got = ask(f"{path}?run=a%20b", base=base)
    assert (got.status, got.headers["location"]) == (301, "./?run=a%20b")


def test_every_page_of_the_app_is_known() -> None:
    main = (UI.parent / "main.py").read_text("utf-8")
    assert set(re.findall(r'url_path="(\w+)"', main)) | {""} == set(assets.PAGES)


@pytest.mark.parametrize(
    "path", ["/api/runs", "/none", "/static/", "/static/js/none.js", f"/{SCRIPT}", "/static/../index.html"]
)
def test_everything_else_is_streamlits(path: str) -> None:
    assert ask(path).text.startswith("Streamlit answers for ")


def test_a_file_is_not_posted_to() -> None:
    assert ask(f"/static/{SCRIPT}", method="POST").text.startswith("Streamlit answers for ")


def test_below_a_base_path() -> None:
    got = ask(f"/class/gan/static/{SCRIPT}", base="/class/gan")
    assert gzip.decompress(got.raw) == assets.names()[SCRIPT].read_bytes()
    assert ask(f"/static/{SCRIPT}", base="/class/gan").text.startswith("Streamlit answers for ")


def test_a_class_that_asks_at_once_has_it_packed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    files_of_the_app = assets.PackedFiles()
    calls: list[bytes] = []
    compress = gzip.compress

    def counted(content: bytes, compresslevel: int) -> bytes:
        calls.append(content)
        return compress(content, compresslevel)

    monkeypatch.setattr(gzip, "compress", counted)
    with ThreadPoolExecutor(8) as threads:
        files = list(threads.map(files_of_the_app.packed, [SCRIPT] * 30))
    assert len(calls) == 1
    assert all(file is files[0] for file in files)
