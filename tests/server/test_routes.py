"""The routes beside the page, on a real server: health, the list of runs, and what is refused everywhere."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from helpers import PATIENCE, wait_for_batch
from serving import Server, again, sentence
from starlette.applications import Starlette
from websockets.exceptions import InvalidStatus

from gan.runs.run import Run
from gan.server import routes

STATES = {"queued", "running", "paused", "stopped", "finished"}

PATHS = ["grids/latest.png", "grids/1.png", "generator.safetensors", "run.zip"]


def test_health(server: Server) -> None:
    assert server.get("/api/health").json() == {"status": "ok", "version": "0.1.0", "read_only": None}


def test_runs_are_listed_with_their_states(server: Server, finished: Run, damaged: Path, paused: Run) -> None:
    listing = server.get("/api/runs").json()
    assert listing["read_only"] is None
    runs = {run["name"]: run for run in listing["runs"]}
    assert runs["finished"]["state"] == "finished"
    assert runs["finished"]["epoch"] == runs["finished"]["epochs"] == 2
    assert runs["finished"]["batch"] == runs["finished"]["batches"] == finished.snapshot().batch
    assert runs[paused.name]["state"] == "paused"
    assert runs[damaged.name]["state"] == "damaged"
    assert runs[damaged.name]["message"]
    made = [run["created"] for run in listing["runs"]]
    assert made == sorted(made, reverse=True)


@pytest.mark.parametrize(
    "name", ["nobody", "..%2f..", "%2e%2e%2fetc", "a" * 65, "a" * 5000, "%00", "%F0%9F%98%80", "."]
)
def test_unknown_runs_are_404_everywhere(server: Server, name: str) -> None:
    with server.http() as client:
        for path in PATHS:
            response = client.get(f"/api/runs/{name}/{path}")
            assert response.status_code == 404, path
        assert client.post(f"/api/runs/{name}/commands", json={"kind": "pause"}).status_code == 404
    assert refused(server, f"/api/runs/{name}/live") == 404


def refused(server: Server, path: str, **options: Any) -> int:
    """The status with which the server refuses a WebSocket."""
    with pytest.raises(InvalidStatus) as error, server.watch(path, **options):
        pass
    return error.value.response.status_code


def test_an_unknown_run_gets_a_sentence(server: Server) -> None:
    for path in PATHS:
        assert sentence(server.get(f"/api/runs/nobody/{path}")) == "There is no run named 'nobody'."
    assert sentence(server.post("nobody", {"kind": "pause"})) == "There is no run named 'nobody'."


def test_a_damaged_run_says_why(server: Server, damaged: Path) -> None:
    for path in PATHS:
        response = server.get(f"/api/runs/damaged/{path}")
        assert response.status_code == 404
        assert sentence(response).startswith("Run damaged is damaged: run.json cannot be read")
    assert sentence(server.post("damaged", {"kind": "resume"})).startswith("Run damaged is damaged")
    assert refused(server, "/api/runs/damaged/live") == 404


ORIGINS = ["http://evil.example", "null", "", "http://[", "http://127.0.0.1", "http://127.0.0.1:1", "file://"]


@pytest.mark.parametrize("origin", ORIGINS)
def test_other_sites_may_neither_watch_nor_steer(server: Server, still: Run, origin: str) -> None:
    response = server.post(still.name, {"kind": "step"}, Origin=origin)
    assert response.status_code == 403
    assert "another site" in sentence(response)
    assert again(server, still.name, origin).status_code == 403
    for path in ("/api/runs/live", f"/api/runs/{still.name}/live"):
        assert refused(server, path, additional_headers={"Origin": origin}) == 403
    assert still.snapshot().batch == 0


def test_the_page_itself_may_watch_and_steer(server: Server, paused: Run) -> None:
    origin = f"http://{server.address}"
    assert server.post(paused.name, {"kind": "step"}, Origin=origin).status_code == 202
    wait_for_batch(paused, 1)
    with server.watch(f"/api/runs/{paused.name}/live", origin=origin) as socket:
        assert socket.recv(timeout=PATIENCE)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/runs/finished/commands"), ("PUT", "/api/runs/finished/commands"), ("POST", "/api/runs"),
        ("DELETE", "/api/runs/finished/run.zip"), ("POST", "/api/plotly.js"), ("POST", "/api/ui/shared/dom.js"),
    ],
)  # fmt: skip
def test_wrong_methods_are_405(server: Server, finished: Run, method: str, path: str) -> None:
    with server.http() as client:
        answer = client.request(method, path)
        assert answer.status_code == 405
        allowed = answer.headers["allow"]
        assert method not in allowed.split(", ")
        assert sentence(answer) == f"This address takes {allowed} only."
        asked = client.options(path)
        assert (asked.status_code, asked.headers["allow"], asked.content) == (204, allowed, b"")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/none", "/api/runs/finished", "/api/runs/finished/grids", "/api//runs"]
)
def test_addresses_that_do_not_exist_are_404(server: Server, method: str, path: str) -> None:
    with server.http() as client:
        answer = client.request(method, path)
        assert answer.status_code == 404
        assert sentence(answer) == "There is no such address."


def test_a_head_is_answered_like_a_get_without_the_body(server: Server, finished: Run) -> None:
    with server.http() as client:
        for path, status in {"/api/runs": 200, "/api/runs/finished/epochs": 200, "/api/none": 404}.items():
            answer = client.head(path)
            assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize("path", ["/api/runs/live", "/api/runs/finished/live"])
def test_a_plain_request_for_a_stream_is_told_what_a_proxy_must_pass_on(server: Server, path: str) -> None:
    answer = server.get(path)
    assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")
    assert "proxy_set_header Upgrade $http_upgrade" in sentence(answer)


def test_an_unknown_stream_is_404(server: Server) -> None:
    assert refused(server, "/api/none/live") == 404


def test_below_a_path_the_same_holds() -> None:
    transport = httpx.ASGITransport(Starlette(routes=routes.routes("/class/gan")))

    async def statuses() -> list[int]:
        async with httpx.AsyncClient(transport=transport, base_url="http://livegan") as client:
            asked = [
                ("GET", "/class/gan/api/none"),
                ("DELETE", "/class/gan/api/runs"),
                ("GET", "/class/gan/api/runs/live"),
            ]
            return [(await client.request(method, path)).status_code for method, path in asked]

    assert asyncio.run(statuses()) == [404, 405, 426]
