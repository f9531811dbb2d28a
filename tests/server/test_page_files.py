"""Plotly and the pages' JavaScript modules, on a real server."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
from pathlib import Path

import pytest
from chromium import program
from serving import Server

from gan import plotly_js
from gan.runs.registry import ROOT
from gan.server import page_files
from gan.server.page_files import without_comments


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
    assert response.text == without_comments((page_files.UI / "shared" / "dom.js").read_text())
    assert "javascript" in response.headers["content-type"]
    assert response.headers["cache-control"] == "no-cache"
    again = server.get("/api/ui/shared/dom.js", If_None_Match=response.headers["etag"])
    assert again.status_code == 304
    assert again.headers["cache-control"] == "no-cache"


def test_the_modules_of_this_version_are_kept_for_good(server: Server) -> None:
    response = server.get(f"/api/ui/{page_files.version()}/shared/dom.js")
    assert response.text == without_comments((page_files.UI / "shared" / "dom.js").read_text())
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_page_of_another_version_gets_the_modules_of_this_one_for_now(server: Server) -> None:
    response = server.get("/api/ui/0123456789abcdef/shared/dom.js")
    assert response.text == without_comments((page_files.UI / "shared" / "dom.js").read_text())
    assert response.headers["cache-control"] == "no-cache"
    assert server.get("/api/ui/shared/shared/dom.js").status_code == 404


def test_the_version_changes_when_a_module_is_edited_or_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = tmp_path / "one.js", tmp_path / "other.js"
    one.write_text("export const one = 1;\n")
    other.write_text("export const one = 1;\n")
    monkeypatch.setattr(page_files, "UI", tmp_path)
    seconds = iter(range(1, 10))
    monkeypatch.setattr(page_files, "_second", lambda: next(seconds))
    before = page_files.version()
    assert page_files.version() == before
    other.write_text("export const one = 2;\n")
    edited = page_files.version()
    other.rename(tmp_path / "moved.js")
    assert len({before, edited, page_files.version()}) == 3


def test_comments_stay_here_and_lines_keep_their_numbers() -> None:
    source = """/** A module.
 *
 * @typedef {object} Point
 */
// A reason.
const path = "/*"; // a remark at the end of a line
  /* one line */
/** @type {number} */ (one).toFixed();
export const two = 1 /* here */ + 1;
"""
    remark, code = 'const path = "/*"; // a remark at the end of a line', "export const two = 1 /* here */ + 1;"
    assert without_comments(source).splitlines() == ["", "", "", "", "", remark, "", " (one).toFixed();", code]


# Reads pairs of a module's text and the same without comments; prints the names of those that differ in their syntax.
COMPARE = """
const { parse } = require("espree");
const tree = (code) =>
  JSON.stringify(parse(code, { ecmaVersion: "latest", sourceType: "module" }), (key, value) =>
    key === "start" || key === "end" ? undefined : value);
const modules = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
console.log(Object.keys(modules).filter((name) => tree(modules[name][0]) !== tree(modules[name][1])).join());
"""


def test_every_module_is_the_same_program_without_its_comments() -> None:
    node = program("Node", "node")
    sources = {str(path): path.read_text("utf-8") for path in page_files.UI.rglob("*.js")}
    pairs = {name: (text, without_comments(text)) for name, text in sources.items()}
    assert all(len(text.splitlines()) == len(bare.splitlines()) for text, bare in pairs.values())
    run = subprocess.run(
        [node, "-e", COMPARE], input=json.dumps(pairs), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (len(sources) > 100, run.stdout.strip(), run.stderr) == (True, "", "")


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
