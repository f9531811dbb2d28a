"""The record: what has acted, what is still to act again, and what both say about knobs, marks and steps."""

from __future__ import annotations

from typing import Any

import pytest
from helpers import SMALL
from hypothesis import given
from hypothesis import strategies as st

from gan.recording.commands import Record, count_before, marks_of, settings_after
from gan.recording.series import Command, Mark


def at(batch: int, kind: str = "pause", **values: Any) -> Command:
    return Command(batch, "set" if values else kind, values, 0.0)


RECORDED = [at(3, lr_g=0.001), at(3, "step_d"), at(5, "pause"), at(5, dropout=0.1, epochs=9), at(8, pace=2.0)]


def test_what_acts_now_comes_before_what_is_still_to_act_again() -> None:
    record = Record(list(RECORDED), obeyed=2)
    assert not record.complete
    assert record.with_one_more(at(4, "resume")) == [*RECORDED[:2], at(4, "resume"), *RECORDED[2:]]
    assert record.commands == RECORDED
    record.add(at(4, "resume"))
    assert record.so_far() == [*RECORDED[:2], at(4, "resume")]
    assert record.commands[3:] == RECORDED[2:]


def test_each_acts_again_at_its_batch_in_its_order_and_once() -> None:
    record = Record(list(RECORDED))
    acted = {batch: list(record.due(batch)) for batch in range(9)}
    assert acted == {0: [], 1: [], 2: [], 3: RECORDED[:2], 4: [], 5: RECORDED[2:4], 6: [], 7: [], 8: RECORDED[4:]}
    assert record.complete
    assert record.so_far() == RECORDED
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


# --- steps -------------------------------------------------------------------------------------------------------


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


# --- what commands say -------------------------------------------------------------------------------------------


def test_the_last_value_of_each_knob_counts() -> None:
    commands = [*RECORDED, at(9, lr_g=0.002, latent_dim=3), at(9, "stop")]
    expected = SMALL.changed(lr_g=0.002, dropout=0.1, epochs=9, pace=2.0, latent_dim=3)
    assert settings_after(SMALL, commands) == expected
    assert settings_after(SMALL, []) == SMALL


def test_a_command_after_a_batch_did_not_act_before_it_was_complete() -> None:
    assert [count_before(RECORDED, batch) for batch in (0, 3, 4, 5, 6, 8, 9)] == [0, 0, 2, 2, 4, 4, 5]


def test_marks_are_the_changes_of_what_is_trained() -> None:
    """Not the pace, nor what is kept on disk, nor a pause."""
    assert marks_of(SMALL, [*RECORDED, at(9, dropout=0.3), at(9, "step_g"), at(9, kept_epochs=7, full_every=3)]) == (
        Mark(3, "lr_g", "Generator learning rate", 0.0002, 0.001),
        Mark(3, "step_d", "Discriminator only", None, None),
        Mark(5, "dropout", "Dropout", 0.5, 0.1),
        Mark(5, "epochs", "Epochs", 2, 9),
        Mark(9, "dropout", "Dropout", 0.1, 0.3),
        Mark(9, "step_g", "Generator only", None, None),
    )


def test_a_knob_without_effect_leaves_no_mark() -> None:
    turned = [at(2, momentum_g=0.5, beta1_g=0.3), at(4, label_smoothing=0.1)]

    def marked(**choices: str) -> list[str]:
        return [mark.knob for mark in marks_of(SMALL.changed(**choices), turned)]

    assert marked() == ["beta1_g", "label_smoothing"]
    assert marked(optimizer_g="sgd") == ["momentum_g", "label_smoothing"]
    assert marked(loss="wasserstein") == ["beta1_g"]
    assert settings_after(SMALL, turned).momentum_g == 0.5  # it is recorded all the same
