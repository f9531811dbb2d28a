"""The questions of a class and their answers on disk: one line of JSON for each change, the newest last.

A line is on the disk before anybody is told that it counts, so neither a kill nor a power cut loses it. Answers are
appended at once and flushed together: 200 at the same time do not wait for the disk one after another. A kill may cut
the last line; it is left out.
"""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gan.classroom.questions import Asked, QuestionRefused, Value, checked_value
from gan.limits import MAX_QUESTIONS, MAX_QUESTIONS_FILE, MAX_QUESTIONS_LINE
from gan.recording import atomic_files

NAME = ".class_questions.jsonl"

log = logging.getLogger(__name__)


class Given(BaseModel):
    """An answer of a student. `changes`: how often the student has answered this question."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    question: str
    student: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    value: Value
    at: float
    changes: int = 1


class Line(BaseModel):
    """A change: what has become of a question, or an answer to one."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    state: Asked | None = None
    answer: Given | None = None


class AskedQuestions:
    """All questions of a class by their ids, in the order in which they were asked, and the answers to each."""

    def __init__(self) -> None:
        self.states: dict[str, Asked] = {}
        self.answers: dict[str, dict[str, Given]] = {}

    def take(self, line: Line) -> None:
        if line.state is not None:
            self.states[line.state.question.id] = line.state
        if line.answer is not None and line.answer.question in self.states:
            self.answers.setdefault(line.answer.question, {})[line.answer.student] = line.answer

    def last(self) -> Asked | None:
        return next(reversed(self.states.values()), None)

    def newest(self, count: int) -> AskedQuestions:
        """The last `count` questions alone."""
        kept = AskedQuestions()
        kept.states = dict(list(self.states.items())[-count:] if count else [])
        kept.answers = {question: given for question, given in self.answers.items() if question in kept.states}
        return kept


def read(folder: Path) -> tuple[AskedQuestions, float]:
    """What was kept, and when it was last written; nothing and 0 if there is no such file or it cannot be read."""
    kept, path = AskedQuestions(), folder / NAME
    try:
        written = path.stat().st_mtime
        content = atomic_files.read(path, MAX_QUESTIONS_FILE)
    except (OSError, atomic_files.DamagedRun):
        return kept, 0.0
    *whole, cut = content.split(b"\n")  # the last line is empty, unless a kill has cut it
    for text in whole:
        if text and not _take(kept, text):
            log.warning("A line of %s is damaged and left out.", NAME)
    _take(kept, cut)
    return kept, written


def _take(kept: AskedQuestions, text: bytes) -> bool:
    if len(text) > MAX_QUESTIONS_LINE:
        return False
    with contextlib.suppress(ValidationError, QuestionRefused):
        line = Line.model_validate_json(text)
        if line.answer is not None and (state := kept.states.get(line.answer.question)):
            line = Line(
                answer=line.answer.model_copy(update={"value": checked_value(state.question, line.answer.value)})
            )
        kept.take(line)
        return True
    return False


def append(folder: Path, line: Line) -> None:
    """Write a line, and have it on the disk with the next `flush`; raises OSError."""
    path = folder / NAME
    if not path.exists():
        atomic_files.write_through(path, b"", mode=0o600)
    atomic_files.append(path, _text(line), flush=False)


def flush(folder: Path) -> None:
    """Have all lines on the disk; raises OSError."""
    with contextlib.suppress(FileNotFoundError):  # the class was closed meanwhile
        atomic_files.flush(folder / NAME)


def write(folder: Path, kept: AskedQuestions) -> None:
    """Write what counts now, without what it was before; raises OSError."""
    newest = kept.newest(MAX_QUESTIONS)
    lines = [Line(state=state) for state in newest.states.values()]
    lines += [Line(answer=given) for of_one in newest.answers.values() for given in of_one.values()]
    atomic_files.write_through(folder / NAME, b"".join(map(_text, lines)), mode=0o600)


def remove(folder: Path) -> None:
    atomic_files.remove(folder / NAME)


def _text(line: Line) -> bytes:
    return line.model_dump_json(exclude_none=True).encode() + b"\n"
