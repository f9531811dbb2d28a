"""What is going on in a run, as its stream and the route tell it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from helpers import ENDLESS, PATIENCE, wait_until
from serving import Frame, Server, decode
from websockets.sync.client import ClientConnection

from gan.recording.commands import Pause, Resume
from gan.runs.run import Run
from gan.server import live_explanation
from gan.server.live_explanation import LiveExplanation

SLOW = ENDLESS.changed(lr_g=1e-6, lr_d=1e-6)


@pytest.fixture
def slow(server: Server) -> Iterator[Run]:
    """A paused run whose learning rates are too small to see anything, after some 300 batches."""
    run = server.registry.start(SLOW, "slow")
    run.pause_at(300)
    wait_until(lambda: run.snapshot().state == "paused")
    yield run
    server.registry.delete(run.name)


def take(connection: ClientConnection) -> Frame:
    message = connection.recv(timeout=PATIENCE)
    assert isinstance(message, bytes)
    return decode(message)


def test_the_stream_tells_what_is_going_on_and_a_change_of_it(server: Server, slow: Run) -> None:
    with server.watch("/api/runs/slow/live") as viewer:
        first = take(viewer)
        told = first.header["explanation"]
        assert told["batch"] == first.batch == 300
        assert "".join(part["text"] for part in told["line"]).startswith("The discriminator spots")
        assert "rate too small" in told["standing"]
        assert [warning["remedy"] for warning in told["warnings"] if warning["name"] == "rate too small"] == [
            {"lr_g": 0.0002, "lr_d": 0.0002}
        ]
        slow.pause_at(320)
        slow.command(Resume())
        while told["batch"] < 320:
            told = take(viewer).header.get("explanation", told)
        assert told["figures"]["batch"] == 320


def test_the_route_says_what_was_said_at_any_batch(server: Server, slow: Run) -> None:
    def told(batch: int) -> dict[str, object]:
        answer = server.get(f"/api/runs/slow/explanation?batch={batch}")
        assert answer.status_code == 200, answer.text
        return dict(json.loads(answer.content))

    assert told(100)["warnings"] == []
    assert told(300)["standing"] == told(9_999_999)["standing"] == ["rate too small"]
    assert server.get("/api/runs/slow/explanation?batch=x").status_code == 400
    assert server.get("/api/runs/nobody/explanation?batch=1").status_code == 404


def test_a_run_that_trains_is_explained_after_a_pause_and_one_at_rest_at_once(
    server: Server, slow: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_explanation, "PAUSE", 1000.0)
    live = LiveExplanation()

    def explained() -> int:
        asyncio.run(live.refresh(slow, slow.series, slow.snapshot(), ()))
        assert live.newest is not None
        return int(live.newest["batch"])

    slow.pause_at(None)
    slow.command(Resume())
    wait_until(lambda: slow.snapshot().state == "running")
    first = explained()
    wait_until(lambda: slow.snapshot().batch > first)
    assert explained() == first
    slow.command(Pause())
    wait_until(lambda: slow.snapshot().state == "paused")
    assert explained() == slow.snapshot().batch > first
