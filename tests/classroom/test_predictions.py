"""Questions and answers of a class are kept: what was acknowledged is there again after a kill."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from power_cut import Disk, needs_linux

from gan.classroom import question_log
from gan.classroom.people import OWNER, Person, Role
from gan.classroom.predictions import Predictions
from gan.classroom.questions import Act, Question, QuestionRefused, question_of
from gan.limits import MAX_ANSWER_CHANGES, MAX_QUESTIONS

ZOE, MAX = Person("a" * 16, Role.STUDENT, "Zoë"), Person("b" * 16, Role.STUDENT, "Max")
NAMES = {ZOE.id: ZOE.name, MAX.id: MAX.name}


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def who_wins() -> Question:
    return question_of({"kind": "choice", "ask": "Who wins?", "choices": ["the forger", "the detective"], "right": 1})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(tmp_path: Path, clock: Clock) -> Callable[[], Predictions]:
    """Starts as the server does; a kill is simply the next start."""
    return lambda: Predictions(tmp_path, clock=clock)


def test_an_answer_may_be_changed_until_the_close(start: Callable[[], Predictions], clock: Clock) -> None:
    predictions = start()
    question = predictions.ask(who_wins()).question.id
    predictions.answer(question, ZOE, 0)
    predictions.answer(question, MAX, 0)
    predictions.answer(question, ZOE, 1)
    assert (predictions.mine(ZOE.id), predictions.mine(MAX.id)) == (1, 0)
    clock.now += 61
    with pytest.raises(QuestionRefused, match=r"came too late\.$"):
        predictions.answer(question, MAX, 1)
    assert predictions.mine(MAX.id) == 0


@pytest.mark.parametrize("act", [Act.CLOSE, Act.END])
def test_after_the_teacher_has_closed_it_nobody_answers(start: Callable[[], Predictions], act: Act) -> None:
    predictions = start()
    question = predictions.ask(who_wins()).question.id
    predictions.act(question, act)
    with pytest.raises(QuestionRefused):
        predictions.answer(question, ZOE, 0)


def test_only_the_question_that_is_asked_now_is_answered(start: Callable[[], Predictions]) -> None:
    predictions = start()
    before = predictions.ask(who_wins()).question.id
    predictions.ask(who_wins())
    for question in (before, "0" * 16, "", "x" * 1000):
        with pytest.raises(QuestionRefused, match=r"^This question is not asked now"):
            predictions.answer(question, ZOE, 0)


def test_only_students_answer(start: Callable[[], Predictions]) -> None:
    predictions = start()
    question = predictions.ask(who_wins()).question.id
    with pytest.raises(QuestionRefused):
        predictions.answer(question, OWNER, 0)


def test_after_a_kill_question_answers_and_the_time_that_was_left_are_there_again(
    start: Callable[[], Predictions], clock: Clock, tmp_path: Path
) -> None:
    predictions = start()
    question = predictions.ask(who_wins()).question.id
    clock.now += 20
    predictions.answer(question, ZOE, 1)
    with (tmp_path / question_log.NAME).open("ab") as file:
        file.write(b'{"answer":{"question":"')  # the kill came while a line was written
    os.utime(tmp_path / question_log.NAME, (clock.now, clock.now))
    clock.now += 15  # it takes a while to start again
    again = start()
    view = again.question_view()
    assert view is not None
    assert (view["id"], view["open"], view["left"]) == (question, True, 40.0)
    assert again.mine(ZOE.id) == 1
    again.answer(question, MAX, 0)
    assert start().mine(MAX.id) == 0


@needs_linux
def test_after_a_power_cut_all_answers_are_there_that_were_flushed(
    start: Callable[[], Predictions],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk = Disk(tmp_path, monkeypatch)
    predictions = start()
    question = predictions.ask(who_wins()).question.id
    predictions.answer(question, ZOE, 0)
    predictions.answer(question, MAX, 1)
    predictions.flush()
    left = Predictions(disk.after_power_cut(tmp_path_factory.mktemp("left") / "runs"), clock=clock)
    assert (left.mine(ZOE.id), left.mine(MAX.id)) == (0, 1)
    predictions.act(question, Act.CLOSE)
    closed = Predictions(disk.after_power_cut(tmp_path_factory.mktemp("closed") / "runs"), clock=clock)
    with pytest.raises(QuestionRefused, match=r"came too late\.$"):
        closed.answer(question, ZOE, 1)


def test_a_disk_that_refuses_to_flush_is_told_in_a_sentence(
    start: Callable[[], Predictions], monkeypatch: pytest.MonkeyPatch
) -> None:
    predictions = start()
    predictions.answer(predictions.ask(who_wins()).question.id, ZOE, 0)

    def refuse(_folder: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(question_log, "flush", refuse)
    with pytest.raises(QuestionRefused, match=r"try again\.$"):
        predictions.flush()


def test_what_the_teacher_did_is_there_again(start: Callable[[], Predictions]) -> None:
    predictions = start()
    question = predictions.ask(who_wins()).question.id
    for act in (Act.CLOSE, Act.SHOW, Act.NAMES, Act.TELL):
        predictions.act(question, act)
    assert start().question_view() == predictions.question_view()
    predictions.act(question, Act.END)
    assert start().question_view() is None


def test_only_the_teacher_is_told_how_many_have_answered_and_nobody_what_before_the_answers_are_shown(
    start: Callable[[], Predictions],
) -> None:
    predictions = start()
    question = predictions.ask(who_wins()).question.id
    predictions.answer(question, ZOE, 1)
    counted = {"id": question, "count": 1, "tally": [], "people": [], "entries": []}
    assert predictions.answers_view(Role.TEACHER, NAMES) == counted
    assert predictions.answers_view(Role.STUDENT, NAMES) is None
    predictions.act(question, Act.CLOSE)
    predictions.act(question, Act.SHOW)
    shown = predictions.answers_view(Role.STUDENT, NAMES)
    assert shown == predictions.answers_view(Role.TEACHER, NAMES)
    assert shown is not None
    assert shown["tally"] == [0, 1]


def test_who_was_removed_from_the_class_is_no_longer_among_the_answers(start: Callable[[], Predictions]) -> None:
    predictions = start()
    question = predictions.ask(who_wins()).question.id
    predictions.answer(question, ZOE, 1)
    view = predictions.answers_view(Role.TEACHER, {})
    assert view is not None
    assert view["count"] == 0


def test_a_flood_of_changes_ends_and_its_last_answer_stays(start: Callable[[], Predictions], tmp_path: Path) -> None:
    predictions = start()
    question = predictions.ask(who_wins()).question.id
    for number in range(MAX_ANSWER_CHANGES):
        predictions.answer(question, ZOE, number % 2)
    size = (tmp_path / question_log.NAME).stat().st_size
    last = predictions.mine(ZOE.id)
    for _ in range(50):
        with pytest.raises(QuestionRefused):
            predictions.answer(question, ZOE, 1 - int(str(last)))
        predictions.answer(question, ZOE, last)  # the same again is no change
    assert (tmp_path / question_log.NAME).stat().st_size == size
    predictions.answer(question, MAX, 0)
    assert start().mine(ZOE.id) == last
    assert (tmp_path / question_log.NAME).stat().st_size < size  # only what counts is kept


def test_of_very_many_questions_the_newest_are_kept(start: Callable[[], Predictions]) -> None:
    predictions = start()
    ids = [predictions.ask(who_wins()).question.id for _ in range(MAX_QUESTIONS + 3)]
    assert len(predictions.report(ZOE.id)) == MAX_QUESTIONS
    view = start().question_view()
    assert view is not None
    assert view["id"] == ids[-1]


@pytest.mark.parametrize("content", [b"", b"\x00\xff\n", b"{}\n", b'{"state":{}}\n', b"[" * 100_000, b'{"answer":1}\n'])
def test_a_damaged_file_costs_no_more_than_its_damaged_lines(
    start: Callable[[], Predictions], tmp_path: Path, content: bytes
) -> None:
    predictions = start()
    question = predictions.ask(who_wins()).question.id
    predictions.answer(question, ZOE, 1)
    path = tmp_path / question_log.NAME
    path.write_bytes(content + b"\n" + path.read_bytes())
    assert start().mine(ZOE.id) == 1


def test_a_report_holds_all_questions_with_ones_own_answers(start: Callable[[], Predictions]) -> None:
    predictions = start()
    first = predictions.ask(who_wins()).question.id
    predictions.answer(first, ZOE, 1)
    predictions.answer(first, MAX, 0)
    predictions.act(first, Act.CLOSE)
    predictions.act(first, Act.TELL)
    predictions.ask(question_of({"kind": "number", "ask": "Which FID?", "right": 40}))
    told, open_one = predictions.report(ZOE.id)
    assert (told["ask"], told["mine"], told["right"], told["nearest"], told["count"], told["tally"]) == (
        "Who wins?", 1, 1, True, 2, [1, 1],
    )  # fmt: skip
    assert (open_one["mine"], open_one["right"], open_one["nearest"]) == (None, None, False)  # not told yet
    assert [one["nearest"] for one in predictions.report(MAX.id)] == [False, False]


def test_once_the_class_is_closed_nothing_is_left_and_others_can_read_nothing_before(
    start: Callable[[], Predictions], tmp_path: Path
) -> None:
    predictions, path = start(), tmp_path / question_log.NAME
    predictions.ask(who_wins())
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    predictions.forget()
    assert not path.exists()
    assert predictions.report(ZOE.id) == []
