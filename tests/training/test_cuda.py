"""What only a GPU can show: `.venv/bin/python -m pytest -n 0 -m cuda` runs these tests where there is one.

What a captured step computes is tested without a GPU, too (`test_graph_step.py`).
"""

from __future__ import annotations

import threading
from typing import Any

import pytest
import torch
from helpers import BATCHES, SMALL, assert_same_bits
from running import ON_CUDA
from test_graph_step import CRITIC, SLIDERS, until_it_diverges
from torch import Tensor
from trainers import OPTIONS, knobs_of, steps, trained

from gan.settings import KNOBS, Settings
from gan.training import device
from gan.training.device_choice import choose_device
from gan.training.reference_step import BatchMetrics
from gan.training.steps import choose_step
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state, restore_state

pytestmark = ON_CUDA
ON_GPU = SMALL.changed(device="cuda")
LIVE = ON_GPU.changed(r1_gamma=1.0, r2_gamma=1.0, ema_decay=0.9, label_smoothing=0.1)


def graphs(trainer: Trainer) -> int:
    """How many graphs the trainer has captured; all of them must have been."""
    step = trainer._graph_step
    assert step is not None
    assert all(captured.graph is not None for captured in step._graphs.values()), "a capture failed; see the log"
    return step.captures


# --- the captured step is the reference step -----------------------------------------------------------------------


def assert_alike(reference: Trainer, graph: Trainer, batches: int = BATCHES + 2) -> None:
    for expected, found in zip(steps(reference, batches), steps(graph, batches), strict=True):
        assert tuple(found) == pytest.approx(tuple(expected), abs=0.3 if reference.batch > BATCHES else 1e-2)
    graphs(graph)
    theirs = capture_state(graph)
    for name, value in capture_state(reference).items():
        if name.startswith("rng."):  # as many random numbers were drawn, and from the same streams
            assert torch.equal(theirs[name], value), name
        else:
            torch.testing.assert_close(theirs[name], value, atol=1e-2, rtol=1e-2)


def pair(**knobs: Any) -> tuple[Trainer, Trainer]:
    """The same run launched from Python and by graph."""
    return Trainer(ON_GPU.changed(step="reference", **knobs)), Trainer(ON_GPU.changed(**knobs))


@pytest.mark.parametrize("loss", KNOBS["loss"].choices)
def test_a_captured_step_agrees_with_the_reference_step_on_every_loss(loss: str) -> None:
    assert_alike(*pair(**knobs_of(loss)))


@pytest.mark.parametrize("option", OPTIONS)
def test_a_captured_step_agrees_with_the_reference_step_on_every_option(option: str) -> None:
    assert_alike(*pair(**OPTIONS[option]))


def test_it_agrees_when_one_network_learns_alone() -> None:
    reference, graph = pair()
    for only in ("d", "g", "d"):
        assert tuple(graph.step(only)) == pytest.approx(tuple(reference.step(only)), abs=1e-2)
    assert graphs(graph) == 2


# --- exactness -------------------------------------------------------------------------------------------------------


def by_portions(settings: Settings, batches: int) -> tuple[list[BatchMetrics], dict[str, Tensor]]:
    trainer = Trainer(settings)
    metrics: list[BatchMetrics] = []
    while len(metrics) < batches:
        metrics += trainer.train(batches - len(metrics))
    return metrics, capture_state(trainer)


@pytest.mark.parametrize("settings", [LIVE, ON_GPU.changed(optimizer_g="sgd", g_norm="batch", conditional="on")])
def test_the_same_seed_gives_the_same_bits_however_many_batches_run_at_once(settings: Settings) -> None:
    one_by_one = Trainer(settings)
    expected = steps(one_by_one, 4 * BATCHES)
    for _ in range(2):
        found, state = by_portions(settings, 4 * BATCHES)
        assert found == expected
        assert_same_bits(state, capture_state(one_by_one))


def test_it_resumes_to_the_last_bit() -> None:
    one = trained(LIVE, 7)
    other = Trainer(LIVE)
    restore_state(other, one.batch, capture_state(one))
    assert steps(one, 2 * BATCHES) == steps(other, 2 * BATCHES)
    assert_same_bits(capture_state(one), capture_state(other))


