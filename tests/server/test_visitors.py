"""Who sends a request, and whether it comes from the server's own machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.types import Scope

from gan.classroom.classroom import Classroom
from gan.classroom.opening import Kind, Opening
from gan.classroom.people import OWNER, STRANGER, Role
from gan.server.join_page import join_page
from gan.server.visitors import PERSON, is_local, known_as, person_of


def request(client: str = "127.0.0.1", **headers: str) -> Scope:
    told = {"host": "localhost:8501", **{name.replace("_", "-"): value for name, value in headers.items()}}
    encoded = [(name.encode(), value.encode()) for name, value in told.items()]
    return {"type": "http", "client": (client, 50_000), "headers": encoded}


@pytest.mark.parametrize(
    ("scope", "local"),
    [
        (request(), True),
        (request(host="127.0.0.1:8501"), True),
        (request("::1", host="[::1]:8501"), True),
        (request("::ffff:127.0.0.1"), True),
        (request("192.168.1.7"), False),
        (request(host="livegan.example.edu"), False),
        (request(host="192.168.1.5:8501"), False),
        (request(x_forwarded_for="192.168.1.7"), False),
        (request(forwarded="for=192.168.1.7"), False),
        (request(x_real_ip="127.0.0.1"), False),
        (request(host="localhost.evil.example"), False),
    ],
)
def test_only_a_browser_on_this_machine_that_no_proxy_speaks_for_is_local(scope: Scope, local: bool) -> None:
    assert is_local(scope) is local


def test_a_server_for_one_person_knows_its_own_machine_only(tmp_path: Path) -> None:
    alone = Classroom(tmp_path, Opening(Kind.ALONE))
    assert person_of(request(), alone) is OWNER
    assert list(tmp_path.iterdir()) == []  # no class is made for it
    assert person_of(request(host="livegan.example.edu"), alone) is STRANGER
    assert person_of(request(), Classroom(tmp_path, Opening(Kind.CLASS))) is STRANGER
    assert person_of(request("10.0.0.9"), Classroom(tmp_path, Opening(Kind.OPEN))) is OWNER


def test_a_cookie_tells_who_somebody_is_and_a_header_of_the_browsers_does_not(tmp_path: Path) -> None:
    classroom = Classroom(tmp_path, Opening(Kind.CLASS))
    token = classroom.join(classroom.code, "Zoë")
    scope = request(cookie=f"other=1; {classroom.cookie}={token}", x_livegan_person="owner")
    person = person_of(scope, classroom)
    assert (person.role, person.name) == (Role.STUDENT, "Zoë")
    assert [value for name, value in known_as(scope, person)["headers"] if name == PERSON] == [person.id.encode()]


def test_only_the_servers_own_machine_is_offered_the_teachers_link() -> None:
    assert b"?teacher=abc-123" in join_page("Blue 7", key="abc-123").body
    assert b"?teacher=" not in join_page("Blue 7").body
