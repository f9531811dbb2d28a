"""Students of a class without a browser: each is told what a page is told, and posts what a page would post."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import Any

import httpx
from classes import ClassServer
from websockets.exceptions import WebSocketException

AGAIN = 0.3  # seconds after which a page that has lost the server tries again


class Seat:
    """One student, who has joined and watches, until `leave`.

    Attributes:
        parts: what the class was told last, by part: "lead", "question", "league", ...
        led: when it was led, by this computer's clock, and where to.
    """

    def __init__(self, server: ClassServer, name: str) -> None:
        self.name = name
        self.cookie = server.student(name)
        self.parts: dict[str, Any] = {}
        self.led: list[tuple[float, dict[str, Any]]] = []
        self._server = server
        self._leaves = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._server.ask(method, path, self.cookie, **options)

    def answer(self, question: str, value: object) -> None:
        answer = self.ask("POST", f"/api/class/question/{question}/answer", json={"answer": value})
        assert answer.status_code == 200, answer.text

    def leave(self) -> None:
        self._leaves.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._leaves.wait(AGAIN if self.parts else 0):
            with (
                contextlib.suppress(OSError, WebSocketException),
                self._server.watch("/api/runs/live", self.cookie) as socket,
            ):
                while not self._leaves.is_set():
                    with contextlib.suppress(TimeoutError):
                        self._take(socket.recv(timeout=1))

    def _take(self, message: str | bytes) -> None:
        if not isinstance(message, str) or not message.startswith('{"part":'):
            return
        told = json.loads(message)
        self.parts[told["part"]] = told["value"]
        if told["part"] == "lead":
            self.led.append((time.time(), told["value"]))
