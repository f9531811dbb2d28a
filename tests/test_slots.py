"""The gate: so many at once, the others in the order in which they came."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gan.slots import Slots


def quiet() -> None:
    """Somebody who need not be woken."""


def test_as_many_as_the_limit_are_let_in_and_asking_again_takes_no_second_slot() -> None:
    slots = Slots(2)
    assert slots.acquire("a", quiet)
    assert slots.acquire("a", quiet)
    assert slots.acquire("b", quiet)
    assert not slots.acquire("c", quiet)
    assert not slots.acquire("d", quiet)
    assert [slots.position(who) for who in "abcd"] == [0, 0, 1, 2]


def test_who_waits_longest_is_woken_and_nobody_slips_in_before() -> None:
    slots, woken = Slots(1), []
    slots.acquire("a", quiet)
    slots.acquire("b", lambda: woken.append("b"))
    slots.acquire("c", lambda: woken.append("c"))
    slots.release("a")
    assert woken == ["b"]
    assert not slots.acquire("d", quiet)  # b has been woken but has not come yet: the slot is b's
    assert not slots.acquire("c", quiet)
    assert slots.acquire("b", quiet)
    assert [slots.position(who) for who in "bcd"] == [0, 1, 2]


def test_who_leaves_the_queue_makes_room_for_those_behind() -> None:
    slots, woken = Slots(1), []
    slots.acquire("a", quiet)
    slots.acquire("b", quiet)
    slots.acquire("c", lambda: woken.append("c"))
    slots.release("b")
    assert slots.position("c") == 1
    assert woken == []
    slots.release("a")
    assert woken == ["c"]
    assert slots.acquire("c", quiet)


def test_who_was_never_there_may_leave() -> None:
    slots = Slots(1)
    slots.release("nobody")
    assert slots.acquire("a", quiet)


class AnyOrder(RuleBasedStateMachine):
    """Against a plain model: a list of those who hold a slot and a list of those who wait."""

    def __init__(self) -> None:
        super().__init__()
        self.slots = Slots(2)
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

    @invariant()
    def positions_are_those_of_the_queue(self) -> None:
        assert len(self.holders) <= 2
        for who in range(6):
            assert self.slots.position(who) == (self.waiting.index(who) + 1 if who in self.waiting else 0)


TestAnyOrder = AnyOrder.TestCase
