"""A real server that is open to a class, and its people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import plain_http
from chromium import App
from helpers import SMALL, wait_until
from websockets.sync.client import ClientConnection, connect

from gan.recording.commands import Step
from gan.runs.registry import RunRegistry

HOST = "class.example"  # an open door for others, so the server is a class though it listens here


def leave_demo(folder: Path, *, pace: float) -> None:
    """Leave a run, "demo", that is paused after three batches and would train `pace` batches a second."""
    registry = RunRegistry(folder)
    registry.open()
    run = registry.start(SMALL.changed(epochs=10_000, pace=pace), "demo", paused=True)
    for _ in range(3):
        registry.command(run.name, Step())
    wait_until(lambda: run.snapshot().batch == 3)
    registry.close()


@dataclass
class ClassServer:
    app: App

    @property
    def kept(self) -> dict[str, Any]:
        """What the server has written of its class."""
        kept: dict[str, Any] = json.loads((self.app.folder / ".class.json").read_text("utf-8"))
        return kept

    @property
    def port(self) -> int:
        return urlsplit(self.app.url).port or 0

    def ask(self, method: str, path: str, cookie: str = "", **options: Any) -> httpx.Response:
        headers = {"Cookie": cookie, "Origin": self.app.url} | options.pop("headers", {})
        return plain_http.request(method, f"{self.app.url}{path}", headers=headers, **options)

    def join(self, name: str, code: str | None = None) -> httpx.Response:
        form = {"code": self.kept["code"] if code is None else code, "name": name}
        return self.ask("POST", "/api/class/join", data=form)

    def student(self, name: str) -> str:
        """The cookie of a student who has joined."""
        answer = self.join(name)
        assert answer.status_code == 303, answer.text
        return cookie_of(answer)

    def teacher(self) -> str:
        return cookie_of(self.ask("GET", f"/?teacher={self.kept['key']}"))

    def me(self, cookie: str) -> dict[str, str]:
        answer: dict[str, str] = self.ask("GET", "/api/class/me", cookie).json()
        return answer

    @contextmanager
    def watch(self, path: str, cookie: str, **headers: str) -> Iterator[ClientConnection]:
        address = f"ws://localhost:{self.port}{path}"
        asked = {"Cookie": cookie, **headers}
        with connect(address, additional_headers=asked, proxy=None, max_size=None) as connection:
            yield connection


def cookie_of(answer: httpx.Response) -> str:
    """The cookie that an answer sets, as a browser sends it back."""
    return answer.headers["set-cookie"].partition(";")[0]


def sentence_of(answer: httpx.Response) -> str:
    """The one sentence of a refusal, in JSON or as plain text."""
    text: str = answer.json()["error"] if "json" in answer.headers["content-type"] else answer.text.strip()
    assert text.endswith("."), text
    assert "\n" not in text
    return text
