"""Joining a class, and what is kept of it."""

from __future__ import annotations

import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from helpers import PATIENCE, wait_until
from power_cut import Disk, needs_linux

from gan.classroom import class_file
from gan.classroom.class_file import ClassFile
from gan.classroom.classroom import Classroom, JoinRefused, WrongCode, check_own_key
from gan.classroom.opening import Kind, Opening, opening_of
from gan.classroom.people import Role
from gan.errors import LiveGANError
from gan.limits import MAX_STUDENTS, MAX_TEACHER_SESSIONS


@pytest.fixture
def classroom(tmp_path: Path) -> Classroom:
    return Classroom(tmp_path, Opening(Kind.CLASS))


def joined(classroom: Classroom, name: str) -> str:
    """The id of a student who has joined."""
    return classroom.person(classroom.join(classroom.code, name)).id


def test_a_student_joins_with_the_code_however_it_is_typed(classroom: Classroom) -> None:
    code = classroom.code
    person = classroom.person(classroom.join(f" {code[:3].lower()}-{code[3:]} ", " Zoë "))
    assert (person.role, person.name) == (Role.STUDENT, "Zoë")
    with pytest.raises(WrongCode):
        classroom.join("AAAAAA" if code != "AAAAAA" else "BBBBBB", "Eve")


@pytest.mark.parametrize(
    "name", ["zoë", "ＺＯË", "Zo\u0065\u0308", "teacher", "x" * 25, "x" * 1_000_000, "\u200b", "a\nb"]
)
def test_a_name_that_is_taken_too_long_or_invisible_is_refused_with_a_sentence(classroom: Classroom, name: str) -> None:
    joined(classroom, "Zoë")
    with pytest.raises(JoinRefused, match=r"^[A-Z][^\n]{10,80}\.$"):
        classroom.join(classroom.code, name)
    assert [student.name for student in classroom.students()] == ["Zoë"]


def test_offered_names_are_free(classroom: Classroom) -> None:
    offered = [classroom.offered_name() for _ in range(12) if joined(classroom, classroom.offered_name())]
    assert len(set(offered)) > 1
    assert len(classroom.students()) == 12


def test_a_cookie_that_was_not_signed_here_is_a_strangers(classroom: Classroom, tmp_path: Path) -> None:
    token = classroom.join(classroom.code, "Zoë")
    other = Classroom(tmp_path / "other", Opening(Kind.CLASS))
    other.join(other.code, "Zoë")
    person_id = token.partition(".")[0]
    for forged in ("", "x", person_id, f"{person_id}.{'0' * 64}", token[:-1], token + "0", token.upper(), "x" * 10_000):
        assert classroom.person(forged).role is Role.STRANGER, forged
    assert other.person(token).role is Role.STRANGER


def test_a_restart_knows_everybody_again(classroom: Classroom, tmp_path: Path) -> None:
    student = classroom.join(classroom.code, "Zoë")
    teacher = classroom.enter_as_teacher(classroom.key)
    assert teacher is not None
    again = Classroom(tmp_path, Opening(Kind.CLASS))
    assert (again.code, again.key, again.cookie) == (classroom.code, classroom.key, classroom.cookie)
    assert again.person(student).name == "Zoë"
    assert again.person(teacher).role is Role.TEACHER


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@needs_linux
def test_after_a_power_cut_all_who_have_joined_are_known_again(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path, monkeypatch)
    classroom = Classroom(tmp_path, Opening(Kind.CLASS))
    teacher = classroom.enter_as_teacher(classroom.key)
    with ThreadPoolExecutor(8) as many:
        tokens = list(many.map(lambda number: classroom.join(classroom.code, f"desk {number}"), range(30)))
    left = Classroom(disk.after_power_cut(tmp_path_factory.mktemp("left") / "runs"), Opening(Kind.CLASS))
    assert left.person(teacher or "").role is Role.TEACHER
    assert [left.person(token).role for token in tokens] == 30 * [Role.STUDENT]


