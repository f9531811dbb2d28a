"""The names in types.d.ts are those that the server sends."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from page_types import fields_of

from gan.app.components import live, wiring
from gan.classroom import answers, questions
from gan.classroom.lead import Moment, Place
from gan.classroom.league import Entry, Row
from gan.classroom.questions import Axes
from gan.data import shared_downloads
from gan.explain.finding import Finding
from gan.lessons import card as lesson_card
from gan.lessons.library import FOLDER as LESSONS
from gan.lessons.library import library
from gan.presets import PRESETS
from gan.quality.metrics import Quality
from gan.quality.nearest import Nearest
from gan.quality.scores import Progress, Score
from gan.recording.marks import Mark
from gan.runs.snapshot import Snapshot
from gan.runs.summary import RunSummary
from gan.server import league_view, messages
from gan.settings import KNOBS, Settings

SCORE = Score(  # of a conditional run: it has all fields
    0, 0, averaged=False, quality=Quality(2, 0, 0.0, 0.0, 0.0, (0.1,) * 10, (), 0.0, 0.0, 0, as_asked=(0.5,) * 10)
)

ROW = Row(None, Entry(student="0" * 16, name="Ann", run="run", created=1.0), 0, "")
LESSON = library(LESSONS).lessons[0]
SHOWN = lesson_card.card(LESSON)
ASKED = questions.asked_now(questions.question_of({"kind": "number", "ask": "Which FID?"}), 0.0)


def names(of: Any) -> set[str]:
    return {field.name for field in dataclasses.fields(of)}


@pytest.mark.parametrize(
    ("interface", "sent"),
    [
        ("RunSummary", names(RunSummary)),
        ("Snapshot", names(Snapshot) - {"marks"}),
        ("Settings", set(Settings.model_fields)),
        ("Mark", names(Mark)),
        ("Score", set(messages.score_fields(SCORE))),
        ("Warning", names(Finding) | {"label"}),
        ("MeasuringProgress", names(Progress)),
        ("DatasetStatus", names(shared_downloads.Status) | {"dataset", "title", "cost"}),
        ("NearestImage", names(Nearest) | {"copy", "limit"}),
        ("Wiring", set(wiring("runs")) | {"base"}),
        ("Knob", set(live.control(KNOBS["lr_g"]))),
        ("Preset", set(live._preset(PRESETS[0]))),
        ("Draft", names(live.Draft)),
        ("StartRequest", names(live.StartRequest) | {"at"}),
        ("LessonEntry", set(lesson_card.entry(LESSON))),
        ("LessonCard", set(SHOWN)),
        ("LessonStep", set(SHOWN["steps"][0])),
        ("LessonQuestion", set(SHOWN["steps"][0]["question"])),
        ("ClassMoment", set(Moment.model_fields)),
        ("Place", set(Place.model_fields) - fields_of("PlaceParts")),
        ("ClassQuestion", set(questions.view(ASKED, 0.0))),
        ("ClassAxes", set(Axes.model_fields) | {"label"}),
        ("ClassAnswers", {"id", *answers.shown(ASKED, {}, {})}),
        ("LeagueKnob", set(league_view.field("lr_g", 0.001))),
        ("LeagueRow", set(league_view.told_row(ROW, shown=True))),
        ("LessonClause", set(SHOWN["steps"][0]["reached"][0])),
    ],
)
def test_the_pages_know_the_fields_that_the_server_sends(interface: str, sent: set[str]) -> None:
    assert fields_of(interface) == sent
