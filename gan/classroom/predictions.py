"""What a class predicts: the question that is asked now, those before it, and the students' answers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock, RLock
from typing import Any

from gan.classroom import answers, question_log, questions
from gan.classroom.people import Person, Role
from gan.classroom.question_log import AskedQuestions, Given, Line
from gan.classroom.questions import Act, Asked, Kind, Question, QuestionRefused, Value
from gan.limits import MAX_ANSWER_CHANGES, MAX_QUESTIONS

NOT_ASKED = "This question is not asked now; reload the page to see the one that is."
CLOSED = "The question is closed, so this answer came too late."
NOT_KEPT = "The server's disk refused the answer; try again."

log = logging.getLogger(__name__)


class Predictions:
    """Any thread may ask. Nothing is read or written before somebody needs a question.

    What changes something holds `_changing` all along, also while a file is written; `_lock` is held for moments, so
    that pages are told without waiting for the disk.
    """

    def __init__(
        self, folder: Path, is_read_only: Callable[[], bool] = lambda: False, clock: Callable[[], float] = time.time
    ) -> None:
        self._folder = folder
        self._is_read_only = is_read_only
        self._clock = clock
        self._changing = RLock()
        self._lock = Lock()
        self._loaded: AskedQuestions | None = None

    # --- the teacher -----------------------------------------------------------------------------------------------

    def ask(self, question: Question) -> Asked:
        """Ask a question; one that is asked now is put away."""
        with self._changing:
            now = self._clock()
            before = self.current()
            if before is not None:
                self._set(questions.after(before, Act.END, now))
            kept, state = self._kept.newest(MAX_QUESTIONS - 1), questions.asked_now(question, now)
            kept.take(Line(state=state))
            self._loaded = kept
            self._rewrite(kept)
            return state

    def act(self, question: str, act: Act, right: Value | None = None) -> Asked:
        """Raises QuestionRefused."""
        with self._changing:
            state = questions.after(self.asked(question), act, self._clock(), right)
            self._set(state)
            return state

    def current(self) -> Asked | None:
        """The question that pages show: the last one, until it is put away."""
        kept = self._kept
        with self._lock:
            last = kept.last()
        return None if last is None or last.over else last

    def asked(self, question: str) -> Asked:
        """The question of this id, which must be the one that is asked now; raises QuestionRefused."""
        state = self.current()
        if state is None or state.question.id != question:
            raise QuestionRefused(NOT_ASKED)
        return state

    # --- students --------------------------------------------------------------------------------------------------

    def answer(self, question: str, student: Person, value: object) -> Value:
        """Take an answer, or another one instead, and write it down; raises QuestionRefused.

        Acknowledge it after `flush`, which serves many answers.
        """
        if student.role is not Role.STUDENT:
            raise QuestionRefused("Only students of a class answer its questions.")
        with self._changing:
            state, now = self.asked(question), self._clock()
            if not state.is_open(now):
                raise QuestionRefused(CLOSED)
            checked = questions.checked_value(state.question, value)
            before = self._kept.answers.get(question, {}).get(student.id)  # no other thread changes it now
            if before is not None and before.value == checked:
                return checked
            changes = 1 if before is None else before.changes + 1
            if changes > MAX_ANSWER_CHANGES:
                raise QuestionRefused("You have changed this answer very often; it stays as it is now.")
            line = Line(answer=Given(question=question, student=student.id, value=checked, at=now, changes=changes))
            try:
                self._append(line)
            except OSError:
                raise QuestionRefused(NOT_KEPT) from None
            kept = self._kept
            with self._lock:
                kept.take(line)
            return checked

    def flush(self) -> None:
        """Have all answers on the disk, where a power cut takes none of them; raises QuestionRefused."""
        try:
            if not self._is_read_only():
                question_log.flush(self._folder)
        except OSError:
            raise QuestionRefused(NOT_KEPT) from None

    def mine(self, student: str) -> Value | None:
        """The student's answer to the question that is asked now."""
        state = self.current()
        given = {} if state is None else self._values(state)
        return given.get(student)

    # --- what pages are told ---------------------------------------------------------------------------------------

    def question_view(self) -> dict[str, Any] | None:
        state = self.current()
        return None if state is None else questions.view(state, self._clock())

    def answers_view(self, role: Role, names: Mapping[str, str]) -> dict[str, Any] | None:
        """All answers of those in the class once they are shown; before, only the teacher is told how many there are.

        `names`: of the students of the class by their ids.
        """
        state = self.current()
        if state is None or (role is not Role.TEACHER and not state.shown):
            return None
        given = {student: value for student, value in self._values(state).items() if student in names}
        if not state.shown:
            return {"id": state.question.id, "count": len(given), "tally": [], "people": [], "entries": []}
        return {"id": state.question.id, **answers.shown(state, given, names)}

    def report(self, student: str) -> list[dict[str, Any]]:
        """All questions, the oldest first, with the student's own answers, for a report that is taken home.

        `mine` and `right` have the form of an answer (see `Kind`); None: there is none, or the teacher has not told it.
        """
        kept = self._kept
        with self._lock:
            states = list(kept.states.values())
        return [_reported(state, self._values(state), student) for state in states]

    # --- what is kept ----------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """The class is closed."""
        with self._changing:
            self._loaded = AskedQuestions()
            if not self._is_read_only():
                question_log.remove(self._folder)

    @property
    def _kept(self) -> AskedQuestions:
        if self._loaded is None:
            with self._changing:
                self._loaded = self._loaded or self._read()
        return self._loaded

    def _read(self) -> AskedQuestions:
        """What was kept when the server ended; the question that was open then has as much time left as it had."""
        kept, alive = question_log.read(self._folder)
        state = kept.last()
        if state is not None:
            kept.take(Line(state=questions.resumed(state, alive, self._clock())))
            self._rewrite(kept)  # a line that was cut would spoil the next one
        return kept

    def _values(self, state: Asked) -> dict[str, Value]:
        """All answers to a question."""
        kept = self._kept
        with self._lock:
            given = list(kept.answers.get(state.question.id, {}).values())
        return {one.student: one.value for one in given}

    def _set(self, state: Asked) -> None:
        kept = self._kept
        with self._lock:
            kept.take(Line(state=state))
        try:
            self._append(Line(state=state))
            self.flush()
        except (OSError, QuestionRefused) as error:
            log.warning("The question cannot be written, so a restart forgets its state: %s", error)

    def _append(self, line: Line) -> None:
        if not self._is_read_only():
            question_log.append(self._folder, line)

    def _rewrite(self, kept: AskedQuestions) -> None:
        if self._is_read_only():
            return
        try:
            question_log.write(self._folder, kept)
        except OSError as error:
            log.warning("The questions cannot be written, so a restart forgets them: %s", error.strerror)


def _reported(state: Asked, given: dict[str, Value], student: str) -> dict[str, Any]:
    question, right = state.question, state.right if state.told else None
    best = answers.nearest(question.kind, given, right) if right is not None else []
    return {
        "ask": question.ask,
        "kind": str(question.kind),
        "answers": list(question.choices),
        "curve": None if question.axes is None else question.axes.model_dump(),
        "asked": state.asked,
        "mine": given.get(student),
        "right": right,
        "because": question.because if state.told else "",
        "nearest": student in best,
        "count": len(given),
        "tally": answers.tally(state, given) if question.kind is Kind.CHOICE else None,
    }
