"""Requests that are meant for other hosts or come from other sites' pages, on every route of the real server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from addresses import Address, all_addresses, filled
from chromium import App
from helpers import PATIENCE

from gan.runs.registry import ROOT

UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
OURS = ("LIVEGAN_HOSTS", "must name one host", "came from another site")  # in a refusal of the guard


class Answer(NamedTuple):
    status: int
    text: str  # headers and body


@pytest.fixture(scope="module")
def addresses() -> list[Address]:
    return [replace(address, path=filled(address.path)) for address in all_addresses()]


def ask(app: App, address: Address, head: str, target: str | None = None) -> Answer:
    """Send a request with these headers, as they are; with `target` in place of the path."""
    upgrade = UPGRADE if address.socket else "Connection: close\r\n"
    request = f"{address.method} {target or address.path} HTTP/1.1\r\n{head}{upgrade}Content-Length: 0\r\n\r\n"
    with socket.create_connection(("localhost", urlsplit(app.url).port or 0), timeout=PATIENCE) as connection:
        connection.sendall(request.encode())
        with connection.makefile("rb") as answer:
            status = int(answer.readline().split()[1])
            return Answer(status, "" if status == 101 else answer.read().decode("latin-1"))


def forms(port: int) -> dict[str, str]:
    """Headers that must not be answered."""
    us, evil = f"Host: localhost:{port}\r\n", f"Host: evil.example:{port}\r\n"
    return {
        "another host": evil,
        "a rebound page": f"{evil}Origin: http://evil.example:{port}\r\n",
        "a rebound page that names a proxy": f"{evil}X-Forwarded-Host: localhost\r\nForwarded: host=localhost\r\n",
        "a rebound page behind a proxy": f"{us}X-Forwarded-Host: evil.example\r\n",
        "upper case and a dot": "Host: EVIL.EXAMPLE.\r\n",
        "our name as a part": f"Host: localhost.evil.example:{port}\r\n",
        "our address as a part": f"Host: 127.0.0.1.evil.example:{port}\r\n",
        "another address": "Host: [2001:db8::1]\r\n",
        "a user's name": f"Host: localhost@evil.example:{port}\r\n",
        "no host": "",
        "an empty host": "Host:\r\n",
        "two hosts": us + evil,
        "two hosts, the other way round": evil + us,
        "the same host twice": us + us,
        "another site": f"{us}Origin: http://evil.example\r\n",
        "another site with our name as a part": f"{us}Origin: http://localhost.evil.example:{port}\r\n",
        "a page from nowhere": f"{us}Origin: null\r\n",
        "two origins": f"{us}Origin: http://localhost:{port}\r\nOrigin: http://evil.example\r\n",
        "two origins in one": f"{us}Origin: http://localhost:{port}, http://evil.example\r\n",
    }


def is_refused(app: App, address: Address, head: str, target: str | None = None) -> bool:
    """Whether the guard answers, and no route. What is no WebSocket handshake at all, uvicorn refuses itself."""
    status, text = ask(app, address, head, target)
    has_text = address.method != "HEAD" and not (address.socket and status == 400)
    return status in (400, 403) and (not has_text or any(words in text for words in OURS))


def test_no_stranger_is_answered_on_any_route(app: App, addresses: list[Address]) -> None:
    port = urlsplit(app.url).port or 0
    paths = {address.path for address in addresses}
    assert {"/", "/_stcore/stream", "/_stcore/health", "/media/x", "/api/runs", "/api/runs/live"} <= paths
    assert any(path.startswith("/_stcore/upload_file/") for path in paths)
    answered = [
        (form, address)
        for form, head in forms(port).items()
        for address in [*addresses, Address("/static/x.js", "GET", socket=False)]
        if not is_refused(app, address, head)
    ]
    assert answered == []


def test_the_host_in_the_request_line_counts(app: App, addresses: list[Address]) -> None:
    """`GET http://evil.example/ HTTP/1.1` is for evil.example, whatever Host says."""
    port = urlsplit(app.url).port or 0
    for address in addresses:
        target = f"http://evil.example:{port}{address.path}"
        assert is_refused(app, address, f"Host: localhost:{port}\r\n", target), address
    health = Address("/api/health", "GET", socket=False)
    assert ask(app, health, "Host: evil.example\r\n", f"http://localhost:{port}/api/health?x=1").status == 200


def test_our_own_pages_are_answered_on_every_route(app: App, addresses: list[Address]) -> None:
    port = urlsplit(app.url).port or 0
    quiet = [address for address in addresses if "auth" not in address.path]  # these log that nobody has set them up
    for name in ("localhost", "127.0.0.1", "LOCALHOST.", "[::1]"):
        head = f"Host: {name}:{port}\r\nOrigin: http://{name}:{port}\r\n"
        for address in quiet if name == "localhost" else quiet[:3]:
            assert not is_refused(app, address, head), (name, address)
    streams = ("/_stcore/stream", "/api/runs/live")
    sockets = [address for address in addresses if address.path in streams and address.socket]
    assert [ask(app, each, f"Host: localhost:{port}\r\n").status for each in sockets] == [101, 101]


def test_a_refusal_is_plain_text_that_names_the_variable(app: App) -> None:
    answer = ask(app, Address("/", "GET", socket=False), "Host: evil.example\r\n")
    assert answer.status == 403
    assert "content-type: text/plain; charset=utf-8" in answer.text
    assert answer.text.endswith(
        "LiveGAN does not answer to the host name 'evil.example'; if it is LiveGAN's own, list it in the variable "
        "LIVEGAN_HOSTS and start LiveGAN again.\n"
    )


def test_a_variable_that_lists_nonsense_stops_the_start_with_a_sentence() -> None:
    command = [sys.executable, "-c", "import streamlit_app"]
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "LIVEGAN_HOSTS": "a b"}
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("LIVEGAN_HOSTS must list ")
    assert "Traceback" not in ended.stderr
