"""A league on the real server: a whole one, killed in the middle, and those who would cheat."""

from __future__ import annotations

import csv
import io
import json
import shutil
import signal
from collections.abc import Callable
from typing import Any
from zipfile import ZipFile

import httpx
import pytest
from chromium import App
from classes import HOST, ClassServer, sentence_of
from helpers import PATIENCE, wait_until

FORMULA = '=1+"<script>x</script>"'  # the name of a student


@pytest.fixture(scope="module")
def server(start_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory) -> ClassServer:
    return ClassServer(start_app(tmp_path_factory.mktemp("league"), LIVEGAN_HOSTS=HOST))


@pytest.fixture(scope="module")
def teacher(server: ClassServer) -> str:
    return server.teacher()


def league(server: ClassServer, cookie: str, what: str, **body: Any) -> httpx.Response:
    return server.ask("POST", f"/api/class/league/{what}", cookie, json=body)


def opened(server: ClassServer, teacher: str, **wanted: Any) -> None:
    answer = league(server, teacher, "open", **{"budget": 10, "base": "lecture", "free": ["lr_g"]} | wanted)
    assert answer.status_code == 200, answer.text


def entered(server: ClassServer, cookie: str, **values: Any) -> str:
    """The name of the run with which a student enters."""
    answer = league(server, cookie, "enter", values=values)
    assert answer.status_code == 202, answer.text
    name: str = answer.json()["name"]
    return name


def table(server: ClassServer, teacher: str) -> dict[str, dict[str, str]]:
    """The rows of the table, by run."""
    content = server.ask("GET", "/api/class/league.csv", teacher).content.decode("utf-8-sig")
    return {row["run"]: row for row in csv.DictReader(io.StringIO(content))}


def measured(server: ClassServer, teacher: str, *runs: str) -> dict[str, dict[str, str]]:
    """The table once these runs have a FID."""
    wait_until(lambda: all(table(server, teacher)[run]["fid"] for run in runs))
    return table(server, teacher)


def ended(server: ClassServer, teacher: str, run: str) -> None:
    """Wait until this run has trained its budget; then it is measured."""
    wait_until(lambda: table(server, teacher)[run]["state"] in ("is being measured", ""))


def test_who_would_cheat_is_refused(server: ClassServer, teacher: str) -> None:
    mallory, zoe = server.student("Mallory"), server.student("Zoe")
    assert sentence_of(league(server, mallory, "enter")) == "No league is open now; your teacher opens one."
    opened(server, teacher, budget=2000)
    only = "Generator learning rate"
    for values in ({"dropout": 0.0}, {"epochs": 5}, {"nonsense": 1}, {"desk": "zoe"}):
        said = sentence_of(league(server, mallory, "enter", values=values))
        assert said == f"In this league only {only} can be chosen."
    for rate in (5.0, "fast", [1], None, True, "1_0"):
        assert "must be a number from" in sentence_of(league(server, mallory, "enter", values={"lr_g": rate}))
    run = entered(server, zoe, lr_g=0.001)
    server.ask("POST", f"/api/runs/{run}/commands", zoe, json={"kind": "pause"})
    for command, said in (
        ({"kind": "set", "values": {"dropout": 0.0}}, "Dropout stays as it is: in this league only "),
        ({"kind": "set", "values": {"epochs": 1}}, "Epochs stays as it is: in this league only "),
        ({"kind": "step_g"}, "In the league both networks learn from every batch."),
    ):
        for cookie in (zoe, teacher):
            refused = server.ask("POST", f"/api/runs/{run}/commands", cookie, json=command)
            assert sentence_of(refused).startswith(said)
    assert server.ask("POST", f"/api/runs/{run}/commands", zoe, json=turned(0.002)).status_code == 202
    assert sentence_of(league(server, zoe, "enter")).startswith("Your entry still trains")
    for what in ("withdraw", "rejoin"):
        for cookie, wanted in ((mallory, run), (zoe, "nothing"), (teacher, "nothing")):
            refused = league(server, cookie, what, run=wanted)
            assert sentence_of(refused) == "This is no entry of yours in the league."
    for what, body in (("open", {"budget": 10, "base": "lecture"}), ("act", {"act": "end"}), ("replay", {"run": run})):
        refused = league(server, mallory, what, **body)
        assert (refused.status_code, sentence_of(refused)) == (403, "Only the teacher can lead the class.")
    assert server.ask("GET", "/api/class/league.csv", zoe).status_code == 403
    for _ in range(2):
        assert league(server, zoe, "withdraw", run=run).status_code == 200
        assert table(server, teacher)[run]["state"] == "withdrawn"
    assert league(server, zoe, "rejoin", run=run).status_code == 200
    assert league(server, teacher, "withdraw", run=run).status_code == 200
    assert sentence_of(league(server, zoe, "rejoin", run=run)) == "Your teacher has taken this entry out."
    assert table(server, teacher)[run]["state"] == "taken out by the teacher"
    assert league(server, teacher, "rejoin", run=run).status_code == 200
    assert table(server, teacher)[run]["state"].endswith("%")
    assert league(server, teacher, "act", act="clear").status_code == 200


