"""The hand-written step against `train_step`: same networks, batches, noise and masks, so same figures and weights."""

from __future__ import annotations

from typing import Any, cast

import pytest
import torch
from batches import train
from torch import Tensor

from gan.data import image_sets
from gan.training import fast_step
from gan.training.fast_step import FastStep
from gan.training.losses import LOSSES
from gan.training.networks import Discriminator, Generator
from gan.training.reference_step import BatchMetrics, train_step
from gan.training.step_inputs import LECTURE, BatchInputs, Objective, Pair

SHAPE = (1, 28, 28)
BATCH = 32


def make_pair(
    hidden: tuple[int, ...] = (48,), dropout: float = 0.0, output: Any = "tanh", optimizer: str = "adam",
    norm: Any = "none", conditional: bool = False, minibatch_std: bool = False,
) -> Pair:  # fmt: skip
    """A small pair with a random stream of its own, the same at every call."""
    rng = torch.Generator().manual_seed(1)
    generator = Generator(
        10, SHAPE, hidden, dropout, output, leaky_slope=0.1, rng=rng, norm=norm, conditional=conditional
    )
    discriminator = Discriminator(SHAPE, hidden, dropout, 0.1, rng, conditional, minibatch_std)
    generator.dropout.rng = discriminator.dropout.rng = rng

    def optimise(network: torch.nn.Module) -> torch.optim.Optimizer:
        if optimizer == "adam":
            return torch.optim.Adam(network.parameters(), lr=0.001, betas=(0.5, 0.999), fused=True)
        return torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)

    return Pair(generator, discriminator, optimise(generator), optimise(discriminator))


def batch(number: int, size: int = BATCH) -> tuple[Tensor, Tensor]:
    """Real images and noise of a batch."""
    images = image_sets.load("mnist", "train").images[number * BATCH :][:size]
    noise = torch.randn(size, 10, generator=torch.Generator().manual_seed(number))
    return image_sets.scaled(images, "-1..1"), noise


def labels_of(number: int, size: int = BATCH) -> Tensor:
    """The labels of the real images of a batch."""
    return image_sets.load("mnist", "train").labels[number * BATCH :][:size].long()


def call(step: FastStep, real: Tensor, z: Tensor, **inputs: Any) -> BatchMetrics:
    return train(step, real, BatchInputs(z, **inputs))


