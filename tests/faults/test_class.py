"""A class on the real server: the whole table of who may do what, and attacks by those who may not."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from addresses import all_addresses, filled
from chromium import App
from classes import HOST, ClassServer, cookie_of, leave_demo, sentence_of
from helpers import PATIENCE, wait_until
from page_types import fields_of
from serving import decode
from streamlit.proto.BackMsg_pb2 import BackMsg
from tabs import pressed, started, tab, told
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from gan.classroom.permissions import JOIN_FIRST, TABLE, Row, Standing
from gan.classroom.tokens import cookie_name, token_of
from gan.limits import MAX_SOCKETS

STANDINGS = {"stranger": Standing.STRANGER, "student": Standing.STUDENT, "teacher": Standing.TEACHER}
NOT_ALLOWED = (401, 403)
OURS = (JOIN_FIRST, "Only the teacher can ")


@pytest.fixture(scope="module")
def server(start_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory) -> ClassServer:
    """A class with a run of the teacher's, "demo", that is paused after some batches."""
    folder = tmp_path_factory.mktemp("class")
    leave_demo(folder, pace=20)
    return ClassServer(start_app(folder, LIVEGAN_HOSTS=HOST))


# --- the table ---------------------------------------------------------------------------------------------------


def test_every_route_has_a_row() -> None:
    named = {route for row in TABLE for route in row.routes}
    there = {
        f"{'SOCKET' if address.socket else address.method} {address.path}"
        for address in all_addresses()
        if address.method not in ("HEAD", "OPTIONS")
    }
    missing = {route for route in there if route not in named and f"ANY {route.split(' ', 1)[1]}" not in named}
    # Two that answer whatever method: unknown addresses below /api, and Streamlit's files. Only the teacher may POST.
    assert missing == {"POST /api", "POST /api/{path:path}", "GET ", "POST "}


@pytest.mark.parametrize("role", STANDINGS)
def test_everybody_may_do_what_the_table_says(server: ClassServer, role: str) -> None:
    cookies = {"stranger": lambda: "", "student": lambda: server.student("table"), "teacher": server.teacher}
    cookie = cookies[role]()
    wrong = []
    for row in TABLE:
        for method, path in (route.split(" ", 1) for route in row.routes if "auth" not in route):
            if _may(server, cookie, row, method, filled(path)) != (STANDINGS[role] >= row.least):
                wrong.append(f"{method} {path}")
    assert wrong == []


def _may(server: ClassServer, cookie: str, row: Row, method: str, path: str) -> bool:
    if method == "SOCKET":
        try:
            with server.watch(path, cookie):
                return True
        except InvalidStatus as refusal:
            return refusal.response.status_code not in NOT_ALLOWED
    answer = server.ask("POST" if method == "ANY" else method, path, cookie, headers={"Accept": "text/html"})
    if answer.status_code in NOT_ALLOWED and any(words in answer.text for words in OURS):  # Streamlit refuses, too
        assert sentence_of(answer).startswith((JOIN_FIRST, f"Only the teacher can {row.what}"))
        return False
    return "<h1>Join the class</h1>" not in answer.text or row.least is Standing.STRANGER


def test_strangers_see_the_page_that_one_joins_on_and_nothing_else(server: ClassServer) -> None:
    answer = server.ask("GET", "/?run=demo&join=abc")
    assert "<h1>Join the class</h1>" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "demo" not in answer.text.replace('value="?run=demo"', "")
    assert server.kept["key"] not in server.ask("GET", "/?teacher=wrong", headers={"X-Forwarded-For": "10.1.2.3"}).text


def test_a_stranger_whom_the_class_knew_is_told_so(server: ClassServer) -> None:
    signing = bytes.fromhex(server.kept["signing"])
    cookie = f"{cookie_name(signing)}={token_of('0' * 16, signing)}"
    for path, says in (("/", True), ("/?join=abc", False)):  # whoever scans a code is on the way back already
        assert ("You are no longer in this class" in server.ask("GET", path, cookie).text) == says
    assert "no longer" not in server.ask("GET", "/").text


def test_the_teachers_key_leaves_the_address_and_becomes_a_cookie_that_no_script_reads(server: ClassServer) -> None:
    answer = server.ask("GET", f"/?run=demo&teacher={server.kept['key']}")
    assert (answer.status_code, answer.headers["location"]) == (303, "./?run=demo")
    assert all(word in answer.headers["set-cookie"] for word in ("HttpOnly", "SameSite=lax", "Path=/"))
    assert server.kept["key"] not in answer.headers["set-cookie"]
    assert server.me(cookie_of(answer)) == {"role": "teacher", "name": ""}


