"""The routes beside the page, on a real server: plain requests, the list of runs, and how the server ends."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gzip
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from helpers import ENDLESS, PATIENCE, SMALL, wait_for_batch, wait_until
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors import safe_open
from serving import Server, decode, stalled
from starlette.applications import Starlette
from websockets.exceptions import InvalidStatus

from gan.limits import MAX_COMMAND, MAX_STEPS
from gan.recording import checkpoint, series_file
from gan.recording.commands import Pause, Resume, SetKnobs, Step, Stop
from gan.recording.run_file import read_run_file
from gan.runs.registry import ROOT
from gan.runs.run import Run
from gan.server import broadcast, page_files, plotly_js, routes, streams
from gan.settings import Settings
from gan.training.networks import Generator

STATES = {"queued", "running", "paused", "stopped", "finished"}
PATHS = ["grids/latest.png", "grids/1.png", "generator.safetensors", "run.zip"]


def sentence(response: httpx.Response) -> str:
    """The one sentence of a refusal."""
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body.keys() == {"error"}
    text: str = body["error"]
    assert re.fullmatch(r"[A-Z].*\.", text), text
    assert "Traceback" not in text
    return text


# --- health and the list -----------------------------------------------------------------------------------------


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


def test_the_list_is_pushed_when_it_changes_and_only_then(
    server: Server, finished: Run, paused: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LIST_TICK", 0.02)
    monkeypatch.setattr(broadcast, "LIST_AGE", 0.0)
    looks = 0
    list_runs = broadcast._list_runs

    def counted(*args: Any) -> str:
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


# --- refusals ----------------------------------------------------------------------------------------------------


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


# --- commands ----------------------------------------------------------------------------------------------------


def test_commands_act(server: Server, paused: Run) -> None:
    for body in ({"kind": "set", "values": {"lr_g": 0.001}}, {"kind": "step"}):
        response = server.post(paused.name, body)
        assert response.status_code == 202
        assert response.json() == {"ok": True}
    wait_for_batch(paused, 1)
    assert paused.snapshot().settings.lr_g == 0.001
    assert [mark.batch for mark in paused.snapshot().marks] == [0]


BAD_BODIES = [
    b"", b"{", b"[]", b"null", b"5", b'"pause"', b"{}", b'{"kind": 5}', b'{"kind": null}', b'{"kind": ["pause"]}',
    b'{"kind": "set", "values": []}', b'{"kind": "set", "values": "lr_g"}', b'{"kind": "set", "values": 0}',
    b"\xff\xfe", b"[" * 20_000, b'{"kind": "\\ud800"}', b'{"kind": "pause", "values": {' + b" " * MAX_COMMAND + b"}}",
]  # fmt: skip


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_what_is_no_command_gets_a_sentence(server: Server, still: Run, body: bytes) -> None:
    response = server.post(still.name, body)
    assert response.status_code == 400
    assert sentence(response).startswith("A command is a JSON object such as")


REFUSED = [
    ({"kind": "fly"}, "There is no command 'fly'"),
    ({"kind": "peek"}, "There is no command 'peek'"),
    ({"kind": "shutdown"}, "There is no command 'shutdown'"),
    ({"kind": "\U0001f600\n" * 100}, "There is no command"),
    ({"kind": "set"}, "No knob is named"),
    ({"kind": "set", "values": {}}, "No knob is named"),
    ({"kind": "set", "values": {"lr_g": 5}}, "lr_g"),
    ({"kind": "set", "values": {"lr_g": float("nan")}}, "lr_g"),
    ({"kind": "set", "values": {"lr_g": float("inf")}}, "lr_g"),
    ({"kind": "set", "values": {"latent_dim": 10**400}}, "latent_dim"),
    ({"kind": "set", "values": {"lr_g": {"deep": [1]}}}, "lr_g"),
    ({"kind": "set", "values": {"seed": 5}}, "fixed when a run starts"),
    ({"kind": "set", "values": {"color": 5}}, "color"),
    ({"kind": "set", "values": {"self": 5}}, "self"),
    ({"kind": "set", "values": {"\U0001f600\n" * 100: 5}}, ""),
]


@pytest.mark.parametrize(("body", "says"), REFUSED, ids=range(len(REFUSED)))
def test_commands_that_a_run_cannot_obey_get_a_sentence(
    server: Server, still: Run, body: dict[str, Any], says: str
) -> None:
    response = server.post(still.name, body)
    assert response.status_code == 400
    text = sentence(response)
    assert says in text
    assert len(text) < 400
    assert still.snapshot().marks == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(["kind", "values"]), inner),
)
NAMES = st.sampled_from(sorted(Settings.model_fields))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.dictionaries(NAMES | st.text(), JSON, min_size=1))
@example(values={"latent_dim": True})
def test_no_values_are_too_odd_for_an_answer(client: httpx.Client, paused: Run, values: dict[str, Any]) -> None:
    response = client.post(f"/api/runs/{paused.name}/commands", content=json.dumps({"kind": "set", "values": values}))
    if response.status_code != 202:
        assert response.status_code == 400
        sentence(response)


def test_steps_beyond_the_limit_are_refused_and_stop_is_not(server: Server) -> None:
    run = server.registry.start(ENDLESS.changed(pace=0.001))  # so slow that none of them is trained
    wait_for_batch(run, 1)
    for _ in range(MAX_STEPS):
        run.command(Step())
    refused = server.post(run.name, {"kind": "step_d"})
    assert refused.status_code == 429
    assert refused.json() == {"error": f"{MAX_STEPS} steps are waiting already; let the run train them first."}
    assert server.post(run.name, {"kind": "stop"}).status_code == 202
    wait_until(lambda: not run.active)
    server.registry.delete(run.name)


def test_a_client_that_vanishes_in_the_middle_of_a_command(server: Server, still: Run) -> None:
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST /api/runs/{still.name}/commands HTTP/1.1\r\nHost: {server.address}\r\nContent-Length: 100\r\n\r\n"
        connection.sendall(head.encode() + b'{"kind"')
    assert server.get("/api/health").status_code == 200


# --- weights, zip, grids -----------------------------------------------------------------------------------------


def read_weights(content: bytes, folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    path = folder / "generator.safetensors"
    path.write_bytes(content)
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def test_weights_of_a_run_at_rest(server: Server, finished: Run, tmp_path: Path) -> None:
    response = server.get("/api/runs/finished/generator.safetensors")
    assert response.status_code == 200
    tensors, metadata = read_weights(response.content, tmp_path)
    assert int(metadata["batch"]) == finished.snapshot().batch
    assert Settings.model_validate_json(metadata["settings"]) == SMALL
    s = SMALL
    generator = Generator(s.latent_dim, (1, 28, 28), s.g_hidden, s.dropout)
    generator.load_state_dict({name.removeprefix("generator."): value for name, value in tensors.items()})
    kept = checkpoint.read_state(finished.folder, finished.run_file.newest)
    assert all(torch.equal(value, kept[name]) for name, value in tensors.items())


def test_weights_follow_the_training(server: Server, paused: Run, tmp_path: Path) -> None:
    path = f"/api/runs/{paused.name}/generator.safetensors"
    first = server.get(path)
    assert first.headers["cache-control"] == "no-cache"
    again = server.get(path, If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    server.registry.command(paused.name, Step())
    second = server.get(path, If_None_Match=first.headers["etag"])
    assert second.status_code == 200
    server.registry.command(paused.name, SetKnobs({"latent_dim": 20}))  # other weights at the same batch
    third = server.get(path, If_None_Match=second.headers["etag"])
    assert third.status_code == 200
    tensors, metadata = read_weights(third.content, tmp_path)
    assert tensors["generator.linears.0.weight"].shape == (16, 20)
    assert json.loads(metadata["settings"])["latent_dim"] == 20
    assert metadata["batch"] == "1"


def test_weights_while_it_trains(server: Server, tmp_path: Path) -> None:
    run = server.registry.start(ENDLESS)
    wait_for_batch(run, 1)
    before = run.snapshot().batch
    _, metadata = read_weights(server.get(f"/api/runs/{run.name}/generator.safetensors").content, tmp_path)
    assert before <= int(metadata["batch"]) <= run.snapshot().batch + 1
    server.registry.delete(run.name)


def test_zip_holds_the_run_and_comes_back(server: Server, finished: Run) -> None:
    response = server.get("/api/runs/finished/run.zip")
    assert response.headers["content-type"] == "application/zip"
    assert response.headers["content-disposition"] == 'attachment; filename="finished.zip"'
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        names = set(archive.namelist())
        assert names >= {"finished/run.json", "finished/series.npy", "finished/grids/00002.png"}
        for name in names:
            assert archive.read(name) == (server.folder / name).read_bytes()
    name = server.registry.unpack(io.BytesIO(response.content), "copy.zip")
    assert server.registry.get(name).snapshot().batch == finished.snapshot().batch
    server.registry.delete(name)


def test_grids(server: Server, finished: Run) -> None:
    for path in ("1.png", "2.png", "latest.png?b=26"):
        response = server.get(f"/api/runs/finished/grids/{path}")
        assert response.headers["content-type"] == "image/png"
        assert response.headers["cache-control"] == "no-cache"
        assert Image.open(io.BytesIO(response.content)).size == (242, 242)
        again = server.get(f"/api/runs/finished/grids/{path}", If_None_Match=response.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
    assert server.get("/api/runs/finished/grids/2.png").content == finished.grid(2)
    named = server.get(f"/api/runs/finished/grids/1.png?v={finished.snapshot().created}")
    assert named.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("epoch", ["0", "3", "-1", "1.0", "x", "", "9" * 20, "9" * 5000, "%D9%A1", "..%2f..%2frun"])
def test_missing_grids_are_404(server: Server, finished: Run, epoch: str) -> None:
    assert server.get(f"/api/runs/finished/grids/{epoch}.png").status_code == 404


def test_a_run_without_a_batch_has_weights_and_images(server: Server, paused: Run) -> None:
    assert server.get(f"/api/runs/{paused.name}/generator.safetensors").status_code == 200
    assert server.get(f"/api/runs/{paused.name}/grids/latest.png").status_code == 200
    assert server.get(f"/api/runs/{paused.name}/grids/1.png").status_code == 404


# --- files of the page -------------------------------------------------------------------------------------------


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


# --- the end -----------------------------------------------------------------------------------------------------

MORE_THAN_A_SOCKET_HOLDS = 5_000_000  # bytes
SERVE = """
import contextlib, socket, uvicorn
from starlette.applications import Starlette
from gan.server import broadcast, routes
from gan.server.application import the_registry
from gan.server.lifespan import lifespan
from gan.settings import parse