def test_of_a_league_that_is_cleared_while_it_is_measured_nothing_stays(server: ClassServer, teacher: str) -> None:
    opened(server, teacher)
    first = entered(server, server.student("First"))
    ended(server, teacher, first)
    league(server, teacher, "act", act="clear")
    opened(server, teacher)
    second = entered(server, server.student("Second"))
    assert set(measured(server, teacher, second)) == {second}
    assert league(server, teacher, "act", act="clear").status_code == 200


def told(server: ClassServer, cookie: str) -> dict[str, Any]:
    """What a page is told of the league."""
    with server.watch("/api/runs/live", cookie) as socket:
        while not isinstance(text := socket.recv(timeout=PATIENCE), str) or '"part":"league"' not in text:
            pass
        value: dict[str, Any] = json.loads(text)["value"]
        return value


def turned(rate: float) -> dict[str, Any]:
    return {"kind": "set", "values": {"lr_g": rate}}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"budget": 1e999, "base": "lecture"}', b'{"budget": 10, "base": "../lecture"}',
     b'{"budget": 10, "base": "lecture", "free": ["dataset"]}', b'{"budget": 10, "base": "lecture", "free": []}',
     b'{"budget": 9, "base": "lecture"}', b'{"budget": 99999, "base": "lecture"}', b'{"run": ' + b"[" * 5000,
     b"x" * 100_000],
)  # fmt: skip
def test_nonsense_opens_no_league(server: ClassServer, teacher: str, body: bytes) -> None:
    for what in ("open", "act", "replay", "enter", "withdraw"):
        answer = server.ask("POST", f"/api/class/league/{what}", teacher, content=body)
        assert answer.status_code == 400, (what, answer.text)
        sentence_of(answer)
    assert table(server, teacher) == {}


def test_a_league_is_measured_replayed_and_there_again_after_a_kill(
    server: ClassServer, teacher: str, start_app: Callable[..., App]
) -> None:
    opened(server, teacher, hidden=True, own=True)
    ann, formula = server.student("Ann"), server.student(FORMULA)
    slow, fast = entered(server, ann, lr_g=0.00001), entered(server, formula, lr_g=0.001)
    rows = measured(server, teacher, slow, fast)
    assert {rows[slow]["place"], rows[fast]["place"]} == {"1", "2"}
    assert rows[fast]["name"] == f"'{FORMULA}"
    assert [rows[run]["lr_g"] for run in (slow, fast)] == ["1e-05", "0.001"]
    said = sentence_of(server.ask("POST", f"/api/runs/{slow}/commands", ann, json=turned(0.5)))
    assert said.startswith("Generator learning rate")  # out of its range: measured entries are free, as other runs
    assert told(server, ann)["shown"] is False
    assert {row["fid"] for row in told(server, ann)["rows"]} == {None}
    (own,) = server.ask("GET", "/api/class/league/own", ann).json()["rows"]
    assert (own["run"], str(own["place"])) == (slow, rows[slow]["place"])
    league(server, teacher, "act", act="hide")
    assert server.ask("GET", "/api/class/league/own", ann).json()["rows"][0]["fid"] is None
    assert league(server, teacher, "replay", run=fast).status_code == 202
    wait_until(lambda: table(server, teacher)[fast]["replay"] == "passed, bit by bit")
    late = [entered(server, server.student(f"Late {number}")) for number in range(3)]
    ended(server, teacher, late[0])
    before = table(server, teacher)

    server.app.process.send_signal(signal.SIGKILL)
    server.app.process.wait()
    shutil.rmtree(server.app.folder / slow)
    shutil.copytree(server.app.folder / fast, server.app.folder / slow)  # another run under the name of an entry
    again = ClassServer(start_app(server.app.folder, LIVEGAN_HOSTS=HOST))
    after = measured(again, teacher, *late)
    assert after[fast] == before[fast] | {"place": after[fast]["place"]}
    assert (after[slow]["state"], after[slow]["place"]) == ("deleted", "")
    assert told(again, ann)["count"] == 5
    league(again, teacher, "act", act="end")
    assert told(again, ann)["shown"] is True
    assert sentence_of(league(again, ann, "enter")) == "No league is open now; your teacher opens one."
    reports = ZipFile(io.BytesIO(again.ask("GET", "/api/class/reports.zip", teacher).content))
    desks = tuple(f"-{run}-report.html" for run in (fast, slow))  # of one desk, as old as each other: one of them
    assert len([name for name in reports.namelist() if name.endswith(desks)]) == 1
    assert all("/" not in name and "<" not in name for name in reports.namelist())
