"""The step that a CUDA graph captures, run uncaptured on the processor: it learns what the reference step learns.

What only a GPU can show stands in `test_cuda.py`.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from helpers import BATCHES, SMALL, assert_same_bits
from torch.utils._python_dispatch import TorchDispatchMode
from trainers import OPTIONS, assert_alike, knobs_of, steps, trained

from gan.settings import KNOBS, Settings
from gan.training.graph_step import Kind
from gan.training.layers import Dropout
from gan.training.reference_step import BatchMetrics
from gan.training.trainer import Diverged, Trainer
from gan.training.trainer_state import capture_state, restore_state

pytestmark = pytest.mark.usefixtures("by_graph")


def pair(**knobs: Any) -> tuple[Trainer, Trainer]:
    """The same run through the reference step and through the graph's; epochs end in a smaller batch."""
    return Trainer(SMALL.changed(step="reference", **knobs)), Trainer(SMALL.changed(**knobs))


@pytest.mark.parametrize("penalties", [{}, {"r1_gamma": 1.0, "r2_gamma": 0.5, "penalty_every": 2}])
@pytest.mark.parametrize("loss", KNOBS["loss"].choices)
def test_it_agrees_with_the_reference_step_on_every_loss(loss: str, penalties: dict[str, Any]) -> None:
    assert_alike(*pair(**knobs_of(loss), **penalties), BATCHES + 2, same_streams=True)


@pytest.mark.parametrize("option", OPTIONS)
def test_it_agrees_with_the_reference_step_on_every_option(option: str) -> None:
    assert_alike(*pair(**OPTIONS[option]), BATCHES + 2, same_streams=True)


def test_it_agrees_with_the_reference_step_when_every_knob_moves_and_one_network_learns_alone() -> None:
    trainers = pair()
    for moved in ({"lr_g": 0.002, "lr_d": 0.0005, "dropout": 0.1}, {"latent_dim": 5, "ema_decay": 0.5},
                  {"label_smoothing": 0.1, "ema_decay": 0.9}, {"r1_gamma": 1.0, "penalty_every": 2},
                  {"r1_gamma": 0.0, "r2_gamma": 2.0, "dropout": 0.0}, {"beta1_g": 0.8, "beta2_d": 0.9, "d_steps": 2},
                  {"ema_decay": 0.0, "r2_gamma": 0.0, "g_steps": 2, "latent_dim": 9}):  # fmt: skip
        for trainer in trainers:
            trainer.change(trainer.settings.changed(**moved))
        assert_alike(*trainers, 3, same_streams=True)
    for only in ("d", "g"):
        expected, found = (trainer.step(only) for trainer in trainers)
        assert tuple(found) == pytest.approx(tuple(expected), abs=1e-4)


def test_sgd_takes_up_and_drops_its_momentum() -> None:
    trainers = pair(optimizer_g="sgd", optimizer_d="sgd", lr_g=0.01, lr_d=0.01, momentum_d=0.0)
    for moved in ({}, {"momentum_d": 0.5, "momentum_g": 0.3}, {"momentum_g": 0.0}):
        for trainer in trainers:
            trainer.change(trainer.settings.changed(**moved))
        assert_alike(*trainers, 4, same_streams=True)


# --- knobs -----------------------------------------------------------------------------------------------------------


def captures(trainer: Trainer) -> int:
    assert trainer._graph_step is not None
    return trainer._graph_step.captures


LIVE = SMALL.changed(r1_gamma=1.0, r2_gamma=1.0, ema_decay=0.9, label_smoothing=0.1)
CRITIC = SMALL.changed(loss="wasserstein", gradient_penalty=1.0)
SLIDERS = {
    "lr_g": 0.01, "lr_d": 0.01, "dropout": 0.2, "label_smoothing": 0.3, "r1_gamma": 3.0, "r2_gamma": 3.0,
    "ema_decay": 0.1, "gradient_penalty": 5.0,
}  # fmt: skip


@pytest.mark.parametrize("name", SLIDERS)
def test_a_moved_slider_acts_on_the_next_batch_and_needs_no_new_capture(name: str) -> None:
    start = CRITIC if name == "gradient_penalty" else LIVE
    left_alone, turned = trained(start, 2), trained(start, 2)
    turned.change(start.changed(**{name: SLIDERS[name]}))
    assert captures(turned) == 1
    left_alone.step()
    turned.step()
    assert captures(turned) == 1
    theirs = capture_state(turned)
    assert any(not torch.equal(value, theirs[tensor]) for tensor, value in capture_state(left_alone).items())


