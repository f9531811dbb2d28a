"""The class of this server: who has joined, with which code, and with which key one becomes the teacher."""

from __future__ import annotations

import contextlib
import hmac
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, RLock

from gan import names
from gan.classroom import class_file, codes
from gan.classroom.class_file import ClassFile, Student
from gan.classroom.opening import Opening
from gan.classroom.people import STRANGER, Person, Role
from gan.classroom.presence import Presence
from gan.classroom.tokens import cookie_name, person_id_of, token_of
from gan.errors import LiveGANError
from gan.limits import MAX_STUDENT_NAME, MAX_STUDENTS, MAX_TEACHER_SESSIONS

KEY = "LIVEGAN_TEACHER_KEY"
SHORTEST_KEY = 12
DEVICE_CODE_LASTS = 300.0  # seconds
COLOURS = ("Blue", "Green", "Orange", "Purple", "Red", "Silver", "Gold", "Pink")
RESERVED = ("teacher", "livegan")

log = logging.getLogger(__name__)


class JoinRefused(LiveGANError):
    """Somebody cannot join with this name or code."""


@dataclass(frozen=True)
class DeviceCode:
    """Lets one more device be the same student, once."""

    person_id: str
    until: float


class WrongCode(JoinRefused):
    """A guess; it is answered slowly."""


