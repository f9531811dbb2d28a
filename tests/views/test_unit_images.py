"""The images of units, against gradients by torch and against what the units do."""

from __future__ import annotations

import pytest
import torch
from random_settings import random_settings
from trainers import trained

from gan.training.networks import Discriminator, Generator, apply
from gan.views.architecture import linear_layers
from gan.views.moment import capture, of_captured
from gan.views.unit_images import nearest_layer, unit_images
from gan.views.units import hidden_activations


def networks(seed: int, **changes: object) -> tuple[Generator, Discriminator]:
    """The networks of a run as views have them."""
    moment = of_captured(capture(trained(random_settings(seed).changed(**changes), 2)))
    assert moment.discriminator is not None
    return moment.generator, moment.discriminator


@pytest.mark.parametrize("seed", range(6))
def test_a_unit_of_the_discriminator_is_the_gradient_of_its_activation_by_the_pixels(seed: int) -> None:
    _, discriminator = networks(seed, d_hidden=[12, 7, 5], conditional="on" if seed % 2 else "off")
    picture = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(seed)).requires_grad_()
    labels = torch.tensor([7]) if seed % 2 else None
    reached: list[torch.Tensor] = []
    for linear in linear_layers(discriminator):
        linear.register_forward_hook(lambda *passed: reached.append(passed[-1]))
    apply(discriminator, picture, labels)
    hidden = hidden_activations(discriminator, picture.detach(), labels)
    for layer, width in enumerate((12, 7, 5)):
        images = unit_images(discriminator, hidden, layer, slice(1, 4))
        for unit in range(1, 4):
            (wanted,) = torch.autograd.grad(reached[layer][0, unit], picture, retain_graph=True)
            torch.testing.assert_close(images[unit - 1], wanted.flatten())
        assert unit_images(discriminator, hidden, layer).shape == (width, 784)


@pytest.mark.parametrize("seed", range(6))
def test_a_unit_of_the_generator_is_what_it_adds_to_the_image(seed: int) -> None:
    generator, _ = networks(seed, g_hidden=[9, 6, 8], g_norm="batch" if seed % 2 else "none")
    z = torch.randn(1, generator.latent_dim, generator=torch.Generator().manual_seed(seed))
    hidden = hidden_activations(generator, z)
    linears = linear_layers(generator)
    for layer in range(3):
        step = 1e-3 * hidden[layer].abs().max() + 1e-4
        for unit in (0, 5):
            ends = []
            for direction in (-1, 1):
                x = hidden[layer].double().clone()
                x[0, unit] += direction * step
                for above in range(layer + 1, 4):
                    x = x @ linears[above].weight.double().t() + linears[above].bias.double()
                    if above < 3:  # the slopes at this image, since a unit may cross 0 on the way
                        x = x * torch.where(hidden[above] > 0, 1.0, generator.leaky_slope)
                ends.append(x[0])
            wanted = (ends[1] - ends[0]) / (2 * step.double())
            torch.testing.assert_close(
                unit_images(generator, hidden, layer)[unit], wanted.float(), rtol=1e-3, atol=1e-5
            )


def test_the_image_of_a_unit_of_the_first_layer_is_the_one_that_excites_it_most() -> None:
    _, discriminator = networks(5)
    layer = nearest_layer(discriminator)
    images = unit_images(discriminator, hidden_activations(discriminator, torch.zeros(1, 1, 28, 28)), layer)
    aligned = images / images.norm(dim=1, keepdim=True)
    answers = aligned @ linear_layers(discriminator)[0].weight.t()
    torch.testing.assert_close(answers.diagonal(), images.norm(dim=1))
