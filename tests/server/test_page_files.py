"""Plotly and the pages' JavaScript modules, on a real server."""

from __future__ import annotations

import gzip
import socket

import pytest
from serving import Server

from gan.server import page_files, plotly_js


def test_plotly_is_the_bundle_of_the_repository_and_kept(server: Server) -> None:
    for accept, encoding in (("gzip, br", "gzip"), ("identity", None)):
        with (
            server.http() as client,
            client.stream("GET", "/api/plotly.js", headers={"Accept-Encoding": accept}) as got,
        ):
            content = b"".join(got.iter_raw())
        assert got.headers.get("content-encoding") == encoding
        assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert got.headers["vary"] == "Accept-Encoding"
        assert got.headers["content-type"].startswith("text/javascript")
        assert (gzip.decompress(content) if encoding else content) == plotly_js.source()


def test_the_pages_modules_are_served_and_asked_for_anew(server: Server) -> None:
    response = server.get("/api/ui/shared/dom.js")
    assert response.content == (page_files.UI / "shared" / "dom.js").read_bytes()
    assert "javascript" in response.headers["content-type"]
    assert response.headers["cache-control"] == "no-cache"
    again = server.get("/api/ui/shared/dom.js", If_None_Match=response.headers["etag"])
    assert again.status_code == 304
    assert again.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    ["../main.py", "%2e%2e/main.py", "..%2fmain.py", "shared/..%2f..%2fmain.py", "/etc/hostname", "nothing.js", ""],
)
def test_nothing_else_is_served(server: Server, path: str) -> None:
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port))) as connection:  # a client library would tidy the path up
        request = f"GET /api/ui/{path} HTTP/1.1\r\nHost: {server.address}\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        with connection.makefile("rb") as stream:
            assert stream.read().split(b" ", 2)[1] == b"404"
