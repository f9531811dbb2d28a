"""The gate: so many at once, the others in the order in which they came."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gan.runs.queue import Slots


def quiet() -> None:
    """Somebody who need not be woken."""


def place(slots: Slots[Any], who: object) -> int:
    """The place in the queue, from 1; 0 if not waiting."""
    ahead = slots.ahead(who)
    return 0 if ahead is None else len(ahead.waiting) + 1


def test_as_many_as_the_limit_are_let_in_and_asking_again_takes_no_second_slot() -> None:
    slots: Slots[str] = Slots(2)
    assert slots.acquire("a", quiet)
    assert slots.acquire("a", quiet)
    assert slots.acquire("b", quiet)
    assert not slots.acquire("c", quiet)
    assert not slots.acquire("d", quiet)
    assert [place(slots, who) for who in "abcd"] == [0, 0, 1, 2]


def test_who_waits_longest_is_woken_and_nobody_slips_in_before() -> None:
    slots: Slots[str] = Slots(1)
    woken: list[str] = []
    slots.acquire("a", quiet)
    slots.acquire("b", lambda: woken.append("b"))
    slots.acquire("c", lambda: woken.append("c"))
    slots.release("a")
    assert woken == ["b"]
    assert not slots.acquire("d", quiet)  # b has been woken but has not come yet: the slot is b's
    assert not slots.acquire("c", quiet)
    assert slots.acquire("b", quiet)
    assert [place(slots, who) for who in "bcd"] == [0, 1, 2]


def test_who_leaves_the_queue_makes_room_for_those_behind() -> None:
    slots: Slots[str] = Slots(1)
    woken: list[str] = []
    slots.acquire("a", quiet)
    slots.acquire("b", quiet)
    slots.acquire("c", lambda: woken.append("c"))
    slots.release("b")
    assert place(slots, "c") == 1
    assert woken == []
    slots.release("a")
    assert woken == ["c"]
    assert slots.acquire("c", quiet)


def test_who_was_never_there_may_leave() -> None:
    slots: Slots[str] = Slots(1)
    slots.release("nobody")
    assert slots.acquire("a", quiet)


def test_one_that_pauses_keeps_its_slot_and_takes_it_up_again() -> None:
    slots: Slots[str] = Slots(1, keep=600)
    woken: list[str] = []
    slots.acquire("a", quiet)
    slots.acquire("b", lambda: woken.append("b"))
    assert slots.pause("a") == 600
    ahead = slots.ahead("b")
    assert ahead is not None
    assert (ahead.holders, ahead.waiting, woken) == (["a"], [], [])
    assert 599 < ahead.paused["a"] <= 600
    assert not slots.acquire("b", quiet)
    assert slots.acquire("a", quiet)
    assert slots.ahead("b") == (["a"], {}, [])


def test_one_that_pauses_in_the_queue_leaves_it() -> None:
    slots: Slots[str] = Slots(1)
    for who in "abc":
        slots.acquire(who, quiet)
    assert slots.pause("b") is None
    assert [place(slots, who) for who in "abc"] == [0, 0, 1]


class AnyOrder(RuleBasedStateMachine):
    """Against a plain model: a list of those who hold a slot and a list of those who wait."""

    def __init__(self) -> None:
        super().__init__()
        self.slots: Slots[int] = Slots(2)
        self.holders: list[int] = []
        self.waiting: list[int] = []
        self.woken: list[int] = []

    @rule(who=st.integers(0, 5))
    def acquire(self, who: int) -> None:
        let_in = self.slots.acquire(who, lambda: self.woken.append(who))
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
        self.slots.release(who)
        self.holders = [other for other in self.holders if other != who]
        self.waiting = [other for other in self.waiting if other != who]
        assert self.woken == self.waiting[: 2 - len(self.holders)]  # whoever may come now is told

    @rule(who=st.integers(0, 5))
    def pause(self, who: int) -> None:
        kept = self.slots.pause(who)
        assert (kept is not None) == (who in self.holders)
        self.waiting = [other for other in self.waiting if other != who]

    @invariant()
    def positions_are_those_of_the_queue(self) -> None:
        assert len(self.holders) <= 2
        for who in range(6):
            assert place(self.slots, who) == (self.waiting.index(who) + 1 if who in self.waiting else 0)


TestAnyOrder = AnyOrder.TestCase
