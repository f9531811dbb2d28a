"""A traced batch is the very batch that the run trains next, and looking at it changes nothing."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from helpers import SMALL
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from trainers import steps, trained

from gan.errors import LiveGANError
from gan.settings import KNOBS, parse
from gan.training import device
from gan.training.losses import LOSSES
from gan.training.networks import Discriminator, Generator
from gan.training.own_networks import OwnNetworks
from gan.training.reference_step import BatchMetrics
from gan.training.trainer import Trainer
from gan.training.trainer_state import capture_state
from gan.views.loss_curves import generator_terms
from gan.views.run_copy import RunCopy
from gan.views.step_lines import SOURCE, STAGES, StageLines, find_lines
from gan.views.traced_batch import Stage, trace_batch

EXAMPLE = Path(__file__).parents[2] / "examples" / "convolutional.py"
Only = Literal["d", "g"] | None
LECTURE = ["inputs", "fakes", "d_logits", "d_loss", "d_gradients", "d_update", "g_logits", "g_loss", "g_gradients",
           "g_update", "metrics"]  # fmt: skip
OPTIONS: dict[str, dict[str, Any]] = {
    "several steps a batch": {"d_steps": 3, "g_steps": 2},
    "label smoothing": {"label_smoothing": 0.2},
    "both penalties, now and then": {"r1_gamma": 1.0, "r2_gamma": 0.5, "penalty_every": 2},
    "gradient penalty, several steps": {"loss": "wasserstein", "gradient_penalty": 10.0, "d_steps": 2},
    "no dropout": {"dropout": 0.0},
    "dropout in the discriminator alone": {"dropout_in": "discriminator", "dropout": 0.3},
    "batch normalisation, two layers": {"g_norm": "batch", "g_hidden": [24, 16], "d_hidden": [16, 24]},
    "an averaged generator": {"ema_decay": 0.9},
    "SGD": {"optimizer_g": "sgd", "optimizer_d": "sgd"},
    "chosen digits": {"conditional": "on", "digits": [3, 7]},
    "the deviation within a batch": {"minibatch_std": "on"},
    "uniform noise, pixels from 0 to 1": {"noise": "uniform", "scaling": "0..1"},
    **{f"the {loss} loss": {"loss": loss} for loss in KNOBS["loss"].choices},
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """As the run's thread and the server's computations have: on two busy cores two threads wait for each other."""
    before = torch.get_num_threads()
    device.use_one_thread()
    yield
    torch.set_num_threads(before)


def by_name(stages: list[Stage]) -> dict[str, dict[str, Any]]:
    return {stage.name: stage.shown for stage in stages}


def traced(trainer: Trainer, only: Only = None) -> tuple[dict[str, dict[str, Any]], BatchMetrics]:
    """What the trace shows of the next batch, and what the run itself says of it."""
    stages = by_name(trace_batch(RunCopy.of(trainer), only))
    return stages, trainer.step(only)


def logits_of(which: str, logits: dict[str, list[float]]) -> NDArray[np.float64]:
    """As `logitsOf` of the page."""
    first, *second = (np.array(logits[name]) for name in which.split(" - "))
    return np.asarray(first - second[0] if second else first)


# --- it is the very batch ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", OPTIONS)
def test_the_traced_batch_is_the_one_that_the_reference_step_trains_next(option: str) -> None:
    trainer = trained(parse(SMALL.changed(step="reference").model_dump() | OPTIONS[option]), 11)
    for _ in range(2):  # the second one is the last of an epoch, and smaller
        stages, metrics = traced(trainer)
        assert stages["metrics"] == metrics._asdict()
        assert stages["d_loss"]["loss"] == pytest.approx(metrics.d_loss, rel=1e-6)
        assert stages["g_loss"]["loss"] == pytest.approx(metrics.g_loss, rel=1e-6)


@pytest.mark.parametrize("option", OPTIONS)
def test_through_the_fast_step_the_traced_batch_agrees_within_rounding(option: str) -> None:
    trainer = trained(parse(SMALL.changed(step="fast").model_dump() | OPTIONS[option]), 11)
    for _ in range(2):
        stages, metrics = traced(trainer)
        assert tuple(stages["metrics"].values()) == pytest.approx(metrics, abs=1e-4)


@pytest.mark.parametrize("only", ["d", "g"])
def test_a_batch_from_which_one_network_learns_alone_is_traced_as_it_is_trained(only: Literal["d", "g"]) -> None:
    trainer = trained(SMALL.changed(step="reference", d_steps=2, g_steps=2), 2)
    stages, metrics = traced(trainer, only)
    assert stages["metrics"] == metrics._asdict()
    other = {"d": "g", "g": "d"}[only]
    assert {f"{only}_update", f"extra_{only}", f"{other}_rests"} <= stages.keys()
    assert not {f"{other}_update", f"{other}_gradients", f"extra_{other}", f"{only}_rests"} & stages.keys()


def test_the_first_batch_of_a_fresh_run_can_be_traced() -> None:
    stages, metrics = traced(Trainer(SMALL.changed(step="reference")))
    assert stages["metrics"] == metrics._asdict()


def test_a_batch_of_networks_of_ones_own_is_traced() -> None:
    trainer = Trainer(SMALL.changed(batch_size=64), OwnNetworks.read(EXAMPLE))
    trainer.step()
    stages, metrics = traced(trainer)
    assert stages["metrics"] == metrics._asdict()
    assert stages["d_gradients"]["parameters"][0]["shape"] == [32, 1, 4, 4]


# --- and nothing of training changes -----------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["reference", "fast"])
def test_tracing_changes_no_bit_of_a_run(step: str) -> None:
    settings = SMALL.changed(step=step, ema_decay=0.9, d_steps=2)
    looked_at, alone = Trainer(settings), Trainer(settings)
    for only in (None, "d", "g", None, None):
        for look in (None, "d", "g", only):
            trace_batch(RunCopy.of(looked_at), look)
        assert looked_at.step(only) == alone.step(only)
    assert steps(looked_at, 9) == steps(alone, 9)
    theirs = capture_state(alone)
    assert all(torch.equal(value, theirs[name]) for name, value in capture_state(looked_at).items())


# --- what it shows -----------------------------------------------------------------------------------------------


def test_the_stages_come_in_the_order_of_the_lecture() -> None:
    trainer = Trainer(SMALL)
    assert [stage.name for stage in trace_batch(RunCopy.of(trainer))] == LECTURE
    trainer = Trainer(SMALL.changed(loss="wasserstein", d_steps=3, g_steps=2))
    names = [stage.name for stage in trace_batch(RunCopy.of(trainer))]
    assert names == ["inputs", "extra_d", *LECTURE[1:6], "d_clip", *LECTURE[6:-1], "extra_g", "metrics"]


def test_a_penalty_has_a_stage_in_the_batches_in_which_it_is_due() -> None:
    trainer = Trainer(SMALL.changed(r1_gamma=2.0, penalty_every=2))
    found = []
    for _ in range(4):
        found.append(by_name(trace_batch(RunCopy.of(trainer))).get("d_penalty"))
        trainer.step()
    due = [each for each in found if each is not None]
    assert (len(due), found[0] is None) == (2, found[2] is None)
    assert due[0]["r1"] == 4.0
    assert due[0]["parameters"][0]["gradient"] > 0


def test_the_gradient_penalty_has_a_stage_and_takes_the_place_of_clipping() -> None:
    trainer = Trainer(SMALL.changed(loss="wasserstein", gradient_penalty=10.0, d_steps=2))
    stages = by_name(trace_batch(RunCopy.of(trainer)))
    assert [*stages].index("d_loss") < [*stages].index("d_gradient_penalty") < [*stages].index("d_gradients")
    assert "d_clip" not in stages
    assert 0 < stages["d_gradient_penalty"]["norm"] < 1
    assert stages["d_gradient_penalty"]["parameters"][0]["gradient"] > 0
    assert "d_gradient_penalty" not in by_name(trace_batch(RunCopy.of(trainer), "g"))


def test_the_losses_are_sums_of_their_terms_and_the_logits_lie_on_the_curves() -> None:
    for loss in KNOBS["loss"].choices:
        smoothing = 0.0 if loss == "wasserstein" else 0.1
        trainer = trained(SMALL.changed(loss=loss, lr_d=0.01, label_smoothing=smoothing), 20)
        stages = by_name(trace_batch(RunCopy.of(trainer)))
        logits = {"d_loss": stages["d_logits"], "g_loss": stages["g_logits"]}
        for name, judged in logits.items():
            shown = stages[name]
            assert sum(term["weight"] * term["mean"] for term in shown["terms"]) == pytest.approx(
                shown["loss"], abs=1e-5
            )
            for term in shown["terms"]:
                xs = np.linspace(term["low"], term["high"], len(term["curve"]))
                dots = logits_of(term["of"], stages["d_logits"] | {k: v for k, v in judged.items() if v})
                heights = np.interp(dots, xs, term["curve"])
                assert heights.mean() == pytest.approx(term["weight"] * term["mean"], abs=0.01)
                slopes = np.interp(dots, xs, np.gradient(term["curve"], xs))
                assert slopes.mean() == pytest.approx(term["slope"], abs=0.01)


def test_the_minimax_generator_stalls_where_the_lectures_learns() -> None:
    """The slopes at fakes that the discriminator is sure of: next to nothing, and nearly 1."""
    fake = torch.full((8,), -6.0)
    (minimax,), (lecture,) = (generator_terms(LOSSES[name], fake) for name in ("minimax", "non-saturating"))
    assert minimax["slope"] == pytest.approx(-0.0025, abs=1e-4)
    assert lecture["slope"] == pytest.approx(-0.9975, abs=1e-4)


def test_the_updates_are_those_that_the_run_makes() -> None:
    trainer = trained(SMALL.changed(step="reference", lr_g=0.01), 3)
    stages = by_name(trace_batch(RunCopy.of(trainer)))
    before = {side: [p.detach().clone() for p in network.parameters()] for side, network, _ in trainer.sides()}
    trainer.step()
    for side, network, _ in trainer.sides():
        pairs = zip(before[side], network.parameters(), stages[f"{side}_update"]["parameters"], strict=True)
        for old, parameter, shown in pairs:
            new = parameter.detach()
            assert shown["shape"] == list(new.shape)
            assert shown["update"] == pytest.approx(float((new - old).norm()), rel=1e-4)
            assert shown["weights"] == pytest.approx(float(old.norm()), rel=1e-6)
            place = tuple(shown["example"]["place"])
            assert shown["example"]["before"] == float(old[place])
            assert shown["example"]["after"] == float(new[place])


@pytest.mark.parametrize("conditional", ["off", "on"])
def test_the_units_that_dropout_switched_off_are_told(conditional: str) -> None:
    settings = SMALL.changed(step="reference", g_hidden=(24, 16), d_hidden=(20, 12), conditional=conditional)
    trainer = trained(settings, 3)
    generator, discriminator = trainer.generator, trainer.discriminator
    assert isinstance(generator, Generator)
    assert isinstance(discriminator, Discriminator)
    observed = RunCopy.of(trainer)
    stages = by_name(trace_batch(observed))

    def computed(network: Generator | Discriminator, x: Tensor, dropped: list[str]) -> Tensor:
        """What the network makes of an input if exactly these units are off."""
        assert [len(each) for each in dropped] == [linear.out_features for linear in network.linears[:-1]]
        for linear, digits in zip(network.linears, dropped, strict=False):
            mask = torch.tensor([digit == "0" for digit in digits])
            x = functional.leaky_relu(linear(x), 0.01) * mask / (1 - settings.dropout)
        output: Tensor = network.linears[-1](x)
        return output

    digit = torch.zeros(0)
    if conditional == "on":
        digit = functional.one_hot(torch.tensor(stages["inputs"]["labels"][0]), 10).float()
    with torch.no_grad():
        z = torch.tensor(stages["inputs"]["noise"][0])
        fake = computed(generator, torch.cat([z, digit]), stages["fakes"]["dropped"]).tanh()
        shown = torch.frombuffer(bytearray(base64.b64decode(stages["fakes"]["fake"])), dtype=torch.uint8)[:784]
        assert ((fake + 1) * 127.5 - shown).abs().max() < 1.5
        logit = computed(discriminator, torch.cat([fake, digit]), stages["d_logits"]["dropped_fake"])
        assert float(logit) == pytest.approx(stages["d_logits"]["fake"][0], abs=0.01)
        real = torch.frombuffer(bytearray(base64.b64decode(stages["inputs"]["real"])), dtype=torch.uint8)[:784]
        logit = computed(discriminator, torch.cat([real / 127.5 - 1, digit]), stages["d_logits"]["dropped_real"])
        assert float(logit) == pytest.approx(stages["d_logits"]["real"][0], abs=0.001)


def test_the_gradients_are_those_of_the_losses() -> None:
    trainer = trained(SMALL.changed(step="reference", dropout=0.0), 3)
    stages = by_name(trace_batch(RunCopy.of(trainer)))
    trainer.step()
    for side, network, _ in trainer.sides():
        for parameter, shown in zip(network.parameters(), stages[f"{side}_gradients"]["parameters"], strict=True):
            assert parameter.grad is not None
            assert shown["gradient"] == pytest.approx(float(parameter.grad.norm()), rel=1e-5)
            assert shown["largest"] == pytest.approx(float(parameter.grad.abs().max()), rel=1e-5)


def test_a_loss_that_is_not_finite_is_told_in_a_sentence() -> None:
    trainer = trained(SMALL.changed(step="reference"), 1)
    with torch.no_grad():
        next(trainer.discriminator.parameters()).fill_(torch.inf)
    with pytest.raises(LiveGANError, match="not finite"):
        trace_batch(RunCopy.of(trainer))


# --- the lines ---------------------------------------------------------------------------------------------------


def test_every_stage_has_its_lines_in_the_running_file() -> None:
    lines = SOURCE.splitlines()
    found = find_lines(SOURCE)
    assert found.keys() == STAGES.keys()
    for stage, numbers in found.items():
        for number, text in zip(numbers, STAGES[stage].beginnings, strict=True):
            assert lines[number - 1].strip().startswith(text)


def test_the_lit_lines_are_those_that_have_run() -> None:
    trainer = Trainer(SMALL)
    for stage in trace_batch(RunCopy.of(trainer)):
        assert stage.lines == find_lines(SOURCE)[stage.name]


@pytest.mark.parametrize("source", ["def f():\n    pass\n", "def f():\n    x = 1\n    x = 2\n"])
def test_a_stage_whose_line_was_removed_or_is_there_twice_is_left_out(source: str) -> None:
    assert find_lines(source, {"one": StageLines("f", ("x = ",))}) == {}
