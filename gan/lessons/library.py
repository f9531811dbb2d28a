"""The lessons in a folder. Files are read again when they have changed, so that a reload of the page shows an edit."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gan.lessons.lesson import Lesson
from gan.lessons.lesson_file import LessonError, read
from gan.limits import MAX_LESSONS

FOLDER = Path(__file__).resolve().parents[2] / "lessons"


@dataclass(frozen=True)
class Library:
    """The lessons in the order of the list, and one sentence for each file that is none."""

    lessons: tuple[Lesson, ...]
    problems: tuple[str, ...]

    def get(self, name: str) -> Lesson | None:
        return next((lesson for lesson in self.lessons if lesson.name == name), None)


def folder() -> Path:
    """Where lessons are: LIVEGAN_LESSONS, or `lessons/` beside the package."""
    return Path(os.environ.get("LIVEGAN_LESSONS") or FOLDER)


def library(of: Path | None = None) -> Library:
    """All lessons of a folder; those that come with LiveGAN by default."""
    where = of or folder()
    try:
        paths = sorted(path for path in where.glob("*.md") if path.name.lower() != "readme.md")
    except OSError:
        paths = []
    problems = [] if where.is_dir() else [f"The folder of the lessons, {where}, is not there."]
    if len(paths) > MAX_LESSONS:
        problems.append(f"Only the first {MAX_LESSONS} of {len(paths)} lessons are shown.")
    lessons = []
    for path in paths[:MAX_LESSONS]:
        found = _read(path, _version(path))
        if isinstance(found, Lesson):
            lessons.append(found)
        else:
            problems.append(found)
    return Library(tuple(sorted(lessons, key=lambda lesson: (lesson.order, lesson.title))), tuple(problems))


@lru_cache(maxsize=2 * MAX_LESSONS)
def _read(path: Path, _version: tuple[int, int]) -> Lesson | str:
    """The lesson in a file, or the sentence that refuses it."""
    try:
        return read(path)
    except LessonError as error:
        return str(error)


def _version(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