def test_a_student_trains_at_the_own_desk_and_no_other_student_steers_there(server: ClassServer) -> None:
    zoe, mallory, teacher = server.student("Zoe 1"), server.student("Mallory 1"), server.teacher()
    run = started(server, zoe, step="step")
    (found,) = [one for one in server.ask("GET", "/api/runs", zoe).json()["runs"] if one["name"] == run]
    assert found["desk"]["name"] == "Zoe 1"
    turn = {"json": {"kind": "set", "values": {"lr_g": 0.001}}}
    refused = server.ask("POST", f"/api/runs/{run}/commands", mallory, **turn)
    assert sentence_of(refused) == "Only the teacher can steer this run, since it is not on your desk."
    for cookie in (zoe, teacher):
        answer = server.ask("POST", f"/api/runs/{run}/commands", cookie, **turn)
        assert answer.status_code != 403, answer.text
    assert server.ask("POST", f"/api/runs/{run}/again", zoe).status_code != 403
    for cookie, others in ((mallory, run), (zoe, "demo")):
        refused = server.ask("POST", f"/api/runs/{others}/again", cookie)
        assert sentence_of(refused) == "Only the teacher can train this run again, since it is not on your desk."


def test_a_page_opens_with_the_own_run_and_never_with_a_classmates(server: ClassServer) -> None:
    zoe, blue = server.student("Zoe 6"), server.student("Blue 6")
    own = started(server, zoe, step="step")  # it then rests in a pause
    assert own != "demo"
    with tab(server, zoe) as hers, tab(server, blue) as others:
        hers.open("")
        others.open("")
        assert (hers.run, others.run) == (own, None)
    assert server.ask("POST", f"/api/runs/{own}/commands", zoe, json={"kind": "stop"}).status_code == 202


def test_behind_a_proxy_with_a_certificate_the_cookie_is_never_sent_in_the_clear(server: ClassServer) -> None:
    through = {
        "X-Forwarded-For": "192.168.1.7",
        "X-Forwarded-Proto": "https",
        "Host": HOST,
        "Origin": f"https://{HOST}",
    }
    answer = server.ask("POST", "/api/class/join", data={"code": server.kept["code"], "name": ""}, headers=through)
    assert (answer.status_code, answer.headers["location"]) == (303, "../../")
    assert "Secure" in answer.headers["set-cookie"]
    page = server.ask("GET", "/runs/", headers=through | {"Accept": "text/html"})
    assert 'action="../api/class/join"' in page.text
    assert server.kept["key"] not in page.text


def led(socket: ClientConnection) -> dict[str, Any]:
    """Where the class is, as this socket is told next."""
    while not isinstance(text := socket.recv(timeout=PATIENCE), str) or '"part":"lead"' not in text:
        pass
    value: dict[str, Any] = json.loads(text)["value"]
    return value


def test_a_teacher_leads_students_over_the_socket_that_brings_the_list_of_runs(server: ClassServer) -> None:
    zoe, teacher = server.student("Zoe 4"), server.teacher()
    lead = {"leader": "0123456789abcdef", "place": {"page": "train", "run": "demo"}}
    assert sentence_of(server.ask("POST", "/api/class/lead", zoe, json=lead)) == "Only the teacher can lead the class."
    for path in ("/api/runs/live", "/api/runs/demo/live?list=1"):
        with server.watch(path, zoe) as socket:
            assert led(socket) == {"following": False, "look_up": None, "place": None}
            assert server.ask("POST", "/api/class/lead", teacher, json=lead).json() == {"ok": True}
            assert led(socket)["place"]["run"] == "demo"
            server.ask("POST", "/api/class/lead", teacher, json={"leader": None})
            assert not led(socket)["following"]
    for path in ("lead", "look-up"):
        for content in (b"", b"x" * 1_000_000, b"[" * 10_000, b'{"sentence": 5}'):
            answer = server.ask("POST", f"/api/class/{path}", teacher, content=content)
            assert answer.status_code == 400
            assert len(sentence_of(answer)) < 120


