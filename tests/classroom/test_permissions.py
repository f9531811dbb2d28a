"""The table of who may do what."""

from __future__ import annotations

import pytest

from gan.classroom.people import OWNER, STRANGER, Person, Role
from gan.classroom.permissions import TABLE, NotAllowed, Standing, check, row_of_call, row_of_request

STUDENT = Person("0123456789abcdef", Role.STUDENT, "Blue 7")


def test_no_route_and_no_call_has_two_rows() -> None:
    for of_row in ([row.routes for row in TABLE], [row.calls for row in TABLE]):
        named = [name for names in of_row for name in names]
        assert len(named) == len(set(named))


def test_a_student_steers_on_the_own_desk_only() -> None:
    row = row_of_call("command")
    check(OWNER, row)
    check(STUDENT, row, own_desk=True)
    with pytest.raises(NotAllowed, match=r"Only the teacher can steer this run, since it is not on your desk\."):
        check(STUDENT, row)
    with pytest.raises(NotAllowed, match=r"Join the class first"):
        check(STRANGER, row, own_desk=True)


def test_what_has_no_row_is_the_teachers() -> None:
    row, run = row_of_request("POST", "/api/something/new")
    assert (row, run) == (None, None)
    check(OWNER, row)
    with pytest.raises(NotAllowed, match=r"Only the teacher can do this\."):
        check(STUDENT, row)


def test_a_request_finds_its_row_and_its_run() -> None:
    row, run = row_of_request("POST", "/api/runs/demo/commands")
    assert row is row_of_call("command")
    assert run == "demo"
    assert row_of_request("HEAD", "/api/runs/demo/run.zip") == row_of_request("GET", "/api/runs/demo/run.zip")
    assert row_of_request("SOCKET", "/api/runs/demo/live")[1] == "demo"
    assert row_of_request("GET", "/static/js/a.js")[0] == row_of_request("GET", "/favicon.png")[0]


@pytest.mark.parametrize(
    "path", ["/api/runs/a%2Fb/commands/", "/api/runs//commands", "//api/runs/x/commands", "/api/runs/x/commands\n"]
)
def test_an_odd_path_is_not_taken_for_one_that_students_may_post_to(path: str) -> None:
    row, _ = row_of_request("POST", path)
    assert row is None or row.least >= Standing.OWN_DESK
