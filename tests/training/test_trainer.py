"""A trainer: its bits come from its seed alone, its state continues exactly, and its knobs act on the next batch."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
import torch
from helpers import BATCHES, SMALL, assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from gan.data import image_sets
from gan.settings import KNOBS, LIVE_KNOBS, Settings, parse
from gan.training import device
from gan.training.device import on_a_spare_core
from gan.training.networks import uniform_bound
from gan.training.reference_step import BatchFigures
from gan.training.trainer import GRID_IMAGES, Diverged, NextBatch, Trainer, check_fit


def trained(settings: Settings, batches: int) -> Trainer:
    trainer = Trainer(settings)
    for _ in range(batches):
        trainer.step()
    return trainer


def steps(trainer: Trainer, batches: int) -> list[BatchFigures]:
    return [trainer.step() for _ in range(batches)]


def first_layer(trainer: Trainer) -> Tensor:
    layer = trainer.generator.linears[0]
    assert isinstance(layer, nn.Linear)
    return layer.weight.detach().clone()


# --- random numbers ----------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    one, same, other = Trainer(SMALL), Trainer(SMALL), Trainer(SMALL.changed(seed=2))
    assert steps(one, 20) == steps(same, 20) != steps(other, 20)
    assert_same_bits(one.state(), same.state())


def test_torchs_global_generator_does_not_matter_and_is_left_alone() -> None:
    reference = trained(SMALL, 5)
    torch.manual_seed(999)
    trainer = Trainer(SMALL)
    before = torch.get_rng_state()
    for _ in range(5):
        trainer.step()
        trainer.sample()
    assert torch.equal(torch.get_rng_state(), before)
    assert_same_bits(trainer.state(), reference.state())


def test_other_runs_do_not_matter() -> None:
    settings = [SMALL, SMALL.changed(seed=5, loss="wasserstein"), SMALL.changed(latent_dim=3)]
    alone = [trained(s, 15).state() for s in settings]
    together = [Trainer(s) for s in settings]
    for _ in range(15):
        for trainer in together:
            trainer.step()
    for one, state in zip(together, alone, strict=True):
        assert_same_bits(one.state(), state)


def test_looking_at_images_changes_nothing() -> None:
    looked_at, left_alone = Trainer(SMALL), Trainer(SMALL)
    for _ in range(5):
        looked_at.sample()
        looked_at.sample(torch.zeros(3, 8))
        looked_at.state()
        assert looked_at.step() == left_alone.step()
    assert_same_bits(looked_at.state(), left_alone.state())


# --- the next batch, prepared by another thread --------------------------------------------------------------------


def nobody(*_work: Any) -> None:
    """There is no other core."""


def at_once(work: Callable[..., Any], *args: Any) -> Future[Any]:
    """The other thread is done before it is needed."""
    future: Future[Any] = Future()
    future.set_result(work(*args))
    return future


def never(*_work: Any) -> Future[Any]:
    """The other thread has too much to do."""
    return Future()


SETTINGS = {
    "the lecture's": SMALL,
    "an odd size": SMALL.changed(batch_size=777),
    "more steps": SMALL.changed(d_steps=3, g_steps=2, loss="least-squares"),
    "normalised and averaged": SMALL.changed(g_norm="batch", ema_decay=0.9),
    "sgd": SMALL.changed(optimizer_g="sgd", optimizer_d="sgd", dropout=0.0),
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_who_prepares_a_batch_changes_no_bit(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def story(spare_core: Callable[..., Any]) -> tuple[list[BatchFigures], dict[str, Tensor]]:
        monkeypatch.setattr(device, "on_a_spare_core", spare_core)
        trainer = Trainer(settings)
        figures = steps(trainer, trainer.batches_per_epoch + 1)  # once around the end of an epoch
        figures += [trainer.step("d"), trainer.step("g"), trainer.step()]
        trainer.change(settings.changed(latent_dim=5, dropout=0.2, d_steps=1))
        figures += steps(trainer, 2)
        batch, state = trainer.batch, trainer.state()
        after = steps(trainer, 3)
        trainer.restore(batch, state)
        assert steps(trainer, 3) == after
        return figures + after, trainer.state()

    alone, state = story(nobody)
    for spare_core in (on_a_spare_core, at_once, never):
        figures, other_state = story(spare_core)
        assert figures == alone
        assert_same_bits(other_state, state)


def test_a_preparation_that_fails_is_told_by_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_work: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(MemoryError())
        return future

    monkeypatch.setattr(device, "on_a_spare_core", fails)
    trainer = trained(SMALL, 1)
    with pytest.raises(MemoryError):
        trainer.step()


# --- data order --------------------------------------------------------------------------------------------------


class Watch:
    """Remembers the real images of every batch: what the discriminator is shown first in a step."""

    def __init__(self, trainer: Trainer) -> None:
        self.shown: list[Tensor] = []
        self._trainer = trainer
        self._take = trainer._take
        trainer._take = self._watched  # type: ignore[method-assign]

    def _watched(self, only: Any) -> NextBatch:
        batch = self._take(only)
        self.shown.append(batch.buffers.real.clone())
        return batch


def brightness_of(images: Tensor) -> list[int]:
    """A fingerprint of each image, sorted."""
    return sorted(images.double().add(1).mul(127.5).round().flatten(1).sum(1).int().tolist())


def test_an_epoch_shows_every_image_once_and_each_epoch_in_another_order() -> None:
    trainer = Trainer(SMALL)
    watch = Watch(trainer)
    assert trainer.batches_per_epoch == BATCHES
    steps(trainer, 2 * BATCHES)
    everything = brightness_of(image_sets.scaled(image_sets.load("mnist", "train", [7]).images, "-1..1"))
    first, second = torch.cat(watch.shown[:BATCHES]), torch.cat(watch.shown[BATCHES:])
    assert brightness_of(first) == brightness_of(second) == everything
    assert not torch.equal(first, second)
    assert trainer.epoch == 2
    assert trainer.finished


def test_sixty_thousand_images_in_batches_of_128_are_469_batches_and_the_last_is_smaller() -> None:
    trainer = Trainer(parse({"device": "cpu", "g_hidden": [4], "d_hidden": [4], "latent_dim": 2}))
    watch = Watch(trainer)
    assert trainer.batches_per_epoch == 469
    for batch in range(469):
        assert trainer.epoch == 0, batch
        trainer.step()
    assert trainer.epoch == 1
    assert {len(real) for real in watch.shown[:-1]} == {128}
    assert len(watch.shown[-1]) == 60_000 - 468 * 128 == 96
    trainer.step()
    assert len(watch.shown[-1]) == 128


@pytest.mark.parametrize(("scaling", "low"), [("-1..1", -1.0), ("0..1", 0.0)])
def test_real_and_generated_images_have_the_chosen_range(scaling: str, low: float) -> None:
    trainer = Trainer(SMALL.changed(scaling=scaling))
    watch = Watch(trainer)
    trainer.step()
    assert watch.shown[0].min().item() == pytest.approx(low)
    assert watch.shown[0].max().item() == pytest.approx(1.0)
    images = trainer.sample(1000 * torch.randn(100, 8, generator=torch.Generator().manual_seed(0)))
    assert images.min().item() == pytest.approx(low, abs=0.01)
    assert images.max().item() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_noise_has_the_chosen_distribution(kind: str) -> None:
    noise = Trainer(SMALL.changed(noise=kind, latent_dim=512)).fixed_noise
    assert noise.shape == (GRID_IMAGES, 512)
    assert noise.mean().item() == pytest.approx(0, abs=0.03)
    assert noise.std().item() == pytest.approx(1.0 if kind == "normal" else 1 / math.sqrt(3), rel=0.02)
    assert (noise.abs().max().item() <= 1) == (kind == "uniform")


# --- the state, taken and restored -------------------------------------------------------------------------------

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
    state = through.state()
    expected = steps(through, after)
    for _ in range(2):
        trainer = Trainer(through.settings)
        trainer.restore(before, state)
        assert trainer.epoch == before // through.batches_per_epoch
        assert steps(trainer, after) == expected
        assert_same_bits(trainer.state(), through.state())


@pytest.mark.parametrize("batch", [BATCHES - 1, BATCHES, BATCHES + 1, 2 * BATCHES])
def test_it_continues_around_the_end_of_an_epoch(batch: int) -> None:
    through = trained(SMALL, batch)
    state = through.state()
    trainer = trained(SMALL, 4)  # what it has done before does not matter
    trainer.restore(batch, state)
    assert steps(trainer, 3) == steps(through, 3)
    assert_same_bits(trainer.state(), through.state())


def test_a_state_is_a_copy() -> None:
    trainer = trained(SMALL, 3)
    state = trainer.state()
    before = {name: tensor.clone() for name, tensor in state.items()}
    steps(trainer, 3)
    assert_same_bits(state, before)


def test_a_run_that_was_steered_is_restored_under_its_present_settings() -> None:
    through = trained(SMALL, 3)
    through.change(through.settings.changed(latent_dim=11, lr_g=0.003, dropout=0.2))
    steps(through, 3)
    trainer = Trainer(through.settings)
    trainer.restore(6, through.state())
    assert steps(trainer, 3) == steps(through, 3)
    # what is drawn later also continues: a second growth gets the same new columns
    for one in (trainer, through):
        one.change(one.settings.changed(latent_dim=20))
        steps(one, 1)
    assert_same_bits(trainer.state(), through.state())


WEIGHT = "generator.linears.0.weight"
MOMENT = "optimizer_g.linears.0.weight.exp_avg"

SPOILT: dict[str, Callable[[dict[str, Tensor]], dict[str, Tensor]]] = {
    "a weight of another shape": lambda state: {**state, WEIGHT: state[WEIGHT][:, :-1]},
    "a weight of another type": lambda state: {**state, WEIGHT: state[WEIGHT].long()},
    "a weight missing": lambda state: without(state, WEIGHT),
    "a tensor too many": lambda state: {**state, "generator.linears.9.weight": state[WEIGHT]},
    "a moment of another shape": lambda state: {**state, MOMENT: state[MOMENT][:1]},
    "a moment of another type": lambda state: {**state, MOMENT: state[MOMENT].double()},
    "a moment of the other optimiser": lambda state: {
        **state, "optimizer_g.linears.0.weight.momentum_buffer": state[MOMENT],
    },
    "half of the moments": lambda state: without(state, MOMENT),
    "fixed noise of another size": lambda state: {**state, "fixed_noise": state["fixed_noise"][:5]},
    "a random generator cut short": lambda state: {**state, "rng.order": state["rng.order"][:-1]},
    "a random generator of another type": lambda state: {**state, "rng.noise": state["rng.noise"].float()},
    "a random generator missing": lambda state: without(state, "rng.dropout"),
}  # fmt: skip


def without(state: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in state.items() if key != name}


@pytest.mark.parametrize("how", SPOILT)
def test_a_state_that_does_not_fit_is_refused(how: str) -> None:
    state = trained(SMALL, 2).state()
    check_fit(SMALL, state)
    spoilt = SPOILT[how](state)
    with pytest.raises(ValueError, match="its state does not fit its settings"):
        Trainer(SMALL).restore(2, spoilt)
    with pytest.raises(ValueError, match="its state does not fit its settings"):
        check_fit(SMALL, spoilt)


# --- live knobs --------------------------------------------------------------------------------------------------

PLAIN = SMALL.changed(dropout=0.0)
SGD = PLAIN.changed(optimizer_g="sgd", optimizer_d="sgd", lr_g=0.01, lr_d=0.01)

TURNED: dict[str, tuple[Settings, Any]] = {
    "lr_g": (PLAIN, 0.01),
    "lr_d": (PLAIN, 0.01),
    "dropout": (PLAIN, 0.5),
    "latent_dim": (PLAIN, 5),
    "label_smoothing": (PLAIN, 0.1),
    "d_steps": (PLAIN, 2),
    "g_steps": (PLAIN, 2),
    "beta1_g": (PLAIN, 0.9),
    "beta2_g": (PLAIN, 0.9),
    "momentum_g": (SGD, 0.5),
    "beta1_d": (PLAIN, 0.9),
    "beta2_d": (PLAIN, 0.9),
    "momentum_d": (SGD, 0.5),
}
NOT_TRAINED_WITH = {"epochs", "seconds", "ema_decay"}  # they change nothing that is trained; the average follows


TRAINING = sorted(name for name in LIVE_KNOBS - NOT_TRAINED_WITH if KNOBS[name].trains)


def test_every_live_knob_is_turned_below() -> None:
    assert sorted(TURNED) == TRAINING


@pytest.mark.parametrize("name", TRAINING)
def test_a_live_knob_acts_on_the_very_next_batch(name: str) -> None:
    start, value = TURNED[name]
    left_alone, turned = trained(start, 3), trained(start, 3)
    assert_same_bits(left_alone.state(), turned.state())
    turned.change(turned.settings.changed(**{name: value}))
    left_alone.step()
    turned.step()
    one, other = left_alone.state(), turned.state()
    moved = {
        name.split(".")[0]
        for name in one
        if name.startswith(("generator", "discriminator")) and one[name].shape == other[name].shape
        if not torch.equal(one[name], other[name])
    }
    # the discriminator steps first, so it moves only if the knob is its own or changes what it sees
    only_the_generator = {"lr_g", "beta1_g", "beta2_g", "momentum_g", "g_steps"}
    assert moved == ({"generator"} if name in only_the_generator else {"generator", "discriminator"})


# --- the averaged generator --------------------------------------------------------------------------------------

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
    state = averaged.state()
    assert_same_bits(left_alone.state(), {name: state[name] for name in left_alone.state()})
    assert {name.split(".")[0] for name in state.keys() - left_alone.state().keys()} == {"averaged", "averaged_batches"}


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


def test_dropout_in_the_discriminator_alone() -> None:
    trainer = Trainer(AVERAGED)
    assert (trainer.generator.dropout.p, trainer.discriminator.dropout.p) == (0.0, 0.5)
    trainer.change(AVERAGED.changed(dropout=0.3))
    assert (trainer.generator.dropout.p, trainer.discriminator.dropout.p) == (0.0, 0.3)


def test_a_last_batch_of_one_image_is_normalised_by_the_running_averages() -> None:
    trainer = trained(SMALL.changed(g_norm="batch", batch_size=6264 // 4), 4)  # 6,265 sevens: 4 batches and one image
    before = trainer.generator.state_dict()["norms.0.running_mean"].clone()
    trainer.step()
    assert trainer.epoch == 1
    assert torch.equal(trainer.generator.state_dict()["norms.0.running_mean"], before)
    assert all(value.isfinite().all() for value in trainer.state().values() if value.is_floating_point())


# --- more of the live knobs --------------------------------------------------------------------------------------


def test_a_knob_turned_and_turned_back_leaves_no_trace() -> None:
    left_alone, turned = trained(SMALL, 3), trained(SMALL, 3)
    turned.change(turned.settings.changed(lr_g=0.1, lr_d=0.1, dropout=0.9, beta1_g=0.0, d_steps=5, label_smoothing=0.5))
    turned.change(SMALL)
    assert steps(turned, 3) == steps(left_alone, 3)
    assert_same_bits(turned.state(), left_alone.state())


def test_twice_the_learning_rate_is_twice_the_step() -> None:
    start = SGD.changed(momentum_g=0.0, momentum_d=0.0)
    moves = []
    for factor in (1, 2):
        trainer = trained(start, 3)
        trainer.change(start.changed(lr_g=0.01 * factor))
        before = first_layer(trainer)
        trainer.step()
        moves.append(first_layer(trainer) - before)
    torch.testing.assert_close(moves[1], 2 * moves[0], rtol=1e-3, atol=1e-7)


def test_epochs_can_be_raised_and_lowered() -> None:
    trainer = trained(SMALL, BATCHES)
    finished = []
    for epochs in (1, 3, 1):
        trainer.change(trainer.settings.changed(epochs=epochs))
        finished.append(trainer.finished)
    assert finished == [True, False, True]


# --- latent size -------------------------------------------------------------------------------------------------

MOMENTS = ("exp_avg", "exp_avg_sq")


def moments(trainer: Trainer) -> dict[str, Tensor]:
    """Adam's two moments and its step count for the generator's first layer."""
    prefix = "optimizer_g.linears.0.weight."
    return {name.removeprefix(prefix): value for name, value in trainer.state().items() if name.startswith(prefix)}


@pytest.mark.parametrize("size", [1, 7, 9, 200])
def test_a_new_latent_size_keeps_the_columns_that_stay(size: int) -> None:
    trainer = trained(SMALL, 5)
    weights, memory, fixed, others = first_layer(trainer), moments(trainer), trainer.fixed_noise, trainer.state()
    trainer.change(SMALL.changed(latent_dim=size))
    kept = min(size, 8)

    now = first_layer(trainer)
    assert now.shape == (16, size)
    assert torch.equal(now[:, :kept], weights[:, :kept])
    for name in MOMENTS:
        assert moments(trainer)[name].shape == (16, size)
        assert torch.equal(moments(trainer)[name][:, :kept], memory[name][:, :kept])
        assert moments(trainer)[name][:, kept:].count_nonzero() == 0
    assert moments(trainer)["step"].item() == memory["step"].item() == 5
    assert trainer.fixed_noise.shape == (GRID_IMAGES, size)
    assert torch.equal(trainer.fixed_noise[:, :kept], fixed[:, :kept])

    after = trainer.state()
    touched = {"generator.linears.0.weight", "fixed_noise", "rng.weights", "rng.fixed"}
    for name, value in others.items():
        if name not in touched and not name.startswith("optimizer_g.linears.0.weight"):
            assert torch.equal(after[name], value), name


def test_new_latent_columns_are_spread_as_torch_does_and_are_trained() -> None:
    trainer = trained(SMALL.changed(g_hidden=[64]), 2)
    trainer.change(trainer.settings.changed(latent_dim=208))
    fresh = first_layer(trainer)[:, 8:]
    bound = uniform_bound(208)
    assert bound == 1 / math.sqrt(208)
    assert 0.95 * bound < fresh.abs().max().item() <= bound
    assert fresh.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.02)
    assert (trainer.fixed_noise[:, 8:].std().item()) == pytest.approx(1, rel=0.05)
    trainer.step()
    assert ((first_layer(trainer)[:, 8:] - fresh) != 0).float().mean().item() > 0.9


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("batches", [0, 3])
def test_training_goes_on_after_every_change_of_the_latent_size(optimizer: str, batches: int) -> None:
    trainer = trained(SMALL.changed(optimizer_g=optimizer), batches)
    for size in (3, 30, 1, 512, 8):
        trainer.change(trainer.settings.changed(latent_dim=size))
        before = first_layer(trainer)
        trainer.step()
        assert first_layer(trainer).shape == (16, size)
        assert not torch.equal(first_layer(trainer), before)
        assert trainer.sample().shape == (GRID_IMAGES, 1, 28, 28)
    check_fit(trainer.settings, trainer.state())


def test_steering_is_part_of_what_a_seed_repeats() -> None:
    def steered() -> dict[str, Tensor]:
        trainer = trained(SMALL, 3)
        trainer.change(trainer.settings.changed(latent_dim=20))
        steps(trainer, 2)
        trainer.change(trainer.settings.changed(latent_dim=4, lr_d=0.001))
        steps(trainer, 2)
        return trainer.state()

    assert_same_bits(steered(), steered())


# --- divergence --------------------------------------------------------------------------------------------------


def test_a_loss_that_runs_away_is_diverged() -> None:
    wild = {"loss": "least-squares", "optimizer_d": "sgd", "lr_d": 0.1, "momentum_d": 0.99, "dropout": 0.0}
    trainer = Trainer(SMALL.changed(**wild, d_hidden=[512, 512], batch_size=64))
    with pytest.raises(Diverged):
        steps(trainer, 200)
    assert trainer.batch < 200


@pytest.mark.parametrize("network", ["generator", "discriminator"])
@pytest.mark.parametrize("poison", [math.nan, math.inf])
def test_a_weight_that_is_no_number_is_diverged_and_the_batch_does_not_count(network: str, poison: float) -> None:
    trainer = trained(SMALL, 2)
    with torch.no_grad():
        getattr(trainer, network).linears[-1].weight.fill_(poison)
    with pytest.raises(Diverged):
        trainer.step()
    assert trainer.batch == 2
