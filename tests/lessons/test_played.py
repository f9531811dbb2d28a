"""Lessons of ours, played to their end with real runs: what they promise must be seen in the runs' figures.

All fifteen train about fifty epochs, some two minutes on a free core, so that only a few are played with every other
test. After a change to a lesson or to training, play them all:

    LIVEGAN_PLAY_LESSONS=all python -m pytest tests/lessons/test_played.py

The runs are those that a student starts, at full speed. A run that nothing is turned in is trained once for all lessons
that start it, since the same settings give the same run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from helpers import PATIENCE, wait_until

from gan.lessons import conditions
from gan.lessons.conditions import Condition, Figures
from gan.lessons.lesson import Lesson, Step
from gan.lessons.library import FOLDER, library
from gan.recording.commands import Resume, SetKnobs, Stop
from gan.runs.registry import RunRegistry
from gan.runs.run import Run

LESSONS = library(FOLDER).lessons
USUAL = ("low_loss", "chosen", "luck")
PLAYED = [one for one in LESSONS if one.name in USUAL or os.environ.get("LIVEGAN_PLAY_LESSONS") == "all"]
LONGEST = 10 * PATIENCE  # a step trains up to four epochs, and the machine may be busy


def figures(run: Run) -> Figures:
    now = run.snapshot()
    turned = [mark.batch for mark in now.marks if mark.after is not None]
    score = run.scores.all[-1] if run.scores.all else None
    rows = run.series.rows(0, now.batch)
    return Figures(rows, now.epoch, now.settings.model_dump(), max(turned, default=0), score)


def shown(condition: Condition, known: Figures) -> str:
    return ", ".join(f"{clause.figure} = {conditions.value_of(clause, known)}" for clause in condition)


class Player:
    """Takes lessons one after the other, as a student who presses every button."""

    def __init__(self, registry: RunRegistry) -> None:
        self.registry = registry
        self._runs: dict[str, Run] = {}

    def play(self, lesson: Lesson) -> None:
        run: Run | None = None
        for number, step in enumerate(lesson.steps):
            if step.start:
                run = self._started(step, untouched=not _is_turned(lesson.steps[number + 1 :]))
            if step.turn and run:
                run.command(SetKnobs(step.turn))
                run.command(Resume())  # a run that had ended is paused now; to one that trains it means nothing
            if step.reached and run:
                self._reach(step, run)
        if run and run.active:
            run.command(Stop())
            run.join()

    def _started(self, step: Step, untouched: bool) -> Run:
        assert step.start is not None
        settings = step.start.settings.changed(pace=0.0)
        key = settings.model_dump_json()
        if untouched and key in self._runs:
            return self._runs[key]
        run = self.registry.start(settings)
        if untouched:
            self._runs[key] = run
        return run

    def _reach(self, step: Step, run: Run) -> None:
        """Wait until the run has reached the end of the step, and see what the lesson promises."""
        wait_until(lambda: conditions.holds(step.reached, figures(run)) or run.snapshot().state not in ACTIVE, LONGEST)
        wait_until(lambda: conditions.holds(step.reached, figures(run)))  # the last epoch may still be measured
        known = figures(run)
        for claim in step.shows:
            assert conditions.holds(claim.check, known), f"{step.title}: {claim.says} ({shown(claim.check, known)})"


ACTIVE = ("running", "queued", "paused")


def _is_turned(steps: tuple[Step, ...]) -> bool:
    """Whether one of the steps turns knobs before another run starts."""
    for step in steps:
        if step.start:
            return False
        if step.turn:
            return True
    return False


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    registry = RunRegistry(tmp_path_factory.mktemp("lessons"), limit=2)
    registry.open()
    yield Player(registry)
    registry.close()


@pytest.mark.parametrize("lesson", PLAYED, ids=lambda lesson: lesson.name)
def test_a_lesson_shows_what_it_promises(player: Player, lesson: Lesson) -> None:
    player.play(lesson)


def test_every_lesson_of_ours_can_be_read() -> None:
    assert library(FOLDER).problems == ()
    assert len(LESSONS) == 15
    assert {one.name for one in PLAYED} >= set(USUAL)
    assert all(4 <= lesson.minutes <= 12 for lesson in LESSONS)
    for lesson in LESSONS:
        assert any(step.question for step in lesson.steps), lesson.name
