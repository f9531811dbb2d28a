"""The record: what has acted, what is still to act again, and which network a step lets learn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored import STEERING, at

from gan.recording.record import Record


def test_what_acts_now_comes_before_what_is_still_to_act_again() -> None:
    record = Record(list(STEERING), obeyed=2)
    assert not record.complete
    assert record.with_one_more(at(4, "resume")) == [*STEERING[:2], at(4, "resume"), *STEERING[2:]]
    assert record.commands == STEERING
    record.add(at(4, "resume"))
    assert record.so_far() == [*STEERING[:2], at(4, "resume")]
    assert record.commands[3:] == STEERING[2:]


def test_each_acts_again_at_its_batch_in_its_order_and_once() -> None:
    record = Record(list(STEERING))
    acted = {batch: list(record.due(batch)) for batch in range(9)}
    assert acted == {0: [], 1: [], 2: [], 3: STEERING[:2], 4: [], 5: STEERING[2:4], 6: [], 7: [], 8: STEERING[4:]}
    assert record.complete
    assert record.so_far() == STEERING
    assert list(record.due(99)) == []


@given(st.lists(st.sampled_from(["train", "ask"]), max_size=30), st.lists(st.integers(0, 9), max_size=6).map(sorted))
def test_batches_never_go_back_whatever_is_asked_while_others_act_again(moves: list[str], known: list[int]) -> None:
    record = Record([at(batch) for batch in known])
    batch, asked = 0, 0
    for move in moves:
        assert {command.batch for command in record.due(batch)} <= {batch}
        if move == "ask":
            record.add(at(batch, "resume"))
            asked += 1
        else:
            batch += 1
    assert [command.batch for command in record.commands] == sorted(command.batch for command in record.commands)
    assert len(record.commands) == len(known) + asked


def test_a_step_of_one_network_is_for_the_batch_after_it() -> None:
    record = Record([at(3, lr_g=0.001), at(3, "step_d"), at(4, "step_g"), at(4, "pause"), at(5, "step")])
    learns = {}
    for batch in range(8):
        list(record.due(batch))
        learns[batch] = record.only(batch)
    assert learns == {0: None, 1: None, 2: None, 3: "d", 4: "g", 5: None, 6: None, 7: None}


@pytest.mark.parametrize(
    ("kinds", "learns"),
    [
        ([], None),
        (["step"], None),
        (["step_d"], "d"),
        (["step_g", "pause", "resume"], "g"),
        (["step_d", "step_g"], "g"),
        (["step_g", "step"], None),
        (["step", "step_d"], "d"),
    ],
)
def test_of_several_steps_before_one_batch_the_last_one_counts(kinds: list[str], learns: str | None) -> None:
    """After a kill one acts again, and then somebody asks for another."""
    record = Record([at(1, "step_d"), *(at(7, kind) for kind in kinds)], obeyed=1 + len(kinds))
    assert record.only(7) == learns


def test_a_step_that_has_not_acted_yet_asks_for_nothing() -> None:
    record = Record([at(7, "step_d")])
    assert record.only(7) is None
    list(record.due(7))
    assert record.only(7) == "d"
