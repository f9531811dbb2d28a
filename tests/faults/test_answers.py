"""Questions to a class on the real server: from asking to telling, a kill in the middle, and attacks on answers."""

from __future__ import annotations

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from chromium import App
from classes import HOST, ClassServer, leave_demo, sentence_of
from helpers import PATIENCE, wait_until

from gan.classroom import question_log
from gan.limits import MAX_ANSWER_CHANGES

WHO: dict[str, Any] = {
    "kind": "choice",
    "ask": "Who wins?",
    "choices": ["the forger", "the detective"],
    "right": 1,
    "seconds": 600,
}
DRAWN = 40  # batches


@pytest.fixture(scope="module")
def server(start_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory) -> ClassServer:
    """A class with a run of the teacher's, "demo", that is paused after some batches."""
    folder = tmp_path_factory.mktemp("class")
    leave_demo(folder, pace=100)
    return ClassServer(start_app(folder, LIVEGAN_HOSTS=HOST))


@pytest.fixture(scope="module")
def teacher(server: ClassServer) -> str:
    return server.teacher()


@pytest.fixture
def ask(server: ClassServer, teacher: str) -> Callable[..., str]:
    def ask(**changes: Any) -> str:
        answer = server.ask("POST", "/api/class/question", teacher, json=WHO | changes)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    return ask


def answer(server: ClassServer, cookie: str, question: str, value: Any, **more: Any) -> httpx.Response:
    path = f"/api/class/question/{question}/answer"
    return server.ask("POST", path, cookie, json={"answer": value, **more})


def act(server: ClassServer, teacher: str, question: str, name: str, **more: Any) -> httpx.Response:
    return server.ask("POST", f"/api/class/question/{question}", teacher, json={"act": name, **more})


def seen(server: ClassServer, cookie: str) -> dict[str, Any]:
    found: dict[str, Any] = server.ask("GET", "/api/class/question", cookie).json()
    return found


# --- as it is meant ----------------------------------------------------------------------------------------------


def test_a_class_answers_and_sees_all_answers_once_the_teacher_shows_them(
    server: ClassServer, teacher: str, ask: Callable[..., str]
) -> None:
    zoe, ben = server.student("Zoe"), server.student("<b>Ben</b>")
    question = ask()
    assert [answer(server, zoe, question, 0).status_code, answer(server, ben, question, 0).status_code] == [200, 200]
    assert answer(server, zoe, question, 1).json() == {"ok": True, "mine": 1}
    assert seen(server, teacher)["answers"]["count"] == 2
    assert (seen(server, zoe)["answers"], seen(server, zoe)["mine"]) == (None, 1)
    assert sentence_of(act(server, teacher, question, "show")).startswith("Close the question first")
    for name in ("close", "show"):
        assert act(server, teacher, question, name).status_code == 200
    shown = seen(server, zoe)
    assert (shown["answers"]["tally"], shown["answers"]["people"]) == ([1, 1], [[], []])
    assert shown["question"]["right"] is None
    for name in ("names", "tell"):
        assert act(server, teacher, question, name).status_code == 200
    told = seen(server, ben)
    assert (told["question"]["right"], told["answers"]["people"]) == (1, [["<b>Ben</b>"], ["Zoe"]])
    act(server, teacher, question, "end")
    assert seen(server, zoe) == {"question": None, "answers": None, "mine": None}


def test_the_nearest_drawing_is_found_once_the_run_has_got_there(
    server: ClassServer, teacher: str, ask: Callable[..., str]
) -> None:
    low, high = server.student("low"), server.student("high")
    curve = {"run": "demo", "metric": "d_real_acc", "batches": DRAWN}
    question = ask(kind="curve", choices=[], right=None, curve=curve)
    axes = seen(server, low)["question"]["axes"]
    start, end = axes["from_batch"], axes["to_batch"]
    assert (end - start, axes["low"], axes["high"]) == (DRAWN, 0, 100)
    for cookie, value in ((low, 0.0), (high, 60.0)):
        assert answer(server, cookie, question, [[start, value], [end, value]]).status_code == 200
    act(server, teacher, question, "close")
    assert sentence_of(act(server, teacher, question, "tell")).startswith("The run has not got there yet")

    def command(kind: str) -> None:
        assert server.ask("POST", "/api/runs/demo/commands", teacher, json={"kind": kind}).status_code == 202

    def batch() -> int:
        runs = server.ask("GET", "/api/runs", teacher).json()["runs"]
        return int(next(run["batch"] for run in runs if run["name"] == "demo"))

    command("resume")
    wait_until(lambda: batch() >= end)
    command("pause")
    for name in ("show", "tell"):
        answered = act(server, teacher, question, name)
        assert answered.status_code == 200, answered.text
    told = seen(server, low)
    assert [one["value"][0][1] for one in told["answers"]["entries"] if one["nearest"]] == [60.0]
    right = told["question"]["right"]
    assert (right[0][0], right[-1][0]) == (start, end)


