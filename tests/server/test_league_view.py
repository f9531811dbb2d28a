"""What pages are told of a league: nothing that the teacher hides."""

from __future__ import annotations

from typing import Any

from gan.classroom.league import TO_BE_MEASURED, Entry, LeagueState, Row
from gan.classroom.people import OWNER, Person, Role
from gan.limits import LEAGUE_ROWS
from gan.server.league_view import own_rows, place_in_words, view


def row(number: int, place: int | None = None, said: str = "", **more: Any) -> Row:
    fid = None if place is None else 10.0 * place
    entry = Entry(
        student=f"{number:016x}", name=f"S{number}", run=f"run-{number}", created=float(number), fid=fid, **more
    )
    return Row(place, entry, 500, said)


LEAGUE = LeagueState(budget=500, base={"lr_g": 0.0002}, free=("lr_g",))
HIDDEN = LEAGUE.model_copy(update={"hidden": True})
OWN = HIDDEN.model_copy(update={"own": True})
ROWS = [row(2, place=1), row(3, place=2), row(1, place=3), row(4, said=TO_BE_MEASURED)]


def test_a_hidden_table_tells_who_takes_part_and_how_far_in_the_order_of_the_entries() -> None:
    for league in (HIDDEN, OWN):
        told = view(league, ROWS, Role.STUDENT)["rows"]
        assert [(one["name"], one["place"], one["fid"], one["said"]) for one in told] == [
            ("S1", None, None, "measured"), ("S2", None, None, "measured"), ("S3", None, None, "measured"),
            ("S4", None, None, TO_BE_MEASURED),
        ]  # fmt: skip
    assert [one["place"] for one in view(HIDDEN, ROWS, Role.TEACHER)["rows"]] == [1, 2, 3, None]
    ended = HIDDEN.model_copy(update={"ended": True})
    assert [one["place"] for one in view(ended, ROWS, Role.STUDENT)["rows"]] == [1, 2, 3, None]


def test_students_are_told_their_own_places_alone_if_the_teacher_wants_that() -> None:
    mine = ROWS[2].entry.student
    assert [(one["run"], one["place"]) for one in own_rows(OWN, ROWS, mine)] == [("run-1", 3)]
    assert [(one["run"], one["place"]) for one in own_rows(HIDDEN, ROWS, mine)] == [("run-1", None)]


def test_a_lab_report_tells_the_place_to_whoever_may_know_it() -> None:
    mine, other = Person(ROWS[2].entry.student, Role.STUDENT), Person(ROWS[0].entry.student, Role.STUDENT)
    place = "Place 3 of 3 in the league, with FID 30.00 after its last batch."
    assert [place_in_words(LEAGUE, ROWS, "run-1", person) for person in (OWNER, mine, other)] == [place] * 3
    assert [place_in_words(OWN, ROWS, "run-1", person) for person in (OWNER, mine, other)] == [place, place, ""]
    assert [place_in_words(HIDDEN, ROWS, "run-1", person) for person in (OWNER, mine, other)] == [place, "", ""]
    assert place_in_words(LEAGUE, ROWS, "run-4", OWNER) == place_in_words(LEAGUE, ROWS, "other", OWNER) == ""


def test_pages_are_told_which_of_how_many_entries_is_measured() -> None:
    assert view(LEAGUE, ROWS, Role.STUDENT)["measuring"] == (4, 4)
    assert view(LEAGUE, ROWS[:3], Role.STUDENT)["measuring"] is None


def test_students_are_told_the_best_of_a_long_table() -> None:
    many = [row(number, place=number) for number in range(1, 200)]
    told = view(LEAGUE, many, Role.STUDENT)
    assert (told["count"], [one["place"] for one in told["rows"]]) == (199, list(range(1, LEAGUE_ROWS + 1)))
    assert len(view(LEAGUE, many, Role.TEACHER)["rows"]) == 199
