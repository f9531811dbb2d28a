"""A trainer: its bits come from its seed alone, its state continues exactly, and its knobs act on the next batch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from helpers import BATCHES, SMALL, assert_same_bits
from torch import Tensor
from trainers import first_layer, steps, trained

from gan.data import image_sets
from gan.settings import KNOBS, LIVE_KNOBS, Settings, parse
from gan.training import captured_batch, device, fast_step
from gan.training.own_networks import dropouts
from gan.training.reference_step import BatchMetrics
from gan.training.sampling import GRID_IMAGES
from gan.training.step_inputs import BatchInputs, BatchKind
from gan.training.trainer import Diverged, Trainer
from gan.training.trainer_state import capture_state, restore_state

# --- random numbers ------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    one, same, other = Trainer(SMALL), Trainer(SMALL), Trainer(SMALL.changed(seed=2))
    assert steps(one, 20) == steps(same, 20) != steps(other, 20)
    assert_same_bits(capture_state(one), capture_state(same))


def test_torchs_global_generator_does_not_matter_and_is_left_alone() -> None:
    reference = trained(SMALL, 5)
    torch.manual_seed(999)
    trainer = Trainer(SMALL)
    before = torch.get_rng_state()
    for _ in range(5):
        trainer.step()
        trainer.sample()
    assert torch.equal(torch.get_rng_state(), before)
    assert_same_bits(capture_state(trainer), capture_state(reference))


def test_other_runs_do_not_matter() -> None:
    settings = [SMALL, SMALL.changed(seed=5, loss="wasserstein"), SMALL.changed(latent_dim=3)]
    alone = [capture_state(trained(s, 15)) for s in settings]
    together = [Trainer(s) for s in settings]
    for _ in range(15):
        for trainer in together:
            trainer.step()
    for one, state in zip(together, alone, strict=True):
        assert_same_bits(capture_state(one), state)


def test_looking_at_images_changes_nothing() -> None:
    looked_at, left_alone = Trainer(SMALL), Trainer(SMALL)
    for _ in range(5):
        looked_at.sample()
        looked_at.sample(torch.zeros(3, 8))
        capture_state(looked_at)
        assert looked_at.step() == left_alone.step()
    assert_same_bits(capture_state(looked_at), capture_state(left_alone))


# --- several batches in one call -----------------------------------------------------------------------------------


SETTINGS = {
    "the lecture's": SMALL,
    "large enough for halves": SMALL.changed(g_hidden=(128,), d_hidden=(128,), latent_dim=64),
    "an odd size": SMALL.changed(batch_size=777),
    "more steps": SMALL.changed(d_steps=3, g_steps=2, loss="least-squares"),
    "normalised and averaged": SMALL.changed(g_norm="batch", ema_decay=0.9),
    "sgd": SMALL.changed(optimizer_g="sgd", optimizer_d="sgd", dropout=0.0),
}


class Whole:
    second, in_trial = False, False

    def took(self, seconds: float) -> None:
        """Nothing changes the way."""


class Alternately(Whole):
    def took(self, seconds: float) -> None:
        self.second = self.in_trial = not self.second


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_how_batches_are_carried_out_changes_no_bit(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """One by one or several in a call, on one core or on two."""
    monkeypatch.setattr(fast_step, "WORTH_CAPTURING", 1)
    monkeypatch.setattr(device, "CORES", 2)
    monkeypatch.setattr(device, "_training", {})
    threads = torch.get_num_threads()
    device.use_one_thread()

    def story(
        train: Callable[[Trainer, int], list[BatchMetrics]], way: type[Whole]
    ) -> tuple[list[BatchMetrics], dict[str, Tensor]]:
        monkeypatch.setattr(captured_batch, "QuickerWay", way)
        trainer = Trainer(settings)
        figures = train(trainer, trainer.batches_per_epoch + 1)  # once around the end of an epoch
        figures += [trainer.step("d"), trainer.step("g"), trainer.step()]
        trainer.change(settings.changed(latent_dim=5, dropout=0.2, d_steps=1))
        figures += train(trainer, 2)
        batch, state = trainer.batch, capture_state(trainer)
        after = train(trainer, 11)
        restore_state(trainer, batch, state)
        assert train(trainer, 11) == after
        return figures + after, capture_state(trainer)

    figures, state = story(steps, Whole)
    for way in (Whole, Alternately):
        other_figures, other_state = story(many, way)
        assert other_figures == figures
        assert_same_bits(other_state, state)
    torch.set_num_threads(threads)


def many(trainer: Trainer, batches: int) -> list[BatchMetrics]:
    """Train as many batches in a call as it takes."""
    figures: list[BatchMetrics] = []
    while len(figures) < batches:
        figures += trainer.train(batches - len(figures))
    return figures


def test_a_call_trains_several_batches_unless_they_take_long() -> None:
    assert len(Trainer(SMALL).train(3)) == 3
    assert len(Trainer(SMALL).train(100)) == 8
    assert len(Trainer(SMALL.changed(g_hidden=(1024, 1024), d_hidden=(1024, 1024))).train(100)) == 1
    assert len(Trainer(SMALL.changed(step="reference")).train(100)) == 1


def test_a_call_trains_batches_of_one_kind() -> None:
    trainer = Trainer(SMALL.changed(r1_gamma=1.0, penalty_every=4))
    assert [len(trainer.train(100)) for _ in range(7)] == [1, 3, 1, 3, 1, 3, 1]  # the last one is smaller
    assert trainer.epoch == 1


# --- data order ----------------------------------------------------------------------------------------------------


class Watch:
    """Remembers the real images of every batch of a run through the reference step, which is never captured."""

    def __init__(self, trainer: Trainer) -> None:
        assert trainer.settings.step == "reference"
        self.shown: list[Tensor] = []
        self._draw_batch = trainer._draw
        trainer._draw = self._watched  # type: ignore[method-assign]

    def _watched(self, indices: Tensor, real: Tensor, kind: BatchKind) -> BatchInputs:
        inputs = self._draw_batch(indices, real, kind)
        self.shown.append(real.clone())
        return inputs


def brightness_of(images: Tensor) -> list[int]:
    """A fingerprint of each image, sorted."""
    return sorted(images.double().add(1).mul(127.5).round().flatten(1).sum(1).int().tolist())


def test_an_epoch_shows_every_image_once_and_each_epoch_in_another_order() -> None:
    trainer = Trainer(SMALL.changed(step="reference"))
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
    trainer = Trainer(parse({"device": "cpu", "step": "reference", "g_hidden": [4], "d_hidden": [4], "latent_dim": 2}))
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
    trainer = Trainer(SMALL.changed(scaling=scaling, step="reference"))
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


# --- live knobs ----------------------------------------------------------------------------------------------------

PLAIN = SMALL.changed(dropout=0.0)
SGD = PLAIN.changed(optimizer_g="sgd", optimizer_d="sgd", lr_g=0.01, lr_d=0.01)

TURNED: dict[str, tuple[Settings, Any]] = {
    "lr_g": (PLAIN, 0.01),
    "lr_d": (PLAIN, 0.01),
    "dropout": (PLAIN, 0.5),
    "latent_dim": (PLAIN, 5),
    "label_smoothing": (PLAIN, 0.1),
    "r1_gamma": (PLAIN, 1.0),
    "r2_gamma": (PLAIN, 1.0),
    "gradient_penalty": (PLAIN.changed(loss="wasserstein"), 10.0),
    "penalty_every": (PLAIN.changed(r1_gamma=1.0), 3),
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
    assert_same_bits(capture_state(left_alone), capture_state(turned))
    turned.change(turned.settings.changed(**{name: value}))
    left_alone.step()
    turned.step()
    one, other = capture_state(left_alone), capture_state(turned)
    moved = {
        name.split(".")[0]
        for name in one
        if name.startswith(("generator", "discriminator")) and one[name].shape == other[name].shape
        if not torch.equal(one[name], other[name])
    }
    # the discriminator steps first, so it moves only if the knob is its own or changes what it sees
    only_the_generator = {"lr_g", "beta1_g", "beta2_g", "momentum_g", "g_steps"}
    assert moved == ({"generator"} if name in only_the_generator else {"generator", "discriminator"})


# --- what the settings choose --------------------------------------------------------------------------------------


def test_dropout_in_the_discriminator_alone() -> None:
    settings = SMALL.changed(ema_decay=0.9, g_norm="batch", dropout_in="discriminator")
    trainer = Trainer(settings)
    ((g_dropout,), (d_dropout,)) = (dropouts(network) for network in (trainer.generator, trainer.discriminator))
    assert (g_dropout.p, d_dropout.p) == (0.0, 0.5)
    trainer.change(settings.changed(dropout=0.3))
    assert (g_dropout.p, d_dropout.p) == (0.0, 0.3)


def test_a_last_batch_of_one_image_is_normalised_by_the_running_averages() -> None:
    trainer = trained(SMALL.changed(g_norm="batch", batch_size=6264 // 4), 4)  # 6,265 sevens: 4 batches and one image
    before = trainer.generator.state_dict()["norms.0.running_mean"].clone()
    trainer.step()
    assert trainer.epoch == 1
    assert torch.equal(trainer.generator.state_dict()["norms.0.running_mean"], before)
    assert all(value.isfinite().all() for value in capture_state(trainer).values() if value.is_floating_point())


# --- more of the live knobs ----------------------------------------------------------------------------------------


def test_a_knob_turned_and_turned_back_leaves_no_trace() -> None:
    left_alone, turned = trained(SMALL, 3), trained(SMALL, 3)
    turned.change(turned.settings.changed(lr_g=0.1, lr_d=0.1, dropout=0.9, beta1_g=0.0, d_steps=5, label_smoothing=0.5))
    turned.change(SMALL)
    assert steps(turned, 3) == steps(left_alone, 3)
    assert_same_bits(capture_state(turned), capture_state(left_alone))


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


def test_steering_is_part_of_what_a_seed_repeats() -> None:
    def steered() -> dict[str, Tensor]:
        trainer = trained(SMALL, 3)
        trainer.change(trainer.settings.changed(latent_dim=20))
        steps(trainer, 2)
        trainer.change(trainer.settings.changed(latent_dim=4, lr_d=0.001))
        steps(trainer, 2)
        return capture_state(trainer)

    assert_same_bits(steered(), steered())


# --- divergence ----------------------------------------------------------------------------------------------------


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
