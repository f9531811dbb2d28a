"""A trainer's state: what is captured continues exactly, and what does not fit is refused."""

from __future__ import annotations

from typing import Any

import pytest
from helpers import BATCHES, SMALL, assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st
from trainers import steps, trained

from gan.settings import KNOBS
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state, restore_state

kinds_of_run = st.fixed_dictionaries(
    {
        "loss": st.sampled_from(KNOBS["loss"].choices),
        "noise": st.sampled_from(KNOBS["noise"].choices),
        "optimizer_g": st.sampled_from(["adam", "sgd"]),
        "optimizer_d": st.sampled_from(["adam", "sgd"]),
        "scaling": st.sampled_from(KNOBS["scaling"].choices),
        "momentum_g": st.sampled_from([0.0, 0.9]),
        "dropout": st.sampled_from([0.0, 0.5]),
        "d_steps": st.integers(1, 2),
        "g_steps": st.integers(1, 2),
        "g_norm": st.sampled_from(KNOBS["g_norm"].choices),
        "dropout_in": st.sampled_from(KNOBS["dropout_in"].choices),
        "conditional": st.sampled_from(KNOBS["conditional"].choices),
        "minibatch_std": st.sampled_from(KNOBS["minibatch_std"].choices),
        "ema_decay": st.sampled_from([0.0, 0.5, 0.999]),
        "g_hidden": st.lists(st.integers(1, 8), min_size=1, max_size=3),
        "latent_dim": st.integers(1, 8),
        "batch_size": st.sampled_from([1024, 2048]),  # 7 or 4 batches an epoch
    }
)


@given(kinds_of_run, st.integers(0, 9), st.integers(1, 6))
@settings(max_examples=15)
def test_a_restored_state_continues_bit_for_bit(values: dict[str, Any], before: int, after: int) -> None:
    """In the middle of an epoch, at its end and before the first batch; also when it is restored twice."""
    through = trained(SMALL.changed(**values), before)
    state = capture_state(through)
    expected = steps(through, after)
    for _ in range(2):
        trainer = Trainer(through.settings)
        restore_state(trainer, before, state)
        assert trainer.epoch == before // through.batches_per_epoch
        assert steps(trainer, after) == expected
        assert_same_bits(capture_state(trainer), capture_state(through))


@pytest.mark.parametrize("batch", [BATCHES - 1, BATCHES, BATCHES + 1, 2 * BATCHES])
def test_it_continues_around_the_end_of_an_epoch(batch: int) -> None:
    through = trained(SMALL, batch)
    state = capture_state(through)
    trainer = trained(SMALL, 4)  # what it has done before does not matter
    restore_state(trainer, batch, state)
    assert steps(trainer, 3) == steps(through, 3)
    assert_same_bits(capture_state(trainer), capture_state(through))


def test_a_state_is_a_copy() -> None:
    trainer = trained(SMALL, 3)
    state = capture_state(trainer)
    before = {name: tensor.clone() for name, tensor in state.items()}
    steps(trainer, 3)
    assert_same_bits(state, before)


def test_a_run_that_was_steered_is_restored_under_its_present_settings() -> None:
    through = trained(SMALL, 3)
    through.change(through.settings.changed(latent_dim=11, lr_g=0.003, dropout=0.2))
    steps(through, 3)
    trainer = Trainer(through.settings)
    restore_state(trainer, 6, capture_state(through))
    assert steps(trainer, 3) == steps(through, 3)
    # what is drawn later also continues: a second growth gets the same new columns
    for one in (trainer, through):
        one.change(one.settings.changed(latent_dim=20))
        steps(one, 1)
    assert_same_bits(capture_state(trainer), capture_state(through))
