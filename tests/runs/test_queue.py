"""The gate: so many at once, the others in the order in which they came."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gan.runs.queue import TrainingQueue


def quiet() -> None:
    """Somebody who need not be woken."""


def place(training_queue: TrainingQueue[Any], who: object) -> int:
    """The place in the queue, from 1; 0 if not waiting."""
    ahead = training_queue.ahead(who)
    return 0 if ahead is None else len(ahead.waiting) + 1


def test_as_many_as_the_limit_are_let_in_and_asking_again_takes_no_second_slot() -> None:
    training_queue: TrainingQueue[str] = TrainingQueue(2)
    assert training_queue.acquire("a", quiet)
    assert training_queue.acquire("a", quiet)
    assert training_queue.acquire("b", quiet)
    assert not training_queue.acquire("c", quiet)
    assert not training_queue.acquire("d", quiet)
    assert [place(training_queue, who) for who in "abcd"] == [0, 0, 1, 2]


def test_who_waits_longest_is_woken_and_nobody_slips_in_before() -> None:
    training_queue: TrainingQueue[str] = TrainingQueue(1)
    woken: list[str] = []
    training_queue.acquire("a", quiet)
    training_queue.acquire("b", lambda: woken.append("b"))
    training_queue.acquire("c", lambda: woken.append("c"))
    training_queue.release("a")
    assert woken == ["b"]
    assert not training_queue.acquire("d", quiet)  # b has been woken but has not come yet: the slot is b's
    assert not training_queue.acquire("c", quiet)
    assert training_queue.acquire("b", quiet)
    assert [place(training_queue, who) for who in "bcd"] == [0, 1, 2]


def test_who_leaves_the_queue_makes_room_for_those_behind() -> None:
    training_queue: TrainingQueue[str] = TrainingQueue(1)
    woken: list[str] = []
    training_queue.acquire("a", quiet)
    training_queue.acquire("b", quiet)
    training_queue.acquire("c", lambda: woken.append("c"))
    training_queue.release("b")
    assert place(training_queue, "c") == 1
    assert woken == []
    training_queue.release("a")
    assert woken == ["c"]
    assert training_queue.acquire("c", quiet)


def test_who_was_never_there_may_leave() -> None:
    training_queue: TrainingQueue[str] = TrainingQueue(1)
    training_queue.release("nobody")
    assert training_queue.acquire("a", quiet)


def test_one_that_pauses_keeps_its_slot_and_takes_it_up_again() -> None:
    training_queue: TrainingQueue[str] = TrainingQueue(1, keep=600)
    woken: list[str] = []
    training_queue.acquire("a", quiet)
    training_queue.acquire("b", lambda: woken.append("b"))
    assert training_queue.pause("a") == 600
    ahead = training_queue.ahead("b")
    assert ahead is not None
    assert (ahead.holders, ahead.waiting, woken) == (["a"], [], [])
    assert 599 < ahead.paused["a"] <= 600
    assert not training_queue.acquire("b", quiet)
    assert training_queue.acquire("a", quiet)
    assert training_queue.ahead("b") == (["a"], {}, [])


def test_one_that_pauses_in_the_queue_leaves_it() -> None:
    training_queue: TrainingQueue[str] = TrainingQueue(1)
    for who in "abc":
        training_queue.acquire(who, quiet)
    assert training_queue.pause("b") is None
    assert [place(training_queue, who) for who in "abc"] == [0, 0, 1]


class AnyOrder(RuleBasedStateMachine):
    """Against a plain model: a list of those who hold a slot and a list of those who wait."""

    def __init__(self) -> None:
        super().__init__()
        self.training_queue: TrainingQueue[int] = TrainingQueue(2)
        self.holders: list[int] = []
        self.waiting: list[int] = []
        self.woken: list[int] = []

    @rule(who=st.integers(0, 5))
    def acquire(self, who: int) -> None:
        let_in = self.training_queue.acquire(who, lambda: self.woken.append(who))
        if who not in self.holders:
            ahead = self.waiting.index(who) if who in self.waiting else len(self.waiting)
            if len(self.holders) + ahead < 2:
                self.holders.append(who)
                self.waiting = [other for other in self.waiting if other != who]
            elif who not in self.waiting:
                self.waiting.append(who)
        assert let_in == (who in self.holders)

    @rule(who=st.integers(0, 5))
    def release(self, who: int) -> None:
        self.woken.clear()
        self.training_queue.release(who)
        self.holders = [other for other in self.holders if other != who]
        self.waiting = [other for other in self.waiting if other != who]
        assert self.woken == self.waiting[: 2 - len(self.holders)]  # whoever may come now is told

    @rule(who=st.integers(0, 5))
    def pause(self, who: int) -> None:
        kept = self.training_queue.pause(who)
        assert (kept is not None) == (who in self.holders)
        self.waiting = [other for other in self.waiting if other != who]

    @invariant()
    def positions_are_those_of_the_queue(self) -> None:
        assert len(self.holders) <= 2
        for who in range(6):
            assert place(self.training_queue, who) == (self.waiting.index(who) + 1 if who in self.waiting else 0)


TestAnyOrder = AnyOrder.TestCase