broadcast.TICK = 0.005

@contextlib.asynccontextmanager
async def with_a_run(app):
    async with lifespan(app) as state:
        the_registry().start(parse({settings!r}), "demo")
        yield state

app = Starlette(routes=routes.routes(), lifespan=with_a_run)
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
with contextlib.suppress(KeyboardInterrupt):
    config = uvicorn.Config(app, ws="websockets-sansio", ws_per_message_deflate=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])
"""


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_with_every_run_on_disk(tmp_path: Path, stop: signal.Signals) -> None:
    """Also while one viewer reads nothing; uvicorn alone would wait for it for ever."""
    with_a_stuck_viewer = stop == signal.SIGTERM
    environment = os.environ | {"LIVEGAN_CHECKPOINTS": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", SERVE.format(settings=ENDLESS.differing())]
    pipe = subprocess.PIPE
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True, cwd=ROOT)
        )
        stack.callback(process.kill)
        assert process.stdout is not None
        server = Server(f"127.0.0.1:{process.stdout.readline().strip()}", tmp_path)
        with server.view("demo") as viewer, server.watch("/api/runs/live"), stalled(server, "demo") as stuck:
            if not with_a_stuck_viewer:
                stuck.close()
            viewer.until(lambda: viewer.bytes > MORE_THAN_A_SOCKET_HOLDS or not with_a_stuck_viewer)
            viewer.until(lambda: viewer.batch > 0 and viewer.run["state"] == "running")
            process.send_signal(stop)
            _, errors = process.communicate(timeout=PATIENCE)
    kept = read_run_file(tmp_path / "demo")
    assert kept.state == "interrupted"
    assert kept.batch >= viewer.batch
    assert len(series_file.read(tmp_path / "demo", kept)) == kept.batch
    assert "Traceback" not in errors
    assert ("timeout graceful shutdown exceeded" in errors) == with_a_stuck_viewer


# --- a recording, trained again ----------------------------------------------------------------------------------


def again(server: Server, name: str, origin: str | None = None) -> httpx.Response:
    with server.http() as client:
        return client.post(f"/api/runs/{name}/again", headers={} if origin is None else {"Origin": origin})


def test_a_recording_is_trained_again_and_the_answer_names_the_new_run(server: Server, finished: Run) -> None:
    answer = again(server, finished.name)
    assert (answer.status_code, answer.json()) == (202, {"ok": True, "name": "finished-again"})
    run = server.registry.get("finished-again")
    run.join()
    assert run.snapshot().batch == finished.snapshot().batch
    server.registry.delete(run.name)


def test_what_cannot_be_trained_again_is_refused(server: Server, still: Run) -> None:
    assert again(server, "nobody").status_code == 404
    answer = again(server, still.name)
    assert answer.status_code == 400
    assert sentence(answer) == "Run still has no batch on disk yet, so there is nothing to train again."


def test_a_finished_run_refuses_to_go_on_by_command(server: Server, finished: Run) -> None:
    answer = server.post(finished.name, {"kind": "resume"})
    assert answer.status_code == 400
    assert sentence(answer) == "It has trained its 2 epochs; raise Epochs to go on."
    assert finished.snapshot().state == "finished"
