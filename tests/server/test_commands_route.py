"""The routes that act on a run, on a real server: commands, and training a recording again."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import pytest
from helpers import ENDLESS, wait_for_batch, wait_until
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from serving import Server, again, sentence

from gan.limits import MAX_COMMAND, MAX_STEPS
from gan.recording.commands import Step
from gan.runs.run import Run
from gan.settings import Settings


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