def test_while_the_disk_takes_its_time_everybody_is_known(
    classroom: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    zoe = classroom.join(classroom.code, "Zoë")
    writes, go_on = [], threading.Event()

    def slow(_folder: Path, state: ClassFile) -> None:
        writes.append([student.name for student in state.students])
        assert go_on.wait(PATIENCE)

    monkeypatch.setattr(class_file, "write", slow)
    with ThreadPoolExecutor(8) as many:
        joins = [many.submit(classroom.join, classroom.code, f"desk {number}") for number in range(8)]
        wait_until(lambda: len(classroom.students()) == 9)
        assert classroom.person(zoe).name == "Zoë"
        assert len(writes) == 1
        go_on.set()
        assert all(join.result() for join in joins)
    assert len(writes) == 2
    assert len(writes[1]) == 9


def test_only_the_servers_own_user_reads_the_keys(classroom: Classroom, tmp_path: Path) -> None:
    joined(classroom, "Zoë")
    assert stat.S_IMODE((tmp_path / class_file.NAME).stat().st_mode) == 0o600


def test_a_damaged_file_makes_a_new_class(classroom: Classroom, tmp_path: Path) -> None:
    key = classroom.key
    (tmp_path / class_file.NAME).write_text('{"format": 1, "signing": "0"}')
    assert Classroom(tmp_path, Opening(Kind.CLASS)).key != key


def test_a_server_that_only_shows_runs_writes_nothing(tmp_path: Path) -> None:
    classroom = Classroom(tmp_path, Opening(Kind.CLASS), lambda: True)
    joined(classroom, "Zoë")
    assert list(tmp_path.iterdir()) == []


def test_a_new_link_ends_the_sessions_of_all_other_teachers(classroom: Classroom) -> None:
    old = classroom.key
    mine, other = (classroom.enter_as_teacher(old) or "" for _ in range(2))
    classroom.renew_key(classroom.person(mine).id)
    assert classroom.person(mine).role is Role.TEACHER
    assert classroom.person(other).role is Role.STRANGER
    assert classroom.former_role(other) is Role.TEACHER
    assert classroom.enter_as_teacher(old) is None
    assert classroom.enter_as_teacher(classroom.key) is not None


def test_a_teacher_whose_session_makes_room_for_another_is_sent_away(classroom: Classroom) -> None:
    first = classroom.enter_as_teacher(classroom.key) or ""
    away: list[str] = []
    classroom.presence.enter(classroom.person(first).id, lambda: away.append("first"))
    for _ in range(MAX_TEACHER_SESSIONS):
        assert away == []
        classroom.enter_as_teacher(classroom.key)
    assert (away, classroom.former_role(first)) == (["first"], Role.TEACHER)


def test_a_key_of_ones_own_replaces_the_old_one_and_its_sessions(
    classroom: Classroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = classroom.enter_as_teacher(classroom.key) or ""
    monkeypatch.setenv("LIVEGAN_TEACHER_KEY", "a-key-of-my-own")
    check_own_key()
    again = Classroom(tmp_path, Opening(Kind.CLASS))
    assert again.key == "a-key-of-my-own"
    assert again.person(teacher).role is Role.STRANGER
    assert again.former_role(teacher) is Role.TEACHER
    with pytest.raises(LiveGANError, match="LIVEGAN_TEACHER_KEY sets the key"):
        again.renew_key("")
    monkeypatch.setenv("LIVEGAN_TEACHER_KEY", "short")
    with pytest.raises(LiveGANError, match="at least 12"):
        check_own_key()


def test_another_device_becomes_the_same_student_once(classroom: Classroom) -> None:
    laptop = joined(classroom, "Zoë")
    old, code = classroom.device_code(laptop), classroom.device_code(laptop)
    assert classroom.of_device_code(code).name == "Zoë"
    phone = classroom.join(code, "")
    assert classroom.person(phone).id == laptop
    for used in (old, code):
        with pytest.raises(WrongCode):
            classroom.join(used, "")


def test_a_closed_class_forgets_its_students_and_its_code(classroom: Classroom, tmp_path: Path) -> None:
    token, code = classroom.join(classroom.code, "Zoë"), classroom.code
    away = []
    classroom.presence.enter(classroom.person(token).id, lambda: away.append("Zoë"))
    classroom.close()
    assert away == ["Zoë"]
    assert classroom.person(token).role is Role.STRANGER
    assert classroom.code != code
    assert "Zo" not in (tmp_path / class_file.NAME).read_text("utf-8")


def test_joining_without_end_takes_nobodys_place(tmp_path: Path) -> None:
    classroom = Classroom(tmp_path, Opening(Kind.CLASS), lambda: True)  # on no disk
    here, asleep = joined(classroom, "here"), joined(classroom, "asleep")
    classroom.presence.enter(here, print)
    classroom.presence.enter(asleep, print)
    classroom.presence.leave(asleep, print)
    for number in range(MAX_STUDENTS + 100):
        joined(classroom, f"flood {number}")
    names = {student.name for student in classroom.students()}
    assert len(names) == MAX_STUDENTS
    assert {"here", "asleep"} <= names


@pytest.mark.parametrize(
    ("address", "environment", "kind"),
    [
        ("localhost", {}, Kind.ALONE),
        ("127.0.0.1", {}, Kind.ALONE),
        ("0.0.0.0", {}, Kind.CLASS),
        (None, {}, Kind.CLASS),
        ("192.168.1.5", {}, Kind.CLASS),
        ("localhost", {"LIVEGAN_HOSTS": "livegan.example.edu"}, Kind.CLASS),
        ("localhost", {"LIVEGAN_TRUSTED_PROXIES": "10.0.0.0/8"}, Kind.CLASS),
        ("0.0.0.0", {"LIVEGAN_OPEN": "1"}, Kind.OPEN),
        ("0.0.0.0", {"LIVEGAN_OPEN": "0"}, Kind.CLASS),
    ],
)
def test_a_server_that_others_reach_is_a_class(address: str | None, environment: dict[str, str], kind: Kind) -> None:
    assert opening_of(address, 8501, "", environment).kind is kind
