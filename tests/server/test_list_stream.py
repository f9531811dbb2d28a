"""The list of runs over a WebSocket, on a real server; a run's own stream is tested with `gan.server.broadcast`."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
from typing import Any

import pytest
from helpers import ENDLESS, PATIENCE, wait_until
from serving import Server, decode

from gan.recording.commands import Pause, Resume, Stop
from gan.runs.run import Run
from gan.server import broadcast, streams


def test_the_list_is_pushed_when_it_changes_and_only_then(
    server: Server, finished: Run, paused: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_until(lambda: finished.scores.all and finished.scores.all[-1].epoch == finished.snapshot().epoch)
    monkeypatch.setattr(streams, "LIST_TICK", 0.02)
    monkeypatch.setattr(broadcast, "LIST_AGE", 0.0)
    looks = 0
    list_runs = broadcast._list_runs

    def counted(*args: Any) -> broadcast.Listing:
        nonlocal looks
        looks += 1
        return list_runs(*args)

    monkeypatch.setattr(broadcast, "_list_runs", counted)
    with server.watch("/api/runs/live") as socket:

        def states() -> dict[str, str]:
            listing = json.loads(socket.recv(timeout=PATIENCE))
            return {run["name"]: run["state"] for run in listing["runs"]}

        first = states()
        assert (first["finished"], first[paused.name]) == ("finished", "paused")
        for _ in range(2):  # once for what may still have been under way
            seen = looks
            wait_until(functools.partial(lambda seen: looks >= seen + 4, seen))
            assert socket.ping().wait(PATIENCE)
            news = 0
            with contextlib.suppress(TimeoutError):
                while socket.recv(timeout=0):
                    news += 1
        assert news == 0
        for command, state in ((Resume(), "running"), (Pause(), "paused"), (Stop(), "stopped")):
            server.registry.command(paused.name, command)
            while states()[paused.name] != state:
                pass


def test_mere_progress_is_told_less_often_than_anything_else(
    server: Server, paused: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LIST_TICK", 0.02)
    monkeypatch.setattr(streams, "PROGRESS_TICK", 1000.0)
    monkeypatch.setattr(broadcast, "LIST_AGE", 0.0)
    told: list[list[dict[str, Any]]] = []
    with server.watch("/api/runs/live") as socket:

        def wait_for_state(state: str) -> None:
            while not told or next(run["state"] for run in told[-1] if run["name"] == paused.name) != state:
                told.append(json.loads(socket.recv(timeout=PATIENCE))["runs"])

        wait_for_state("paused")
        server.registry.command(paused.name, Resume())
        wait_for_state("running")
        wait_until(lambda: paused.snapshot().batch > 100)
        server.registry.command(paused.name, Pause())
        wait_for_state("paused")
    progress = ("batch", "epoch", "seconds", "updated", "size")
    facts = [[[value for name, value in run.items() if name not in progress] for run in runs] for runs in told]
    assert all(before != after for before, after in itertools.pairwise(facts))


def test_the_list_comes_along_with_a_run_where_that_is_asked_for(server: Server, paused: Run) -> None:
    with server.watch(f"/api/runs/{paused.name}/live?list=1") as socket:

        def next_of(kind: type) -> Any:
            while not isinstance(message := socket.recv(timeout=PATIENCE), kind):
                pass
            return message

        def state() -> str:
            listing = json.loads(next_of(str))
            return str(next((run["state"] for run in listing["runs"] if run["name"] == paused.name), "not listed yet"))

        while state() != "paused":
            pass
        server.registry.command(paused.name, Resume())
        while state() != "running":
            pass
        assert decode(next_of(bytes)).header["run"]["state"] == "running"
    with server.watch(f"/api/runs/{paused.name}/live") as socket:
        assert all(isinstance(socket.recv(timeout=PATIENCE), bytes) for _ in range(3))


def test_all_who_ask_at_once_share_one_listing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "LIST_AGE", 1000.0)
    texts = {server.get("/api/runs").text for _ in range(2)}
    run = server.registry.start(ENDLESS, paused=True)
    texts.add(server.get("/api/runs").text)
    assert len(texts) == 1
    monkeypatch.undo()
    wait_until(lambda: run.name in server.get("/api/runs").text)
    server.registry.delete(run.name)