@pytest.mark.parametrize("moved", [{"latent_dim": 5}, {"d_steps": 2}, {"beta1_g": 0.7}, {"ema_decay": 0.0}])
def test_other_knobs_are_captured_again(moved: dict[str, Any]) -> None:
    trainer = trained(LIVE, 2)
    before = trainer._graph_step
    trainer.change(LIVE.changed(**moved))
    trainer.step()
    assert captures(trainer) == (2 if trainer._graph_step is before else 1)


def test_each_kind_of_batch_is_captured_once() -> None:
    trainer = trained(SMALL.changed(r1_gamma=1.0, penalty_every=3), BATCHES)
    assert captures(trainer) == 3  # with and without the penalty, and the smaller batch at the end, which has it
    steps(trainer, BATCHES)
    assert captures(trainer) == 4  # the smaller batch without the penalty


def test_dropout_reads_its_constants_from_the_device() -> None:
    trainer = trained(SMALL, 1)
    layers = [module for module in trainer.generator.modules() if isinstance(module, Dropout)]
    assert layers
    assert all(layer.live is not None for layer in layers)


# --- many batches at once --------------------------------------------------------------------------------------------


def in_portions(trainer: Trainer, batches: int, most: int) -> list[BatchMetrics]:
    metrics: list[BatchMetrics] = []
    while len(metrics) < batches:
        metrics += trainer.train(min(most, batches - len(metrics)))
    return metrics


def test_how_many_batches_are_trained_at_once_changes_no_bit() -> None:
    one, other = Trainer(LIVE), Trainer(LIVE)
    expected = steps(one, 3 * BATCHES)
    assert in_portions(other, 3 * BATCHES, 7) == expected
    assert_same_bits(capture_state(one), capture_state(other))


def test_a_portion_ends_with_the_epoch() -> None:
    trainer = Trainer(SMALL)
    trainer._at_once = 1000
    assert len(trainer.train(1000)) == BATCHES
    trainer.step()
    trainer._at_once = 1000
    assert len(trainer.train(1000)) == BATCHES - 1
    trainer._at_once = 1000
    assert len(trainer.train(4)) == 4


def test_a_loss_that_is_not_finite_is_found_at_its_very_batch() -> None:
    wild = {"loss": "least-squares", "optimizer_d": "sgd", "lr_d": 0.1, "momentum_d": 0.99, "dropout": 0.0}
    settings = SMALL.changed(**wild, d_hidden=[512, 512], batch_size=64)
    metrics, _ = until_it_diverges(settings, 1)
    assert 5 < len(metrics) < 98  # in the middle of the first epoch
    assert until_it_diverges(settings, 1000) == (metrics, len(metrics))


def until_it_diverges(settings: Settings, at_once: int) -> tuple[list[BatchMetrics], int]:
    """The metrics of all batches before, and the number of the last one."""
    trainer, metrics = Trainer(settings), []
    while trainer.batch < 200:
        trainer._at_once = at_once
        try:
            metrics += trainer.train(at_once)
        except Diverged as diverged:
            return [*metrics, *diverged.before], trainer.batch
    raise AssertionError("it did not diverge")


def test_it_resumes_to_the_last_bit() -> None:
    for settings in (LIVE, SMALL.changed(optimizer_g="sgd", g_norm="batch", conditional="on")):
        one = trained(settings, 7)
        other = Trainer(settings)
        restore_state(other, one.batch, capture_state(one))
        assert steps(one, BATCHES) == steps(other, BATCHES)
        assert_same_bits(capture_state(one), capture_state(other))
        restore_state(one, 7 + BATCHES, capture_state(other))
        assert steps(one, 3) == steps(other, 3)


class Operations(TorchDispatchMode):
    """Notes the names of torch's operations."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("loss", KNOBS["loss"].choices)
def test_nothing_in_it_waits_for_a_number_or_brings_one_along(loss: str) -> None:
    trainer = trained(LIVE.changed(loss=loss, d_steps=2, g_steps=2, conditional="on", minibatch_std="on"), 1)
    step = trainer._graph_step
    assert step is not None
    with Operations() as seen:
        for only in (None, "d", "g"):
            step._train(Kind(512, True, only), torch.arange(512))
    assert "_fused_adam_" in seen.names
    assert not seen.names & {"_local_scalar_dense", "item", "is_nonzero", "equal", "nonzero", "lift_fresh"}
