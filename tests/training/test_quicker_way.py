"""Two ways to do the same work, and which of them is quicker."""

from __future__ import annotations

import pytest

from gan.training import quicker_way
from gan.training.quicker_way import LATEST, SOONEST, TRIES, QuickerWay


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock()
    monkeypatch.setattr(quicker_way, "time", one)
    return one


def work(way: QuickerWay, clock: Clock, first: float, second: float, times: int = 1) -> list[bool]:
    """Work so often, where the ways take so many seconds; returns whether the second way was taken."""
    taken = []
    for _ in range(times):
        taken.append(way.second)
        seconds = second if way.second else first
        clock.now += seconds
        way.took(seconds)
    return taken


def test_a_trial_takes_both_ways_in_turn_and_the_quicker_one_stays(clock: Clock) -> None:
    way = QuickerWay()
    assert work(way, clock, 0.02, 0.01, 2 * TRIES) == [False, True] * TRIES
    assert work(way, clock, 0.02, 0.01, 20) == [True] * 20


def test_the_second_way_has_to_be_much_quicker(clock: Clock) -> None:
    way = QuickerWay()
    work(way, clock, 0.02, 0.019, 2 * TRIES)
    assert work(way, clock, 0.02, 0.019, 20) == [False] * 20


def test_a_second_way_that_takes_very_long_is_not_tried_to_the_end(clock: Clock) -> None:
    way = QuickerWay()
    assert work(way, clock, 0.02, 2.0, 8).count(True) == 2  # the first time may be slow


def test_trials_come_seldom_while_nothing_changes(clock: Clock) -> None:
    way = QuickerWay()
    taken = work(way, clock, 0.02, 0.03, round(10 * LATEST / 0.02))
    trials = taken.count(True) / TRIES
    assert 10 <= trials <= 16


def test_when_the_second_way_gets_slow_a_trial_comes_at_once(clock: Clock) -> None:
    way = QuickerWay()
    work(way, clock, 0.02, 0.01, 20)
    taken = work(way, clock, 0.02, 0.2, 12)
    assert taken == [True, True, *[False, True] * 2, *[False] * 6]


def test_when_the_second_way_gets_quick_a_trial_finds_out_soon(clock: Clock) -> None:
    way = QuickerWay()
    work(way, clock, 0.02, 0.03, 2 * TRIES)
    taken = work(way, clock, 0.02, 0.01, round(3 * SOONEST / 0.02))
    assert taken[-10:] == [True] * 10