def test_the_teacher_sees_the_room_with_the_newest_run_of_each_desk(server: ClassServer) -> None:
    zoe, teacher = server.student("Zoe <i>"), server.teacher()
    with server.watch("/api/class/room/live", teacher) as wall:
        assert desk_told(wall, "Zoe <i>", lambda desk: True) == {
            "id": id_of(zoe), "name": "Zoe <i>", "here": False, "run": None,
        }  # fmt: skip
        name = started(server, zoe, step="step_d")
        with server.watch("/api/runs/live", zoe):
            told = desk_told(wall, "Zoe <i>", lambda desk: desk["here"] and desk["run"] is not None)
        assert desk_told(wall, "Zoe <i>", lambda desk: not desk["here"])["run"]["name"] == name
    assert set(told) == fields_of("RoomDesk")
    assert set(told["run"]) == fields_of("RoomRun")


def test_students_and_strangers_have_no_wall_and_what_they_send_to_it_changes_nothing(server: ClassServer) -> None:
    mallory, teacher = server.student("Mallory 5"), server.teacher()
    for cookie, status in ((mallory, 403), ("", 401)):
        with pytest.raises(InvalidStatus) as refusal, server.watch("/api/class/room/live", cookie):
            pass
        assert refusal.value.response.status_code == status
        for path in ("room/live", "room", "lead", "look-up"):
            answer = server.ask("POST", f"/api/class/{path}", cookie, content=b"x" * 1_000_000)
            assert answer.status_code == status
            sentence_of(answer)
    with server.watch("/api/class/room/live", teacher) as wall:
        with suppress(ConnectionClosed):
            wall.send(b"x" * 1_000_000)
        with server.watch("/api/class/room/live", teacher) as another:
            assert desk_told(another, "Mallory 5", lambda desk: True)


