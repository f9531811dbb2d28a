"""The people of a class, and what their roles are called."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    TEACHER = "teacher"  # also everybody on a server that is no class
    STUDENT = "student"
    STRANGER = "stranger"  # has not joined


@dataclass(frozen=True)
class Person:
    """`id`: also names the desk of a student; "" for a stranger, and for everybody on a server that is no class.

    `name`: as the student typed it; it may hold any visible character, so each page escapes it.
    """

    id: str
    role: Role
    name: str = ""


OWNER = Person("", Role.TEACHER)
STRANGER = Person("", Role.STRANGER)
