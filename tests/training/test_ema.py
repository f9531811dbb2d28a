"""The averaged generator: it follows the trained one, and changes nothing that is trained."""

from __future__ import annotations

import pytest
import torch
from helpers import SMALL, assert_same_bits
from trainers import first_layer, steps, trained

from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state

AVERAGED = SMALL.changed(ema_decay=0.9, g_norm="batch", dropout_in="discriminator")


def test_the_average_is_that_of_the_weights_after_each_batch() -> None:
    """Against the sum written out: each batch leaves min(decay, (1 + n) / (10 + n)) of what was there."""
    trainer = Trainer(AVERAGED)
    expected = {name: value.clone() for name, value in trainer.generator.state_dict().items()}
    for n in range(1, 31):
        trainer.step()
        decay = min(0.9, (1 + n) / (10 + n))
        for name, value in trainer.generator.state_dict().items():
            expected[name] = decay * expected[name] + (1 - decay) * value
    assert trainer.ema is not None
    for name, value in trainer.ema.generator.state_dict().items():
        torch.testing.assert_close(value, expected[name], atol=1e-5, rtol=1e-4)
    assert "norms.0.running_var" in expected


def test_keeping_an_average_changes_nothing_that_is_trained() -> None:
    left_alone, averaged = Trainer(AVERAGED.changed(ema_decay=0.0)), Trainer(AVERAGED)
    assert steps(left_alone, 20) == steps(averaged, 20)
    state = capture_state(averaged)
    assert_same_bits(capture_state(left_alone), {name: state[name] for name in capture_state(left_alone)})
    more = state.keys() - capture_state(left_alone).keys()
    assert {name.split(".")[0] for name in more} == {"averaged", "averaged_batches"}


def test_the_images_are_the_averaged_generators_while_there_is_one() -> None:
    trainer = trained(AVERAGED, 20)
    averaged = trainer.sample()
    trainer.change(AVERAGED.changed(ema_decay=0.0))
    raw = trainer.sample()
    assert not torch.equal(averaged, raw)
    trainer.change(AVERAGED)  # a new average begins where the generator stands
    assert torch.equal(trainer.sample(), raw)
    trainer.step()
    assert trainer.ema is not None
    assert trainer.ema.batches == 1


@pytest.mark.parametrize("size", [3, 12])
def test_the_average_takes_the_new_latent_columns_too(size: int) -> None:
    trainer = trained(AVERAGED, 10)
    assert trainer.ema is not None
    before = trainer.ema.generator.state_dict()["linears.0.weight"].clone()
    trainer.change(AVERAGED.changed(latent_dim=size))
    after = trainer.ema.generator.state_dict()["linears.0.weight"]
    kept = min(size, 8)
    assert after.shape == (16, size)
    assert torch.equal(after[:, :kept], before[:, :kept])
    assert torch.equal(after[:, kept:], first_layer(trainer)[:, kept:])
    expected = after.clone()
    steps(trainer, 1)
    expected += (first_layer(trainer) - expected) * (1 - 12 / 21)  # as of the 11th batch
    torch.testing.assert_close(trainer.ema.generator.state_dict()["linears.0.weight"], expected)