def desk_told(wall: ClientConnection, name: str, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """A desk as the wall tells it, as soon as the condition holds for it."""
    while True:
        message = wall.recv(timeout=PATIENCE)
        assert isinstance(message, bytes)
        for desk in decode(message).header["desks"]:
            if desk["name"] == name and condition(desk):
                found: dict[str, Any] = desk
                return found


# --- attacks -----------------------------------------------------------------------------------------------------


def test_a_student_steers_no_run_of_the_teachers_or_of_another_desk(server: ClassServer) -> None:
    mallory = server.student("Mallory")
    theirs = trained_at_the_desk(server, server.student("Victim"))
    before = runs_at_rest(server, mallory)
    assert {"demo", theirs} <= before.keys()
    for run in [*before, "nothing", "%2e%2e", "x" * 5000]:
        for kind in ("resume", "step", "step_d", "step_g", "stop", "pause", "set"):
            answer = server.ask(
                "POST", f"/api/runs/{run}/commands", mallory, json={"kind": kind, "values": {"lr_g": 1}}
            )
            assert answer.status_code == 403
            assert sentence_of(answer).startswith("Only the teacher can ")
        for act in ("measure", "again"):
            assert server.ask("POST", f"/api/runs/{run}/{act}", mallory).status_code == 403
    for method, path in (("POST", "/api/datasets/kmnist/download"), ("PUT", "/_stcore/upload_file/x/y")):
        assert sentence_of(server.ask(method, path, mallory, content=b"x")).startswith("Only the teacher can ")
    assert runs_at_rest(server, mallory) == before


def test_a_tab_that_forges_what_the_teachers_tab_would_send_changes_nothing_of_anothers(server: ClassServer) -> None:
    mallory, victim = server.student("Mallory 4"), server.student("Victim 4")
    run = trained_at_the_desk(server, victim)
    with tab(server, server.teacher()) as teachers, tab(server, mallory) as forged:
        teachers.open("class")
        for opens in ("close class", "clear all desks", f"clear desk {id_of(victim)}"):
            if opens in teachers.buttons:
                teachers.act(pressed(teachers.buttons[opens]))  # its dialog asks first
        teachers.open("runs")
        remove = teachers.buttons[f"remove {id_of(victim)}"]
        assert {"destroy class", "destroy desk"} <= teachers.buttons.keys()
        before, runs = server.kept, runs_at_rest(server, mallory)
        for page in ("class", "runs", "train", "data"):
            forged.open(page, "run=demo")
            forged.act(*map(pressed, teachers.buttons.values()))
            for fragment in teachers.fragments:
                forged.act_within(fragment, *map(pressed, teachers.buttons.values()))
        for name in ("demo", run):
            forged.open("runs")
            forged.act(told(forged.components["runs_table"], "delete", name))
            forged.press("destroy run")
            assert forged.texts[-1] == "Only the teacher can delete this run, since it is not on your desk."
            forged.act(told(forged.components["runs_table"], "hide", {"name": name, "hide": True}))
            assert "Only the teacher can hide or restore runs, or empty the bin." in forged.texts
            forged.open("train", f"run={name}")
            lesson = {"lesson": "ratio", "step": 0, "before": name}
            forged.act(told(forged.components["live"], "lesson_start", lesson))
        forged.send(BackMsg(debug_shutdown_runtime=True))
        forged.send(BackMsg(clear_cache=True))
        forged.open("class")
        assert (server.kept, runs_at_rest(server, mallory)) == (before, runs)
        assert forged.texts[0].startswith("You are **Mallory 4**")
        teachers.open("class")
        teachers.act(pressed(remove))  # what the teacher's own tab sends is obeyed
    assert server.me(victim)["role"] == "stranger"


def trained_at_the_desk(server: ClassServer, student: str) -> str:
    """A run of this student's that has ended; its name."""
    name = started(server, student, step="step")
    assert server.ask("POST", f"/api/runs/{name}/commands", student, json={"kind": "stop"}).status_code == 202
    wait_until(lambda: name in runs_at_rest(server, student))
    return name


def runs_at_rest(server: ClassServer, cookie: str) -> dict[str, Any]:
    """The teacher's runs and those of desks that have ended, whole as the server lists them."""
    return {run["name"]: run for run in runs_of(server, cookie) if run["desk"] is None or run["state"] == "stopped"}


def runs_of(server: ClassServer, cookie: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = server.ask("GET", "/api/runs", cookie).json()["runs"]
    return listed


def id_of(cookie: str) -> str:
    """A student's id, which the cookie holds beside its signature."""
    return cookie.partition("=")[2].partition(".")[0]


def test_forged_cookies_and_headers_are_a_strangers(server: ClassServer) -> None:
    mallory, teacher = server.student("Mallory 2"), server.teacher()
    name, _, token = mallory.partition("=")
    teachers_id, signature = teacher.partition("=")[2].partition(".")[0], token.partition(".")[2]
    forged = [f"{name}={teachers_id}.{signature}", f"{name}={'0' * 16}.{signature}", f"{name}={token[:-1]}", "a=b",
              f"{name}=", f"{name}={'x' * 5000}"]  # fmt: skip
    assert {server.me(cookie)["role"] for cookie in forged} == {"stranger"}
    told = {"X-LiveGAN-Person": "owner"}
    assert (
        server.ask("POST", "/api/runs/demo/commands", mallory, json={"kind": "stop"}, headers=told).status_code == 403
    )
    with pytest.raises(InvalidStatus), server.watch("/_stcore/stream", "", **told):
        pass


def test_guessing_is_slow_and_holds_nobody_up(server: ClassServer) -> None:
    with ThreadPoolExecutor(40) as many:
        began = time.monotonic()
        guesses = [many.submit(server.join, "Eve", "AAAAA" + letter) for letter in "ABCDEFGHJKMNPQRSTUVWXYZ"]
        keys = [many.submit(server.ask, "GET", f"/?teacher={number}") for number in range(10)]
        student = server.student("in between")
        answers = [guess.result() for guess in guesses]
        assert time.monotonic() - began >= 1.0
        assert all("teacher&#x27;s link" in key.result().text for key in keys)
    assert {(answer.status_code, sentence_of(answer)) for answer in answers} == {
        (400, "This is not the code of the class; type the one that your teacher shows.")
    }
    assert server.me(student)["name"] == "in between"


def test_joining_again_and_again_locks_nobody_out(server: ClassServer) -> None:
    zoe = server.student("Zoe")
    with server.watch("/api/runs/live", zoe), ThreadPoolExecutor(8) as many:
        joined = list(many.map(server.join, (f"flood {number}" for number in range(510))))
        assert {answer.status_code for answer in joined} == {303}
        assert server.me(zoe)["name"] == "Zoe"
        assert server.me(server.student("late"))["name"] == "late"


@pytest.mark.parametrize("name", ["victim", "VICTIM", "x" * 1_000_000, "Teacher", "\u200b", "\x00"])
def test_names_that_are_anothers_or_none_are_refused_with_one_sentence(server: ClassServer, name: str) -> None:
    server.join("victim")
    answer = server.join(name)
    assert answer.status_code == 400
    assert len(sentence_of(answer)) < 100


def test_a_name_like_a_script_is_shown_as_text(server: ClassServer) -> None:
    name = "<script>alert(1)</script>"[:24]
    assert server.me(server.student(name))["name"] == name
    refused = server.ask(
        "POST", "/api/class/join", data={"code": "x", "name": '"><img src=x>', "place": '"><b>'},
        headers={"Accept": "text/html"},
    )  # fmt: skip
    assert "<img" not in refused.text
    assert "<b>" not in refused.text
    assert "default-src 'none'" in refused.headers["content-security-policy"]


@pytest.mark.parametrize(
    "place", ["//evil.example", "https://evil.example", "/\\evil.example", "..", "train/../..", "a\r\nb"]
)
def test_after_joining_nobody_is_sent_to_another_site(server: ClassServer, place: str) -> None:
    form = {"code": server.kept["code"], "name": "", "place": place}
    assert server.ask("POST", "/api/class/join", data=form).headers["location"] == "../../"


def test_many_sockets_of_one_student_cost_no_other_theirs(server: ClassServer) -> None:
    mallory, zoe = server.student("Mallory 3"), server.student("Zoe 3")
    with ExitStack() as held:
        for _ in range(MAX_SOCKETS):
            held.enter_context(server.watch("/api/runs/live", mallory))
        refused = 0
        for path in ["/api/runs/live", "/_stcore/stream", "/api/runs/demo/live"] * 9:
            with pytest.raises(InvalidStatus) as refusal, server.watch(path, mallory):
                pass
            refused += refusal.value.response.status_code == 429
            assert b"close some of its tabs." in refusal.value.response.body
        assert refused == 27
        with server.watch("/api/runs/live", zoe) as watching:
            assert watching.recv(timeout=PATIENCE)


def test_a_phone_becomes_the_student_of_a_laptop_by_a_short_code_that_works_once(server: ClassServer) -> None:
    laptop = server.student("Zoe 5")
    run = trained_at_the_desk(server, laptop)
    with tab(server, laptop) as page:
        page.open("train", "run=demo")
        page.act(pressed(page.buttons["device code"]))
        code = next(found[1] for text in page.texts if (found := re.search(r"\*\*(\w{4}-\w{4})\*\*", text)))
    asked = server.ask("GET", f"/?join={code}")
    assert "Continue as Zoe 5" in asked.text
    answer = server.join("", code.lower())
    phone = cookie_of(answer)
    assert server.me(phone) == server.me(laptop) == {"role": "student", "name": "Zoe 5"}
    assert server.ask("POST", f"/api/runs/{run}/commands", phone, json={"kind": "pause"}).status_code != 403
    again = server.join("", code)
    assert sentence_of(again) == "This code has been used or is too old; make a new one on your other device."


def test_after_a_kill_everybody_is_known_again_and_desks_train_on(
    start_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder: Path = tmp_path_factory.mktemp("killed")
    before = ClassServer(start_app(folder, LIVEGAN_HOSTS=HOST))
    student, teacher, code = before.student("Zoë"), before.teacher(), before.kept["code"]
    assert f"?teacher={before.kept['key']}" in before.app.log.read_text()
    lead = {"leader": "0123456789abcdef", "place": {"page": "data"}}
    assert before.ask("POST", "/api/class/lead", teacher, json=lead).status_code == 200
    assert before.ask("POST", "/api/class/look-up", teacher, json={"sentence": "Look."}).status_code == 200
    desks = [student, *(before.student(f"desk {number}") for number in range(2))]
    for cookie in desks:
        started(before, cookie)

    wait_until(lambda: len(moving := in_training(before, teacher)) == len(desks) and min(moving.values()) > 0)
    before.app.process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    before.app.process.wait(PATIENCE)
    with socket.socket() as probe:
        assert probe.connect_ex(("localhost", before.port)) != 0
    after = ClassServer(start_app(folder, port=before.port, LIVEGAN_HOSTS=HOST))
    assert after.me(student) == {"role": "student", "name": "Zoë"}
    assert after.me(teacher)["role"] == "teacher"
    assert after.kept["code"] == code
    with after.watch("/api/runs/live", student) as watching:
        shown = led(watching)
    assert (shown["following"], shown["look_up"], shown["place"]["page"]) == (True, "Look.", "data")
    wait_until(lambda: len(in_training(after, teacher)) == len(desks))
    reached = in_training(after, teacher)
    wait_until(lambda: all(batch > reached[run] for run, batch in in_training(after, teacher).items()))
    run = next(run["name"] for run in runs_of(after, student) if run["desk"]["name"] == "Zoë")
    assert after.ask("POST", f"/api/runs/{run}/commands", student, json={"kind": "stop"}).status_code == 202


def in_training(server: ClassServer, cookie: str) -> dict[str, int]:
    """The runs at desks that train or wait for their turn, and their batches."""
    return {run["name"]: run["batch"] for run in runs_of(server, cookie) if run["state"] in ("queued", "running")}
