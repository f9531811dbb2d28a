"""What waits for a run's thread: merged, counted, and in an order that lets Stop through."""

from __future__ import annotations

import threading
import time
from concurrent.futures import CancelledError

import pytest

from gan.errors import Busy
from gan.limits import MAX_LOOKS, MAX_STEPS
from gan.recording.commands import Command, Pause, Resume, SetKnobs, Shutdown, Step, Stop
from gan.runs import inbox
from gan.runs.inbox import Inbox, Look, Orders
from gan.settings import LIVE_KNOBS


def asked(*commands: Command) -> Inbox:
    box = Inbox()
    for command in commands:
        box.put(command)
    return box


def test_moves_of_one_knob_are_merged_to_the_newest_and_act_with_those_of_others() -> None:
    box = asked(SetKnobs({"lr_g": 0.1}), SetKnobs({"dropout": 0.3}), SetKnobs({"lr_g": 0.2, "lr_d": 0.4}))
    assert box.take(0) == Orders(SetKnobs({"lr_g": 0.2, "dropout": 0.3, "lr_d": 0.4}))
    assert box.take(0) is None


def test_any_number_of_moves_takes_no_more_room_than_there_are_knobs() -> None:
    box = Inbox()
    for number in range(10_000):
        box.put(SetKnobs({sorted(LIVE_KNOBS)[number % len(LIVE_KNOBS)]: number}))
    orders = box.take(0)
    assert isinstance(orders, Orders)
    assert orders.knobs is not None
    assert len(orders.knobs.values) == len(LIVE_KNOBS)


def test_of_pause_and_resume_the_last_one_counts_and_calls_the_steps_before_it_off() -> None:
    box = asked(Step(), Pause(), Resume(), Step("d"), Step("g"))
    assert not box.has_step  # it waits for the resume that was asked before it
    assert box.take_step() is None
    assert box.take(0) == Orders(mode=Resume())
    assert [box.take_step(), box.take_step(), box.take_step()] == [Step("d"), Step("g"), None]


def test_a_knob_acts_before_the_steps_that_wait() -> None:
    box = asked(Step(), SetKnobs({"lr_g": 0.1}))
    assert box.take_step() is None
    assert box.take(0) == Orders(SetKnobs({"lr_g": 0.1}))
    assert box.take_step() == Step()


@pytest.mark.parametrize("end", [Stop(), Shutdown()])
def test_an_end_comes_first_and_takes_the_moves_before_it_along(end: Stop | Shutdown) -> None:
    box = asked(SetKnobs({"lr_g": 0.1}), Pause(), Step())
    box.look(lambda trainer: trainer)
    box.put(end) if isinstance(end, Stop) else box.shut_down()
    box.put(SetKnobs({"lr_g": 0.2}))
    orders = box.take(0)
    assert isinstance(orders, Orders)
    assert orders == Orders(SetKnobs({"lr_g": 0.1}), end=end)


def test_what_is_asked_after_a_stop_comes_too_late_for_the_thread_and_is_given_back() -> None:
    box = asked(Stop(), SetKnobs({"lr_g": 0.1}), Stop(), Resume(), Step("d"))
    assert box.take(0) == Orders(end=Stop())
    assert box.close() == [SetKnobs({"lr_g": 0.1}), Resume(), Step("d")]
    assert box.close() == []


def test_what_is_asked_after_a_second_stop_is_given_back_too() -> None:
    box = asked(Stop())
    assert box.take(0) == Orders(end=Stop())
    for command in (Stop(), Resume()):
        box.put(command)
    assert box.close() == [Stop(), Resume()]


def test_nothing_is_given_back_after_a_shutdown() -> None:
    box = asked(Stop(), Resume())
    box.shut_down()
    box.put(Resume())
    assert box.take(0) == Orders(end=Stop())
    assert box.close() == []


def test_a_look_that_comes_too_late_is_cancelled() -> None:
    box = Inbox()
    answer = box.look(lambda trainer: trainer)
    box.close()
    with pytest.raises(CancelledError):
        answer.result(timeout=0)


# --- limits ------------------------------------------------------------------------------------------------------


