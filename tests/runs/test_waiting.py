"""How long a run in the queue waits, as far as that can be known."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from gan.runs import waiting
from gan.runs.queue import TrainingQueue
from gan.runs.run import Run
from gan.runs.snapshot import Snapshot
from gan.runs.waiting import Holder
from gan.settings import Settings

FRESH = Settings(epochs=10)


def run(batch: int = 0, rate: float = 0.0, seconds: float = 0.0, settings: Settings = FRESH) -> Snapshot:
    """A run of 1,000 batches."""
    now = Run.new(Path("runs/demo"), settings, TrainingQueue(1)).snapshot()
    return dataclasses.replace(
        now, batch=batch, rate=rate, seconds=seconds, epochs=settings.epochs, batches_per_epoch=1000 // settings.epochs
    )


def test_the_next_one_waits_for_the_first_run_that_ends() -> None:
    holders = [Holder(run(batch=400, rate=2.5), None), Holder(run(batch=100, rate=1.0), None)]
    assert waiting.sentence(holders, [], 2) == "It is next in the queue; its turn comes in about 4 minutes."


def test_those_ahead_train_first_at_the_pace_of_runs_like_them() -> None:
    holders = [Holder(run(batch=400, rate=2.5), None), Holder(run(batch=100, rate=2.5), None)]
    # free after 240 s and 360 s; the one ahead takes 400 s from 240 s on; then comes the slot that is free after 360 s
    assert waiting.sentence(holders, [run()], 2) == "1 run is ahead of it; its turn comes in about 6 minutes."
    assert waiting.sentence(holders, [run()] * 2, 2) == "2 runs are ahead of it; its turn comes in about 11 minutes."


def test_a_runs_own_past_tells_its_pace() -> None:
    holders = [Holder(run(batch=999, rate=100.0), None)]
    other = FRESH.changed(g_hidden=512)
    began = run(batch=100, seconds=10.0, settings=other)  # 900 batches at 10 a second
    assert waiting.sentence(holders, [began], 1) == "1 run is ahead of it; its turn comes in about 2 minutes."
    assert "not known yet" in waiting.sentence(holders, [run(settings=other)], 1)


def test_a_time_limit_ends_a_run_whatever_its_pace() -> None:
    holders = [Holder(run(seconds=20.0, settings=FRESH.changed(seconds=600)), None)]
    assert waiting.sentence(holders, [], 1) == "It is next in the queue; its turn comes in about 10 minutes."


def test_what_nobody_knows_is_not_guessed() -> None:
    assert (
        waiting.sentence([Holder(run(), None)], [], 1)
        == "It is next in the queue; how long that takes is not known yet."
    )
    many = [run(rate=1.0)] * 101
    assert waiting.sentence([Holder(run(rate=1.0), None)], many, 1).endswith("how long that takes is not known yet.")


def test_a_paused_run_gives_way_when_its_time_is_over_unless_it_goes_on() -> None:
    holders = [Holder(run(batch=10, rate=0.0, seconds=5.0), 130.0)]
    said = "It is next in the queue; its turn comes in about 2 minutes, unless a paused run goes on."
    assert waiting.sentence(holders, [], 1) == said


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than a minute"), (59.9, "less than a minute"), (60, "about 1 minute"), (150, "about 2 minutes"),
     (5399, "about 90 minutes"), (5400, "about 2 hours"), (100_000, "about 28 hours"), (200_000, "about 2 days")],
)  # fmt: skip
def test_times_are_said_roughly(seconds: float, words: str) -> None:
    assert waiting.about(seconds) == words
