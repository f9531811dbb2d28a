"""The networks: shapes, outputs, and first weights."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from gan.training.networks import CLASSES, Discriminator, Generator, one_hot, with_batchnorm_folded


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def weight(network: Generator | Discriminator, layer: int) -> Tensor:
    linear = network.linears[layer]
    assert isinstance(linear, nn.Linear)
    return linear.weight.detach()


# --- shapes and outputs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("z", [torch.zeros(5, 100), torch.zeros(5, 100, 1, 1)], ids=["flat", "as the lecture's"])
def test_the_generator_makes_images_of_flat_noise_and_of_the_lectures_noise(z: Tensor) -> None:
    images = Generator()(z)
    assert images.shape == (5, 1, 28, 28)


def test_both_shapes_of_noise_give_the_same_images() -> None:
    generator = Generator(latent_dim=7).eval()
    z = torch.randn(3, 7, generator=rng())
    assert torch.equal(generator(z), generator(z.view(3, 7, 1, 1)))


def test_images_of_other_shapes_and_several_hidden_layers() -> None:
    generator = Generator(latent_dim=4, image_shape=(3, 8, 6), hidden=(9, 5))
    discriminator = Discriminator(image_shape=(3, 8, 6), hidden=(7,))
    images = generator(torch.zeros(2, 4))
    assert images.shape == (2, 3, 8, 6)
    assert discriminator(images).shape == (2,)
    assert [tuple(weight(generator, layer).shape) for layer in range(3)] == [(9, 4), (5, 9), (144, 5)]


def test_the_discriminator_returns_one_logit_an_image() -> None:
    logits = Discriminator()(torch.randn(6, 1, 28, 28, generator=rng()))
    assert logits.shape == (6,)
    assert logits.requires_grad


@pytest.mark.parametrize(("output", "low"), [("tanh", -1.0), ("sigmoid", 0.0)])
def test_the_output_covers_the_range_of_its_images(output: str, low: float) -> None:
    generator = Generator(latent_dim=2, output="tanh" if output == "tanh" else "sigmoid").eval()
    images = generator(1000 * torch.randn(50, 2, generator=rng())).detach()  # far out, where the output saturates
    assert images.min().item() == pytest.approx(low, abs=1e-3)
    assert images.max().item() == pytest.approx(1.0, abs=1e-3)


def test_it_computes_what_the_lectures_layers_compute() -> None:
    ours = Generator(latent_dim=5, hidden=(6,), dropout=0.0, leaky_slope=0.2)
    theirs = nn.Sequential(nn.Linear(5, 6), nn.LeakyReLU(0.2), nn.Linear(6, 784), nn.Tanh())
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours.state_dict().values(), strict=True)))
    z = torch.randn(4, 5, generator=rng())
    torch.testing.assert_close(ours(z), theirs(z).view(-1, 1, 28, 28))


def test_the_slope_of_the_activation_is_a_setting_of_both_networks() -> None:
    images = torch.randn(4, 1, 28, 28, generator=rng())
    relu, linear = (Discriminator(leaky_slope=slope, dropout=0.0, rng=rng()) for slope in (0.0, 1.0))
    x = images.flatten(1)
    for layer in linear.linears:
        x = layer(x)
    torch.testing.assert_close(linear(images), x.flatten())  # slope 1 is no activation at all
    assert not torch.allclose(relu(images), linear(images))


@pytest.mark.parametrize("hidden", [(6,), (12, 7)])
def test_batch_normalisation_folds_into_the_linear_layers(hidden: tuple[int, ...]) -> None:
    normed = Generator(5, hidden=hidden, dropout=0.0, leaky_slope=0.2, norm="batch", rng=rng())
    for number in range(20):
        normed(3 * torch.randn(32, 5, generator=rng(number)) + 1)  # the running averages move
    with torch.no_grad():
        for name, parameter in normed.named_parameters():
            if name.startswith("norms."):
                parameter.uniform_(-1, 2, generator=rng())
    plain = Generator(5, hidden=hidden, dropout=0.0, leaky_slope=0.2)
    plain.load_state_dict(with_batchnorm_folded(normed.state_dict()))
    z = torch.randn(50, 5, generator=rng())
    torch.testing.assert_close(plain(z), normed.eval()(z), atol=1e-5, rtol=1e-5)


def test_weights_without_normalisation_fold_into_themselves() -> None:
    state = Discriminator(hidden=(4,), rng=rng()).state_dict()
    assert with_batchnorm_folded(state) == state


# --- labels and batches --------------------------------------------------------------------------------------------


def test_labels_stand_behind_the_noise_and_behind_the_pixels_as_ten_numbers_each() -> None:
    generator = Generator(5, hidden=(6,), dropout=0.0, conditional=True, rng=rng())
    discriminator = Discriminator(hidden=(6,), dropout=0.0, conditional=True, rng=rng())
    assert weight(generator, 0).shape == (6, 5 + CLASSES)
    assert weight(discriminator, 0).shape == (6, 784 + CLASSES)
    z, labels = torch.randn(3, 5, generator=rng()), torch.tensor([7, 0, 9])
    assert one_hot(labels).tolist() == [[float(label == digit) for digit in range(10)] for label in (7, 0, 9)]
    plain = Generator(5 + CLASSES, hidden=(6,), dropout=0.0)
    plain.load_state_dict(generator.state_dict())
    images = generator(z, labels)
    assert torch.equal(images, plain(torch.cat([z, one_hot(labels)], dim=1)))
    x = torch.cat([images.flatten(1), one_hot(labels)], dim=1)
    first, last = discriminator.linears
    torch.testing.assert_close(discriminator(images, labels), last(nn.functional.leaky_relu(first(x))).flatten())


@pytest.mark.parametrize("conditional", [False, True])
def test_a_network_takes_labels_only_if_it_was_made_for_them(conditional: bool) -> None:
    labels = None if conditional else torch.zeros(2, dtype=torch.int64)
    with pytest.raises(ValueError, match="takes labels"):
        Generator(5, conditional=conditional)(torch.zeros(2, 5), labels)
    with pytest.raises(ValueError, match="takes labels"):
        Discriminator(conditional=conditional)(torch.zeros(2, 784), labels)


def test_the_discriminator_sees_how_much_the_images_of_a_batch_differ() -> None:
    discriminator = Discriminator(hidden=(6,), dropout=0.0, leaky_slope=0.1, minibatch_std=True, rng=rng())
    first, last = discriminator.linears
    images = torch.randn(8, 784, generator=rng())
    hidden = nn.functional.leaky_relu(first(images), 0.1)
    deviation = hidden.sub(hidden.mean(dim=0)).square().mean(dim=0).sqrt().mean()
    assert weight(discriminator, 1).shape == (1, 7)
    expected = last(torch.cat([hidden, deviation.expand(8, 1)], dim=1)).flatten()
    torch.testing.assert_close(discriminator(images), expected)
    repeated = images[:1].expand(8, -1)
    assert discriminator(repeated)[0].item() != pytest.approx(discriminator(images)[0].item(), abs=1e-3)


def test_a_single_image_is_judged_by_the_running_average_which_folds_into_the_last_bias() -> None:
    discriminator = Discriminator(hidden=(6, 5), dropout=0.0, minibatch_std=True, rng=rng())
    for number in range(60):
        discriminator(torch.randn(32, 784, generator=rng(number)))
    before = discriminator.state_dict()["minibatch_std.running_mean"].clone()
    assert before > 0
    discriminator(torch.randn(1, 784, generator=rng()))  # does not tell how images differ
    assert discriminator.state_dict()["minibatch_std.running_mean"] == before
    plain = Discriminator(hidden=(6, 5), dropout=0.0)
    plain.load_state_dict(with_batchnorm_folded(discriminator.state_dict()))
    images = torch.randn(20, 784, generator=rng())
    logits = discriminator.eval()(images)
    torch.testing.assert_close(plain(images), logits, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(discriminator(images[3:4]), logits[3:4], atol=1e-5, rtol=1e-5)


# --- first weights -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", [Generator(rng=rng(1)), Discriminator(rng=rng(1))], ids=lambda n: type(n).__name__)
def test_first_weights_are_spread_as_torchs_linear_layers_are(network: Generator | Discriminator) -> None:
    for layer in network.linears:
        assert isinstance(layer, nn.Linear)
        bound = 1 / math.sqrt(layer.in_features)
        reference = nn.Linear(layer.in_features, layer.out_features)
        for ours, theirs in zip(layer.parameters(), reference.parameters(), strict=True):
            assert ours.shape == theirs.shape
            assert ours.abs().max() <= bound
        weights = layer.weight.detach()
        assert weights.abs().max() > 0.9 * bound
        assert weights.mean().item() == pytest.approx(0, abs=5 * bound / math.sqrt(3 * weights.numel()))
        if weights.numel() > 10_000:
            assert weights.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.02)  # of a uniform distribution


def test_first_weights_come_from_the_given_generator_alone() -> None:
    before = torch.get_rng_state()
    one, same, other = Generator(rng=rng(1)), Generator(rng=rng(1)), Generator(rng=rng(2))
    assert torch.equal(weight(one, 0), weight(same, 0))
    assert not torch.equal(weight(one, 0), weight(other, 0))
    assert torch.equal(torch.get_rng_state(), before)