def test_steps_beyond_the_limit_are_refused_with_the_limit() -> None:
    box = asked(*[Step()] * MAX_STEPS)
    with pytest.raises(Busy, match=rf"^{MAX_STEPS} steps are waiting already; let the run train them first\.$"):
        box.put(Step("d"))
    box.put(SetKnobs({"lr_g": 0.1}))  # there is room for everything else
    box.put(Pause())
    assert box.take(0) == Orders(SetKnobs({"lr_g": 0.1}), Pause())
    box.put(Step())
    assert box.take_step() == Step()


def test_looks_beyond_the_limit_are_refused_and_those_that_nobody_waits_for_make_room() -> None:
    box = Inbox()
    looks = [box.look(lambda trainer: trainer) for _ in range(MAX_LOOKS)]
    with pytest.raises(Busy, match=f"^{MAX_LOOKS} others wait"):
        box.look(lambda trainer: trainer)
    looks[0].cancel()
    box.look(lambda trainer: trainer)


# --- how time is shared ------------------------------------------------------------------------------------------


class Clock:
    """The monotonic clock, turned by hand."""

    now = 100.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("gan.runs.inbox.time.monotonic", lambda: clock.now)
    return clock


def test_a_class_that_moves_its_knobs_at_once_sees_them_act_before_the_next_batch(clock: Clock) -> None:
    box = Inbox()
    for number in range(round(inbox.CREDIT / inbox.LEAST_COST)):
        box.put(SetKnobs({"lr_g": number}))
        assert box.take(0) == Orders(SetKnobs({"lr_g": number}))


def test_when_the_credit_is_used_up_the_thread_trains_as_long_as_it_obeys(clock: Clock) -> None:
    box, obeyed = Inbox(), 0.0
    began = clock.now
    for number in range(100_000):  # a batch takes a millisecond, obeying a move 60 of them: the disk is slow
        box.put(SetKnobs({"lr_g": number}))
        if box.take(0) is not None:
            clock.now += 0.06
            obeyed += 0.06
        else:
            clock.now += 0.001
        if clock.now - began > 60:
            break
    assert obeyed == pytest.approx((clock.now - began + inbox.CREDIT) / 2, rel=0.01)


def test_a_flood_fills_the_record_slowly_though_obeying_takes_no_time(clock: Clock) -> None:
    box, taken = Inbox(), 0
    for number in range(10_000):  # one a millisecond
        box.put(SetKnobs({"lr_g": number}))
        taken += box.take(0) is not None
        clock.now += 0.001
    assert taken == pytest.approx((10 + inbox.CREDIT) / inbox.LEAST_COST, rel=0.05)


@pytest.fixture
def overdrawn(clock: Clock) -> Inbox:
    """Something has just taken very long."""
    box = asked(SetKnobs({"lr_g": 0.1}))
    assert box.take(0) == Orders(SetKnobs({"lr_g": 0.1}))
    clock.now += 100.0
    assert box.take(0) is None
    return box


def test_a_stop_waits_for_nothing(overdrawn: Inbox) -> None:
    overdrawn.put(Pause())
    assert overdrawn.take(0) is None
    overdrawn.put(Stop())
    assert overdrawn.take(0) == Orders(end=Stop())


def test_whatever_something_took_a_pause_waits_no_longer_than_half_a_second(overdrawn: Inbox, clock: Clock) -> None:
    overdrawn.put(Pause())
    clock.now += inbox.LONGEST_QUIET + 0.001
    assert overdrawn.take(0) == Orders(mode=Pause())


def test_moves_and_looks_take_turns(clock: Clock) -> None:
    box, kinds = Inbox(), []
    for number in range(6):
        box.put(SetKnobs({"lr_g": number}))
        box.look(lambda trainer: trainer)
        while (found := box.take(0)) is None:
            clock.now += 0.001
        kinds.append(type(found))
    assert kinds == [Orders, Look] * 3


def test_who_waits_is_woken_by_what_comes() -> None:
    box = Inbox()
    threading.Timer(0.05, lambda: box.put(Pause())).start()
    assert box.take(30) == Orders(mode=Pause())
    threading.Timer(0.05, box.wake).start()
    began = time.monotonic()
    while box.take(30) is not None:
        pass
    assert time.monotonic() - began < 20
