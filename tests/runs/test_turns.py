"""Turns by desk: everybody moves, nobody takes another's share, and the teacher waits for no desk."""

from __future__ import annotations

from collections import Counter

import pytest

from gan.runs.queue import TrainingQueue
from gan.runs.turns import DeskTurns, Turn


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Room:
    """Runs named by desk and number, such as "a1", that train in turns by a clock that the test moves."""

    def __init__(self, slots: int) -> None:
        self.clock = Clock()
        self.teachers: TrainingQueue[str] = TrainingQueue(slots)
        self.turns: DeskTurns[str] = DeskTurns(self.teachers, lambda run: run[0], self.clock)
        self.woken: list[str] = []
        self.turns_of: Counter[str] = Counter()
        self.training: list[str] = []

    def come(self, run: str) -> None:
        if self.turns.acquire(run, lambda: self.woken.append(run)):
            self.training.append(run)

    def leave(self, run: str) -> None:
        self.training = [other for other in self.training if other != run]
        self.turns.release(run)
        self._take_over()

    def train(self, batches: int, seconds: dict[str, float] | None = None) -> None:
        """Each run that has a turn trains a batch, again and again; `seconds` that a batch takes at a desk (0.5)."""
        for _ in range(batches):
            for run in list(self.training):
                self.clock.now += (seconds or {}).get(run[0], 0.5) / len(self.training)
                self.turns_of[run] += 1
                if self.turns.is_over(run):
                    self.training.remove(run)
                    self.turns.pass_on(run, lambda run=run: self.woken.append(run))  # type: ignore[misc]
                    self._take_over()

    def _take_over(self) -> None:
        for run in self.woken:
            assert self.turns.acquire(run, lambda: None)  # who is woken has its turn
        self.training += self.woken
        self.woken.clear()


def test_thirty_desks_all_move_and_no_desk_twice_before_another() -> None:
    here = Room(2)
    desks = [chr(ord("A") + number) for number in range(30)]
    for desk in desks:
        here.come(f"{desk}1")
    here.train(45)
    assert set(here.turns_of) == {f"{desk}1" for desk in desks}
    assert max(here.turns_of.values()) - min(here.turns_of.values()) <= 1


def test_turns_go_by_desk_and_not_by_run() -> None:
    here = Room(1)
    for run in ("a1", "a2", "a3", "b1"):
        here.come(run)
    here.train(120)
    assert here.turns_of["b1"] == pytest.approx(60, abs=4)
    assert [here.turns_of[run] for run in ("a1", "a2", "a3")] == pytest.approx([20] * 3, abs=4)


def test_a_desk_holds_one_of_two_slots_as_long_as_another_waits() -> None:
    here = Room(2)
    for run in ("a1", "a2", "b1"):
        here.come(run)
    assert here.training == ["a1", "a2"]  # nobody else was there
    here.train(4)
    assert sorted(run[0] for run in here.training) == ["a", "b"]


def test_a_desk_whose_batches_take_long_gets_fewer_of_them() -> None:
    here = Room(1)
    here.come("s1")
    here.come("q1")
    here.train(200, {"s": 4.0, "q": 0.5})
    assert here.turns_of["q1"] / here.turns_of["s1"] == pytest.approx(8, rel=0.2)


def test_the_teachers_run_takes_a_slot_from_the_desks_and_waits_for_none() -> None:
    here = Room(2)
    for desk in "abcd":
        here.come(f"{desk}1")
    assert len(here.training) == 2
    assert here.teachers.acquire("teacher", lambda: None)
    here.train(3)
    assert len(here.training) == 1
    here.teachers.pause("teacher")
    here.train(3)
    assert len(here.training) == 2
    here.teachers.release("teacher")
    for number in range(2):
        assert here.teachers.acquire(f"teacher {number}", lambda: None)
    here.train(3)
    assert len(here.training) == 1  # desks always have one


def test_one_alone_trains_without_an_end() -> None:
    here = Room(1)
    here.come("a1")
    here.train(50)
    assert (here.training, here.turns.next_turn("a1")) == (["a1"], None)


def test_who_pauses_and_comes_back_has_saved_nothing_up() -> None:
    here = Room(1)
    here.come("a1")
    here.come("b1")
    here.train(10)
    here.leave("b1")
    here.train(100)
    here.come("b1")
    before = here.turns_of.copy()
    here.train(20)
    assert here.turns_of["a1"] - before["a1"] == pytest.approx(10, abs=3)


def test_newcomers_do_not_keep_the_others_waiting() -> None:
    here = Room(1)
    here.come("a1")
    here.come("b1")
    for number in range(40):
        here.come(f"{chr(200 + number)}1")
        here.train(1)
    assert here.turns_of["a1"] > 1
    assert here.turns_of["b1"] > 1


def test_each_is_told_when_its_turn_comes_and_of_how_many() -> None:
    here = Room(1)
    for desk in "abcdefghij":
        here.come(f"{desk}1")
    told = [here.turns.next_turn(f"{desk}1") for desk in "abj"]
    assert told == [Turn(0, 10), Turn(1, 10), Turn(4, 10)]  # turns of half a second
    assert here.turns.next_turn("z1") is None
    assert not here.turns.idle


def test_whoever_waits_may_leave() -> None:
    here = Room(1)
    for run in ("a1", "b1", "c1"):
        here.come(run)
    here.leave("b1")
    here.leave("a1")
    assert here.training == ["c1"]
    here.leave("c1")
    assert here.turns.idle
    here.leave("never there")