def test_looking_at_images_and_states_changes_nothing() -> None:
    looked_at, left_alone = Trainer(LIVE), Trainer(LIVE)
    for _ in range(5):
        looked_at.sample()
        capture_state(looked_at)
        assert looked_at.step() == left_alone.step()
    assert_same_bits(capture_state(looked_at), capture_state(left_alone))


def test_runs_that_train_at_the_same_time_change_no_bit_of_each_other() -> None:
    settings = [LIVE, ON_GPU.changed(seed=5, loss="wasserstein"), ON_GPU.changed(latent_dim=3, g_hidden=[24])]
    alone = [by_portions(each, 5 * BATCHES) for each in settings]
    together: dict[int, tuple[list[BatchMetrics], dict[str, Tensor]]] = {}

    def train(number: int) -> None:
        together[number] = by_portions(settings[number], 5 * BATCHES)

    threads = [threading.Thread(target=train, args=(number,)) for number in range(len(settings))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, (metrics, state) in enumerate(alone):
        assert together[number][0] == metrics
        assert_same_bits(together[number][1], state)


def test_a_loss_that_is_not_finite_is_found_at_its_very_batch() -> None:
    wild = {"loss": "least-squares", "optimizer_d": "sgd", "lr_d": 0.1, "momentum_d": 0.99, "dropout": 0.0}
    settings = ON_GPU.changed(**wild, d_hidden=[512, 512], batch_size=64)
    metrics, _ = until_it_diverges(settings, 1)
    assert len(metrics) > 5
    assert until_it_diverges(settings, 1000) == (metrics, len(metrics))


# --- knobs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SLIDERS)
def test_a_moved_slider_acts_on_the_next_batch_and_needs_no_new_capture(name: str) -> None:
    start = CRITIC.changed(device="cuda") if name == "gradient_penalty" else LIVE
    left_alone, turned = trained(start, 2), trained(start, 2)
    turned.change(start.changed(**{name: SLIDERS[name]}))
    left_alone.step()
    turned.step()
    assert graphs(turned) == 1
    theirs = capture_state(turned)
    assert any(not torch.equal(value, theirs[tensor]) for tensor, value in capture_state(left_alone).items())


def test_moved_knobs_agree_with_the_reference_step() -> None:
    trainers = pair()
    for moved in ({"lr_g": 0.002, "dropout": 0.1}, {"latent_dim": 5, "ema_decay": 0.5},
                  {"label_smoothing": 0.1, "r1_gamma": 1.0, "penalty_every": 2},
                  {"r1_gamma": 0.0, "dropout": 0.0, "beta1_g": 0.8, "d_steps": 2}):  # fmt: skip
        for trainer in trainers:
            trainer.change(trainer.settings.changed(**moved))
        assert_alike(*trainers, batches=3)


def test_another_latent_size_is_captured_again() -> None:
    trainer = trained(LIVE, 2)
    trainer.change(LIVE.changed(latent_dim=5))
    steps(trainer, 2)
    assert graphs(trainer) == 1  # of a new step, for its parameters are new


def test_each_kind_of_batch_is_captured_once() -> None:
    trainer = trained(ON_GPU.changed(r1_gamma=1.0, penalty_every=3), 2 * BATCHES)
    assert graphs(trainer) == 4  # with and without the penalty, of full batches and of the smaller one at the end


# --- runs ------------------------------------------------------------------------------------------------------------


def test_auto_takes_the_gpu_and_captures_there() -> None:
    lecture = Settings()
    assert choose_device(lecture).kind == "cuda"
    assert choose_step(lecture, device="cuda").step == "graph"
    assert Trainer(lecture).device.type == "cuda"


def test_a_run_that_was_trained_on_the_processor_stays_there() -> None:
    assert Trainer(Settings(), trained_on=device.processor("cpu")).device.type == "cpu"
    assert Trainer(Settings(), trained_on=device.processor("cuda")).device.type == "cuda"