class Classroom:
    """Any thread may ask. Nothing is read or written before somebody needs a class."""

    def __init__(self, folder: Path, opening: Opening, is_read_only: Callable[[], bool] = lambda: False) -> None:
        """`is_read_only`: whether another server owns the folder; then nothing is written."""
        self.opening = opening
        self.presence = Presence()
        self._folder = folder
        self._is_read_only = is_read_only
        self._lock = RLock()
        self._writing = Lock()  # taken before the other one
        self._version = self._written = 0  # of what is kept, as it is and as it is on the disk
        self._kept: ClassFile | None = None
        self._devices: dict[str, DeviceCode] = {}
        self._former_teachers: set[str] = set()  # whose sessions have ended since the server started
        self._seen: dict[str, float] = {}  # when a student last asked for something
        self._when_closed: list[Callable[[], None]] = []

    # --- who somebody is -------------------------------------------------------------------------------------------

    @property
    def cookie(self) -> str:
        """The name of this server's cookie."""
        return cookie_name(self._signing)

    def person(self, token: str) -> Person:
        """Who holds a cookie with this content."""
        return self.by_id(person_id_of(token, self._signing) or "")

    def by_id(self, person_id: str) -> Person:
        with self._lock:
            state = self._state
            if person_id in state.teachers:
                return Person(person_id, Role.TEACHER)
            for student in state.students:
                if student.id == person_id:
                    self._seen[person_id] = time.monotonic()
                    return Person(student.id, Role.STUDENT, student.name)
        return STRANGER

    def former_role(self, token: str) -> Role | None:
        """What a stranger who holds a cookie with this content was before; None: the cookie is not ours."""
        person_id = person_id_of(token, self._signing)
        if person_id is None:
            return None
        return Role.TEACHER if person_id in self._former_teachers else Role.STUDENT

    def students(self) -> list[Person]:
        """In the order in which they joined."""
        with self._lock:
            return [Person(student.id, Role.STUDENT, student.name) for student in self._state.students]

    def names(self) -> dict[str, str]:
        """The students' names by their ids."""
        with self._lock:
            return {student.id: student.name for student in self._state.students}

    # --- the teacher -----------------------------------------------------------------------------------------------

    @property
    def key(self) -> str:
        return self._state.key

    @property
    def code(self) -> str:
        return self._state.code

    def enter_as_teacher(self, key: str) -> str | None:
        """The cookie's content for whoever has the key; None for another key."""
        if not hmac.compare_digest(key.encode(), self._state.key.encode()):
            return None
        teacher = secrets.token_hex(8)
        with self._changing() as state:
            teachers = [*state.teachers, teacher]
            away, state.teachers = teachers[:-MAX_TEACHER_SESSIONS], teachers[-MAX_TEACHER_SESSIONS:]
        self._end_sessions(away)
        return token_of(teacher, self._signing)

    def renew_key(self, keep: str) -> None:
        """Make a new teacher's link, and end the sessions of all teachers but `keep`; raises LiveGANError."""
        if os.environ.get(KEY):
            raise LiveGANError(f"The variable {KEY} sets the key; change it there and start LiveGAN again.")
        with self._changing() as state:
            away = [teacher for teacher in state.teachers if teacher != keep]
            state.key, state.teachers = class_file.new_key(), [keep] if keep in state.teachers else []
        self._end_sessions(away)

    def _end_sessions(self, teachers: list[str]) -> None:
        """End the sessions of those who are no longer teachers."""
        self._former_teachers.update(teachers)
        for teacher in teachers:
            self.presence.send_away(teacher)

    def renew_code(self) -> None:
        """Those who have joined stay."""
        with self._changing() as state:
            state.code = codes.new_code(codes.OF_THE_CLASS)

    def when_closed(self, forget: Callable[[], None]) -> None:
        """Have `forget` called when the class is closed: nothing of a class outlasts it."""
        self._when_closed.append(forget)

    def close(self) -> None:
        """Forget all students, and make a new code. Their runs stay."""
        with self._changing() as state:
            students, state.students = state.students, []
            state.code = codes.new_code(codes.OF_THE_CLASS)
            self._devices.clear()
            self._seen.clear()
        for student in students:
            self.presence.send_away(student.id)
        for forget in self._when_closed:
            forget()

    def remove(self, person_id: str) -> None:
        """Take a student out of the class; does nothing if there is none with this id."""
        with self._changing() as state:
            state.students = [student for student in state.students if student.id != person_id]
            self._devices = {code: one for code, one in self._devices.items() if one.person_id != person_id}
            self._seen.pop(person_id, None)
        self.presence.send_away(person_id)

    # --- joining ---------------------------------------------------------------------------------------------------

    def offered_name(self) -> str:
        """A name that nobody has."""
        with self._lock:
            taken = {names.alike(student.name) for student in self._state.students}
            for number in range(1, MAX_STUDENTS + 2):
                free = [f"{colour} {number}" for colour in COLOURS if names.alike(f"{colour} {number}") not in taken]
                if free:
                    return secrets.choice(free)
        return f"Blue {secrets.randbelow(10**6)}"

    def join(self, code: str, name: str) -> str:
        """The cookie's content for a new student, or for another device of one; raises JoinRefused."""
        typed = codes.typed_code(code)
        if len(typed) == codes.OF_A_DEVICE:
            return self._same_student(typed)
        with self._changing() as state:
            if not _same(typed, state.code):
                raise WrongCode("This is not the code of the class; type the one that your teacher shows.")
            title = self._free_name(name)
            self._make_room()
            student = Student(id=secrets.token_hex(8), name=title)
            state.students = [*state.students, student]
            self._seen[student.id] = time.monotonic()
        return token_of(student.id, self._signing)

    def device_code(self, person_id: str) -> str:
        """A code with which another device becomes the same student; older ones of the student end."""
        with self._lock:
            now = time.monotonic()
            self._devices = {
                code: one for code, one in self._devices.items() if one.person_id != person_id and one.until > now
            }
            code = codes.new_code(codes.OF_A_DEVICE)
            self._devices[code] = DeviceCode(person_id, now + DEVICE_CODE_LASTS)
            return code

    def of_device_code(self, code: str) -> Person:
        """The student whom a code is for; it can still be used."""
        with self._lock:
            one = self._devices.get(codes.typed_code(code))
            return self.by_id(one.person_id) if one is not None and one.until > time.monotonic() else STRANGER

    def _same_student(self, code: str) -> str:
        with self._lock:
            one = self._devices.pop(code, None)
        if one is None or one.until < time.monotonic():
            raise WrongCode("This code has been used or is too old; make a new one on your other device.")
        return token_of(one.person_id, self._signing)

    def _free_name(self, typed: str) -> str:
        if len(typed) > 4 * MAX_STUDENT_NAME:
            raise JoinRefused(f"A name has at most {MAX_STUDENT_NAME} characters.")
        try:
            name = names.title_of(typed)
        except names.InvalidName as error:
            raise JoinRefused(str(error)) from None
        if len(name) > MAX_STUDENT_NAME:
            raise JoinRefused(f"A name has at most {MAX_STUDENT_NAME} characters.")
        alike = names.alike(name)
        if alike in RESERVED or any(names.alike(student.name) == alike for student in self._state.students):
            raise JoinRefused("Somebody in this class has this name; add a letter or a number to yours.")
        return name

    def _make_room(self) -> None:
        """In a full class, forget somebody; raises JoinRefused if all are here.

        Those who joined and never opened the page go first, then whoever was away for the longest time: joining without
        end takes nobody's place.
        """
        state = self._state
        if len(state.students) < MAX_STUDENTS:
            return
        away = [student for student in state.students if not self.presence.is_here(student.id)]
        if not away:
            raise JoinRefused(f"The class is full: {MAX_STUDENTS} students are here.")
        longest = min(away, key=lambda one: (self.presence.came(one.id), self._seen.get(one.id, 0.0)))
        state.students = [student for student in state.students if student is not longest]

    # --- what is kept ----------------------------------------------------------------------------------------------

    @property
    def _signing(self) -> bytes:
        return bytes.fromhex(self._state.signing)

    @property
    def _state(self) -> ClassFile:
        with self._lock:
            if self._kept is None:
                self._kept = class_file.read(self._folder) or class_file.new()
                self._use_own_key(self._kept)
                self._write(self._kept)
            return self._kept

    def _use_own_key(self, state: ClassFile) -> None:
        """The key that the server's owner has set; with another one than before, all teachers' sessions end."""
        own = os.environ.get(KEY, "").strip()
        if own and own != state.key:
            self._former_teachers.update(state.teachers)
            state.key, state.teachers = own, []

    @contextlib.contextmanager
    def _changing(self) -> Iterator[ClassFile]:
        """Change the class; afterwards it is on the disk, for which nobody waits but those who change it.

        One write serves all changes that wait for it: thirty students join at once.
        """
        with self._lock:
            yield self._state
            self._version += 1
        with self._writing:
            with self._lock:
                version, state = self._version, self._state.model_copy()
            if version != self._written:
                self._write(state)
                self._written = version

    def _write(self, state: ClassFile) -> None:
        if self._is_read_only():
            return
        try:
            class_file.write(self._folder, state)
        except OSError as error:
            log.warning("The class cannot be written, so a restart forgets it: %s", error.strerror)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def check_own_key() -> None:
    """Raise LiveGANError if the key that the server's owner has set is too easy to guess."""
    own = os.environ.get(KEY, "").strip()
    if own and not (
        SHORTEST_KEY <= len(own) <= 200 and own.isascii() and own.replace("-", "").replace("_", "").isalnum()
    ):
        raise LiveGANError(f"{KEY} must have at least {SHORTEST_KEY} letters, digits, - or _.")