def test_after_a_kill_in_the_middle_of_a_question_all_of_it_is_there_again(
    start_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder: Path = tmp_path_factory.mktemp("killed")
    before = ClassServer(start_app(folder, LIVEGAN_HOSTS=HOST))
    teacher, students = before.teacher(), [before.student(f"student {number}") for number in range(8)]
    question = str(before.ask("POST", "/api/class/question", teacher, json=WHO).json()["id"])
    with ThreadPoolExecutor(8) as many:  # the kill comes while answers come
        sent = [many.submit(answer, before, cookie, question, 1) for cookie in students]
        assert sent[0].result().status_code == 200
        before.app.process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        taken = [one.exception() is None and one.result().status_code == 200 for one in sent]
    before.app.process.wait(PATIENCE)
    after = ClassServer(start_app(folder, port=before.port, LIVEGAN_HOSTS=HOST))
    found = seen(after, teacher)["question"]
    assert (found["id"], found["open"]) == (question, True)
    assert WHO["seconds"] - 60 < found["left"] <= WHO["seconds"]
    mine = [seen(after, cookie)["mine"] for cookie in students]
    assert all(value == 1 for value, was_taken in zip(mine, taken, strict=True) if was_taken)
    assert answer(after, students[-1], question, 0).status_code == 200
    assert seen(after, students[-1])["mine"] == 0


# --- attacks -----------------------------------------------------------------------------------------------------


def test_a_flood_of_answers_costs_no_other_theirs(server: ClassServer, teacher: str, ask: Callable[..., str]) -> None:
    mallory, zoe = server.student("Mallory 1"), server.student("Zoe 1")
    question = ask()
    with ThreadPoolExecutor(16) as many:
        flood = [many.submit(answer, server, mallory, question, number % 2) for number in range(300)]
        assert answer(server, zoe, question, 1).status_code == 200
        statuses = {one.result().status_code for one in flood}
    assert statuses <= {200, 400, 429}
    assert (seen(server, zoe)["mine"], seen(server, teacher)["answers"]["count"]) == (1, 2)
    lines = (server.app.folder / question_log.NAME).read_text("utf-8").splitlines()
    assert sum(question in line for line in lines) <= MAX_ANSWER_CHANGES + 2


def test_an_answer_after_the_close_or_to_what_was_not_asked_counts_for_nothing(
    server: ClassServer, teacher: str, ask: Callable[..., str]
) -> None:
    zoe = server.student("Zoe 2")
    earlier, question = ask(), ask()
    for wrong in (earlier, "0" * 16, "x" * 3000):
        assert sentence_of(answer(server, zoe, wrong, 1)).startswith("This question is not asked now")
    act(server, teacher, question, "close")
    assert sentence_of(answer(server, zoe, question, 1)).endswith("came too late.")
    assert (seen(server, zoe)["mine"], seen(server, teacher)["answers"]["count"]) == (None, 0)


def test_nobody_answers_for_another(server: ClassServer, ask: Callable[..., str]) -> None:
    zoe, mallory = server.student("Zoe 3"), server.student("Mallory 3")
    question = ask()
    answer(server, zoe, question, 1)
    zoes_id = zoe.partition("=")[2].partition(".")[0]
    answer(server, mallory, question, 0, student=zoes_id, name="Zoe 3", id=zoes_id)
    answer(server, "", question, 0, student=zoes_id)
    assert (seen(server, zoe)["mine"], seen(server, mallory)["mine"]) == (1, 0)
    for name in ("close", "show", "tell", "end"):
        assert act(server, mallory, question, name).status_code == 403
    assert server.ask("POST", "/api/class/question", mallory, json=WHO).status_code == 403
    assert answer(server, zoe, question, 0).status_code == 200


def test_notes_on_a_run_are_for_its_owner_and_the_teacher(server: ClassServer, teacher: str) -> None:
    path, zoe = "/api/runs/demo/notes", server.student("Zoe 4")
    secret = "</textarea><script>alert('seen')</script>"
    assert server.ask("POST", path, teacher, json={"text": secret}).status_code == 200
    assert server.ask("GET", path, teacher).json() == {"text": secret}
    for refused in (server.ask("GET", path, zoe), server.ask("POST", path, zoe, json={"text": ""})):
        assert refused.status_code == 403
    reports = {who: server.ask("GET", "/api/runs/demo/export/report", who).text for who in (teacher, zoe)}
    assert "&lt;/textarea&gt;&lt;script&gt;alert(&#x27;seen" in reports[teacher]
    assert "alert(&#x27;seen" not in reports[zoe]
    for body in (b"", b"[]", b"{", b'{"text": 5}', b'{"text": "' + b"x" * 20_001 + b'"}', b"x" * 1_000_000,
                 b'{"text": ' + b"[" * 5000, b'{"text": "a", "more": 1}'):  # fmt: skip
        answer = server.ask("POST", path, teacher, content=body)
        assert answer.status_code in (400, 413)
        sentence_of(answer)
    assert server.ask("POST", path, teacher, content=b'{"text": "a\\ud800\\u0000b"}').status_code == 200
    assert server.ask("GET", path, teacher).json() == {"text": "ab"}
    for name in ("nothing", "..%2f..", "demo%2f.."):
        assert server.ask("POST", f"/api/runs/{name}/notes", teacher, json={"text": "x"}).status_code in (400, 404)


BODIES = {
    "a drawing of 1 MB": b'{"answer":[' + b"[1,2]," * 170_000 + b"[1,2]]}",
    "many values": b'{"answer":[' + b"1," * 1000 + b"1]}",
    "deep": b'{"answer":' + b"[" * 2000 + b"]" * 2000 + b"}",
    "not finite": b'{"answer":NaN}',
    "huge number": b'{"answer":' + b"9" * 3000 + b"}",
    "twice": b'{"answer":1,"answer":0}',
    "a script": b'{"answer":"<script>alert(1)</script>"}',
    "no object": b"[1]",
    "no JSON": b"\xff\x00",
    "nothing": b"",
    "no answer": b"{}",
}


@pytest.mark.parametrize("kind", ["choice", "number", "curve"])
def test_what_is_no_answer_is_refused_with_one_sentence(
    server: ClassServer, ask: Callable[..., str], kind: str
) -> None:
    fields: dict[str, dict[str, Any]] = {
        "choice": {},
        "number": {"choices": []},
        "curve": {"choices": [], "right": None, "curve": {"run": "demo", "metric": "g_loss", "batches": DRAWN}},
    }
    question, cookie = ask(kind=kind, **fields[kind]), server.student(f"Eve {kind}")
    for what, body in BODIES.items():
        refused = server.ask("POST", f"/api/class/question/{question}/answer", cookie, content=body)
        assert refused.status_code in (400, 413), what
        assert len(sentence_of(refused)) < 120
    assert seen(server, cookie)["mine"] is None


@pytest.mark.parametrize("changes", [
    {"ask": ""}, {"ask": "x" * 2000}, {"choices": ["a"]}, {"choices": ["a"] * 50}, {"seconds": -1}, {"right": 7},
    {"kind": "curve"}, {"kind": "curve", "choices": [], "right": None, "curve": {"run": "nothing", "metric": "g_loss",
                                                                                  "batches": 40}},
    {"kind": "curve", "choices": [], "right": None, "curve": {"run": "demo", "metric": "g_loss", "batches": 10**9}},
    {"kind": "curve", "choices": [], "right": None, "curve": {"run": "../demo", "metric": "x", "batches": 40}},
    {"kind": "curve", "choices": [], "right": None, "curve": 3}, {"id": "0" * 16}, {"axes": {}}, {"more": 1},
])  # fmt: skip
def test_what_is_no_question_is_refused_with_one_sentence(
    server: ClassServer, teacher: str, changes: dict[str, Any]
) -> None:
    refused = server.ask("POST", "/api/class/question", teacher, json=WHO | changes)
    assert refused.status_code == 400
    assert len(sentence_of(refused)) < 200
