"""The class on disk: keys, code and names in one file that only the server's own user may read."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from gan.classroom import codes
from gan.limits import MAX_CLASS_FILE, MAX_STUDENTS, MAX_TEACHER_SESSIONS
from gan.recording import atomic_files

NAME = ".class.json"
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class Student(BaseModel):
    id: Id
    name: Annotated[str, Field(min_length=1, max_length=64)]


class ClassFile(BaseModel):
    """All that a class remembers. `signing`: the key of the cookies' signatures; `key`: that of the teacher's link."""

    format: Annotated[int, Field(ge=1, le=1)] = 1
    signing: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    key: Annotated[str, Field(min_length=8, max_length=200)]
    code: Annotated[str, Field(pattern=rf"^[{codes.LETTERS}]{{{codes.OF_THE_CLASS}}}$")]
    teachers: Annotated[list[Id], Field(max_length=MAX_TEACHER_SESSIONS)] = []
    students: Annotated[list[Student], Field(max_length=MAX_STUDENTS)] = []


def new() -> ClassFile:
    return ClassFile(signing=secrets.token_hex(32), key=new_key(), code=codes.new_code(codes.OF_THE_CLASS))


def new_key() -> str:
    return secrets.token_urlsafe(18)


def read(folder: Path) -> ClassFile | None:
    """The class that was open here last; None if there is none or its file is damaged: a new one then takes over."""
    with contextlib.suppress(atomic_files.DamagedRun, ValidationError, ValueError):
        return ClassFile.model_validate_json(atomic_files.read(folder / NAME, MAX_CLASS_FILE))
    return None


def write(folder: Path, state: ClassFile) -> None:
    """Have it on the disk; raises OSError."""
    atomic_files.write_through(folder / NAME, state.model_dump_json().encode(), mode=0o600)