def train_both(slow: Pair, fast: Pair, batches: int, objective: Objective = LECTURE) -> None:
    """Train one pair with each step and hold figures and weights against each other."""
    steps = {size: FastStep(fast, objective, size) for size in (BATCH, BATCH - 1)}
    for number in range(batches):
        real, z = batch(number, size=BATCH - number % 2)  # every other batch is a smaller one
        labels = labels_of(number, len(real)) if cast("Generator", slow.generator).conditional else None
        expected = train_step(*slow, real, BatchInputs(z, labels=labels), objective)
        figures = call(steps[len(real)], real, z, labels=labels)
        assert isinstance(figures, BatchMetrics)
        assert tuple(figures) == pytest.approx(tuple(expected), abs=1e-4)
    for mine, theirs in zip(fast[:2], slow[:2], strict=True):
        for name, weight in mine.state_dict().items():
            torch.testing.assert_close(weight, theirs.state_dict()[name], atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("loss", list(LOSSES))
@pytest.mark.parametrize("hidden", [(48,), (32, 24), (16, 24, 16)])
def test_every_loss_and_depth_agrees(loss: str, hidden: tuple[int, ...]) -> None:
    # The Wasserstein loss does not depend on the critic's last bias: its gradient is rounding noise, which Adam would
    # blow up to whole steps, so that one is trained by SGD.
    critic = loss == "wasserstein"
    slow, fast = (make_pair(hidden, optimizer="sgd" if critic else "adam") for _ in range(2))
    train_both(slow, fast, 20, Objective(loss, weight_clip=0.05 if critic else None))


def test_dropout_draws_the_same_masks_from_the_same_stream() -> None:
    train_both(make_pair(dropout=0.5), make_pair(dropout=0.5), 20)


@pytest.mark.parametrize("hidden", [(48,), (24, 16)])
def test_batch_normalisation_agrees(hidden: tuple[int, ...]) -> None:
    slow, fast = (make_pair(hidden, norm="batch") for _ in range(2))
    noise: dict[str, Any] = {
        "d_noise": (batch(90)[1],),
        "g_noise": (batch(91)[1],),
    }  # each pass moves the running averages
    train_both(slow, fast, 20)
    real, z = batch(0)
    expected = train_step(*slow, real, BatchInputs(z, **noise))
    figures = call(FastStep(fast, LECTURE, BATCH), real, z, **noise)
    assert tuple(figures) == pytest.approx(tuple(expected), abs=1e-4)
    for name, value in fast[0].state_dict().items():
        torch.testing.assert_close(value, slow[0].state_dict()[name], atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("loss", list(LOSSES))
@pytest.mark.parametrize("what", [{"conditional": True}, {"minibatch_std": True}], ids=lambda what: next(iter(what)))
def test_labels_and_the_minibatch_deviation_agree_for_every_loss(loss: str, what: dict[str, bool]) -> None:
    slow, fast = (make_pair((32, 24), dropout=0.3, norm="batch", optimizer="sgd", **what) for _ in range(2))
    train_both(slow, fast, 20, Objective(loss, real_label=0.9, weight_clip=0.05 if loss == "wasserstein" else None))


@pytest.mark.parametrize("only", [None, "d", "g"])
def test_labels_and_the_minibatch_deviation_agree_in_additional_steps_and_if_one_learns_alone(only: Any) -> None:
    slow, fast = (make_pair((24,), conditional=True, minibatch_std=True) for _ in range(2))
    step = FastStep(fast, LECTURE, BATCH)
    for number in range(6):
        real, z = batch(number)
        inputs: dict[str, Any] = {"labels": labels_of(number), "only": only}
        if only is None:
            inputs |= {"d_noise": (batch(90 + number)[1],), "g_noise": (batch(80 + number)[1],)}
        expected = train_step(*slow, real, BatchInputs(z, **inputs))
        assert tuple(call(step, real, z, **inputs)) == pytest.approx(tuple(expected), abs=1e-4)
    for mine, theirs in zip(fast[:2], slow[:2], strict=True):
        for name, weight in mine.state_dict().items():
            torch.testing.assert_close(weight, theirs.state_dict()[name], atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize(("optimizer", "output"), [("sgd", "tanh"), ("adam", "sigmoid")])
def test_optimisers_and_outputs_agree(optimizer: str, output: str) -> None:
    slow, fast = (make_pair(optimizer=optimizer, output=output) for _ in range(2))
    train_both(slow, fast, 20)


def test_smoothing_clipping_and_extra_steps_agree() -> None:
    noise = [batch(100 + i, size=1)[1].expand(BATCH, 10).clone() for i in range(3)]
    slow, fast = make_pair(), make_pair()
    real, z = batch(0)
    extra: dict[str, Any] = {"d_noise": tuple(noise[:2]), "g_noise": tuple(noise[2:])}
    objective = Objective("least-squares", real_label=0.9, weight_clip=0.02)
    expected = train_step(*slow, real, BatchInputs(z, **extra), objective)
    figures = call(FastStep(fast, objective, BATCH), real, z, **extra)
    assert tuple(figures) == pytest.approx(tuple(expected), abs=1e-4)
    assert max(float(p.detach().abs().max()) for p in fast[1].parameters()) <= 0.02


@pytest.mark.parametrize("only", ["d", "g"])
def test_one_network_alone_may_learn(only: Any) -> None:
    slow, fast = make_pair(), make_pair()
    real, z = batch(0)
    expected = train_step(*slow, real, BatchInputs(z, only=only))
    assert tuple(call(FastStep(fast, LECTURE, BATCH), real, z, only=only)) == pytest.approx(tuple(expected), abs=1e-4)
    for mine, theirs in zip(fast[:2], slow[:2], strict=True):
        torch.testing.assert_close(mine.state_dict(), theirs.state_dict(), atol=1e-4, rtol=1e-3)


def test_a_step_made_anew_goes_on_where_the_last_one_was() -> None:
    # as after a knob was turned: Adam's moments and its count of steps are the optimiser's, not the step's
    once, anew = make_pair(dropout=0.5), make_pair(dropout=0.5)
    step = FastStep(once, LECTURE, BATCH)
    for number in range(6):
        real, z = batch(number)
        assert call(step, real, z) == call(FastStep(anew, LECTURE, BATCH), real, z)
    for mine, theirs in zip(anew[:2], once[:2], strict=True):
        assert all(torch.equal(value, theirs.state_dict()[name]) for name, value in mine.state_dict().items())
    assert {float(state["step"]) for state in anew[2].state.values()} == {6.0}


def test_every_matrix_begins_where_torch_aligns_it() -> None:
    # the last bits of some products depend on it, and so would whether an exported script equals its run
    step = FastStep(make_pair((13, 7)), LECTURE, 29)
    passes = [
        step.generator_pass,
        step.real_pass.network,
        step.fake_pass.network,
        step.fake_pass_for_g.network,
    ]
    tensors = [tensor for each in passes for layer in each.linears for tensor in (layer.output, layer.output_grad)]
    assert all(tensor.data_ptr() % 64 == 0 for tensor in (*tensors, step.real, step.fake, step.image_grad))


def test_it_uses_no_autograd_graph_and_leaves_the_real_images_alone() -> None:
    pair = make_pair()
    real, z = batch(0)
    step = FastStep(pair, LECTURE, BATCH)
    call(step, real, z)
    assert torch.equal(step.real, real.flatten(1))
    assert all(p.grad is not None and p.grad.grad_fn is None for network in pair[:2] for p in network.parameters())


@pytest.mark.parametrize(
    "what", [{}, {"conditional": True}, {"minibatch_std": True}], ids=lambda what: next(iter(what), "plain")
)
@pytest.mark.parametrize("loss", list(LOSSES))
def test_captured_batches_have_the_bits_of_uncaptured_ones(
    loss: str, what: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches of several kinds in a random order."""
    monkeypatch.setattr(fast_step, "WORTH_CAPTURING", 1)
    penalties = {} if what.get("minibatch_std") else {"r1_gamma": 0.5, "r2_gamma": 0.5}
    penalties |= {"gradient_penalty": 10.0} if loss == "wasserstein" and penalties else {}
    captured, plain = (make_pair((32, 24), dropout=0.3, norm="batch", **what) for _ in range(2))
    steps = [FastStep(pair, Objective(loss, **penalties), BATCH) for pair in (captured, plain)]
    steps[1].captures = False
    more_d, more_g = {"d_noise": (batch(90)[1],)}, {"g_noise": (batch(91)[1],)}
    kinds: list[dict[str, Any]] = [
        more_d | more_g, more_d | more_g | {"penalty_factor": 0}, more_d | {"only": "d"}, more_g | {"only": "g"},
        more_g | {"only": "g", "penalty_factor": 0},
    ]  # fmt: skip
    dice = torch.Generator().manual_seed(5)

    def inputs_of(number: int) -> dict[str, Any]:
        inputs = kinds[int(torch.randint(0, 5, (), generator=dice))]
        steps = 1 + len(inputs.get("d_noise", ())) if "gradient_penalty" in penalties else 0
        labels = labels_of(number) if what.get("conditional") else None
        return inputs | {"labels": labels, "shares": tuple(torch.rand(BATCH, 1, generator=dice) for _ in range(steps))}

    for number in range(60):
        real, z = batch(number)
        inputs = inputs_of(number)
        assert train(steps[0], real, BatchInputs(z, **inputs)) == train(steps[1], real, BatchInputs(z, **inputs))
    assert len(steps[0]._captured) == len(kinds)
    assert not steps[1]._captured
    for mine, theirs in zip(captured[:2], plain[:2], strict=True):
        assert all(torch.equal(value, theirs.state_dict()[name]) for name, value in mine.state_dict().items())


def test_nothing_is_captured_until_the_knobs_rest() -> None:
    step = FastStep(make_pair(), LECTURE, BATCH)
    real, z = batch(0)

    for _ in range(fast_step.WORTH_CAPTURING):
        call(step, real, z)
    assert len(step._captured) == 0
    for _ in range(4):
        call(step, real, z)
    assert len(step._captured) == 1
