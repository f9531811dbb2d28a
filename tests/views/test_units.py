"""Units: images, activations and votes, against a plain chain of torch's own layers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from random_settings import random_settings
from torch import Tensor, nn
from torch.nn import functional as F
from trainers import trained

from gan.data import image_sets
from gan.settings import Settings
from gan.training.build import build_networks
from gan.training.networks import Discriminator, Generator, apply
from gan.views.architecture import linear_layers
from gan.views.figures import BadParameter, Figures
from gan.views.moment import capture, of_captured
from gan.views.units import (
    MOST_UNITS,
    STEPS,
    active_shares,
    hidden_activations,
    parse,
    quantised,
    turned,
    unit_figures,
    votes,
)


def made(settings: Settings) -> tuple[Generator, Discriminator]:
    generator, discriminator = build_networks(settings, torch.Generator().manual_seed(settings.seed))
    return generator.eval(), discriminator.eval()


def noise(*size: int) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(0))


def plain(network: Generator | Discriminator, slope: float, layers: int) -> nn.Sequential:
    """The first `layers` hidden layers as torch writes them."""
    parts: list[nn.Module] = []
    for index in range(layers):
        norm = [network.norms[index]] if len(network.norms) else []
        parts += [network.linears[index], *norm, nn.LeakyReLU(slope), nn.Dropout(0.5)]
    return nn.Sequential(*parts).eval()


@pytest.mark.parametrize("seed", range(8))
def test_activations_are_those_of_torchs_own_layers(seed: int) -> None:
    settings = random_settings(seed)
    generator, discriminator = made(settings)
    cases = (generator, noise(9, settings.latent_dim)), (discriminator, noise(9, 1, 28, 28))
    for network, x in cases:
        found = hidden_activations(network, x)
        assert len(found) == len(network.linears) - 1
        for index, layer in enumerate(found):
            wanted = plain(network, settings.leaky_slope, index + 1)(x.flatten(1))
            torch.testing.assert_close(layer, wanted)


@pytest.mark.parametrize("seed", range(8))
def test_a_unit_is_active_for_the_share_of_inputs_that_it_answers_above_0(seed: int) -> None:
    settings = random_settings(seed)
    generator, _ = made(settings)
    x = noise(50, settings.latent_dim)
    (first, *_) = active_shares(hidden_activations(generator, x))
    before: Tensor = linear_layers(generator)[0](x)
    if len(generator.norms):
        before = nn.Sequential(generator.norms[0])(before)
    torch.testing.assert_close(first, torch.stack([column.gt(0).float().mean() for column in before.t()]))


def test_a_conditional_networks_units_see_the_label_behind_the_image() -> None:
    _, discriminator = made(random_settings(3).changed(conditional="on", d_hidden=[9, 5]))
    images, labels = noise(6, 1, 28, 28), torch.tensor([7, 7, 0, 1, 2, 9])
    x = torch.cat([images.flatten(1), F.one_hot(labels, 10)], dim=1)
    wanted = F.leaky_relu(linear_layers(discriminator)[0](x), discriminator.leaky_slope)
    torch.testing.assert_close(hidden_activations(discriminator, images, labels)[0], wanted)
    shallow = made(random_settings(3).changed(conditional="on", d_hidden=[9]))[1]
    (hidden,) = hidden_activations(shallow, images, labels)
    total = votes(shallow, hidden).sum(dim=1) + linear_layers(shallow)[-1].bias
    torch.testing.assert_close(total, shallow(images, labels))


def test_a_unit_that_nothing_reaches_is_never_active() -> None:
    generator, _ = made(random_settings(3).changed(g_norm="none"))
    with torch.no_grad():
        linear_layers(generator)[0].weight[1] = 0
        linear_layers(generator)[0].bias[1] = -1
    assert active_shares(hidden_activations(generator, noise(50, generator.latent_dim)))[0][1] == 0


@pytest.mark.parametrize("seed", range(4))
def test_the_votes_of_one_hidden_layer_sum_up_to_the_output(seed: int) -> None:
    _, discriminator = made(random_settings(seed).changed(d_hidden=[12]))
    images = noise(6, 1, 28, 28)
    (hidden,) = hidden_activations(discriminator, images)
    total = votes(discriminator, hidden).sum(dim=1) + linear_layers(discriminator)[-1].bias
    torch.testing.assert_close(total, discriminator(images))


@pytest.mark.parametrize("seed", range(4))
def test_a_vote_is_how_the_output_changes_with_the_unit(seed: int) -> None:
    _, discriminator = made(random_settings(seed).changed(d_hidden=[12, 7]))
    discriminator.double().requires_grad_(False)
    images = noise(1, 1, 28, 28).double()
    (hidden, last) = hidden_activations(discriminator, images)
    found = votes(discriminator, hidden)[0]
    bias = linear_layers(discriminator)[2].bias
    torch.testing.assert_close(votes(discriminator, last, 1).sum(dim=1) + bias, discriminator(images))

    def output(hidden: Tensor) -> Tensor:
        x = nn.functional.leaky_relu(linear_layers(discriminator)[1](hidden), discriminator.leaky_slope)
        answer: Tensor = linear_layers(discriminator)[2](x)
        return answer

    step = 1e-6
    for unit in range(12):
        moved = hidden.clone()
        moved[0, unit] *= 1 + step
        assert float(output(moved) - output(hidden)) / step == pytest.approx(float(found[unit]), abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_a_turned_unit_does_what_it_would_in_torchs_own_layers(seed: int) -> None:
    settings = random_settings(seed).changed(g_norm="none")
    levels = torch.tensor([[0.0, 2.0], [1.0, -1.0]])
    generator, discriminator = made(settings)
    cases = (generator, noise(2, settings.latent_dim)), (discriminator, noise(2, 1, 28, 28))
    for network, x in cases:
        for layer, hidden in enumerate(hidden_activations(network, x)):
            found = turned(network, hidden, 1, levels, layer)
            rest = linear_layers(network)[layer + 1 :]
            parts = [part for linear in rest for part in (linear, nn.LeakyReLU(settings.leaky_slope))][:-1]
            squash = nn.Tanh() if settings.scaling == "-1..1" else nn.Sigmoid()
            end = [squash] if network is generator else []
            for row in range(2):
                for kind in range(2):
                    changed = hidden[row].clone()
                    changed[1] = levels[row, kind]
                    wanted = nn.Sequential(*parts, *end)(changed)
                    torch.testing.assert_close(found[row, kind].flatten(), wanted.detach().flatten())


def test_the_page_gets_a_unit_off_as_it_is_and_as_high_as_it_ever_is() -> None:
    moment = of_captured(capture(trained(random_settings(2), 2)))
    _, plain = unit_figures(moment, parse({"side": "g", "image": "7"}))
    _, arrays = unit_figures(moment, parse({"side": "g", "image": "7", "unit": "1"}))
    assert "turned" not in plain
    assert arrays["levels"][0] == 0
    assert arrays["levels"][3] == 2 * arrays["levels"][2]
    assert arrays["levels"][4:] == pytest.approx(np.linspace(0, arrays["levels"][3], STEPS), abs=1e-6)
    assert np.array_equal(arrays["turned"][4], arrays["turned"][0])
    assert np.array_equal(np.asarray(arrays["turned"])[1], np.ravel(arrays["picture"]))  # as it is


def test_a_byte_holds_a_weight_to_a_127th_of_the_largest_of_its_unit() -> None:
    images = noise(5, 784)
    images[2] = 0
    steps, scales = quantised(images)
    back = (steps.float() - 128) / 127 * scales[:, None]
    assert float((back - images).abs().max()) <= float(scales.max()) / 254 * 1.001
    assert steps[2].unique().tolist() == [128]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("conditional", ["off", "on"])
def test_the_page_gets_the_units_of_the_network_that_it_asks_for(seed: int, conditional: str) -> None:
    settings = random_settings(seed).changed(conditional=conditional)
    seven = torch.tensor([7]) if conditional == "on" else None  # the run knows no other digit
    moment = of_captured(capture(trained(settings, 2)))
    for side, widths in (("g", settings.g_hidden), ("d", settings.d_hidden)):
        values, arrays = unit_figures(moment, parse({"side": side, "image": "5"}))
        assert [layer["outputs"] for layer in values["layers"]][:-1] == list(widths)
        assert len(arrays["activations"]) == len(arrays["active"]) == sum(widths)
        assert np.shape(arrays["images"]) == ((widths[-1] if side == "g" else widths[0]), 784)
        assert moment.discriminator is not None
        picture = apply(moment.generator, moment.fixed_noise[5:6], seven)
        output = apply(moment.discriminator, picture, seven)
        assert values["output"] == pytest.approx(float(output), rel=1e-4, abs=1e-6)


def test_a_real_image_can_be_chosen_for_the_discriminator() -> None:
    moment = of_captured(capture(trained(random_settings(1), 1)))
    _, arrays = unit_figures(moment, parse({"side": "d", "image": "3", "real": "1"}))
    assert (
        (image_sets.load("mnist", "train", [7]).images.flatten(1) == torch.from_numpy(arrays["picture"])).all(1).any()
    )


def test_the_page_gets_the_units_of_any_hidden_layer_from_any_unit_on() -> None:
    settings = Settings(digits=(7,), g_hidden=(6, 9, 300), d_hidden=(5,), batch_size=64)
    moment = of_captured(capture(trained(settings, 1)))

    def figures(**query: str) -> Figures:
        return unit_figures(moment, parse({"side": "g", **query}))

    values, arrays = figures(layer="1", unit="8")
    assert (values["layer"], values["first"], np.shape(arrays["images"])) == (1, 0, (9, 784))
    assert arrays["levels"][1] == np.asarray(arrays["activations"])[6 + 8]
    assert np.array_equal(np.asarray(arrays["turned"])[1], np.ravel(arrays["picture"]))
    near, _ = figures()
    other, _ = figures(layer="3")  # there is no such layer
    assert near["layer"] == other["layer"] == 2
    begin, end = figures()[1], figures(first="256")[1]
    assert (len(begin["images"]), len(end["images"])) == (MOST_UNITS, 44)
    steps, _ = quantised(linear_layers(moment.generator)[-1].weight.t())
    assert np.array_equal(np.concatenate([begin["images"], end["images"]]), steps.numpy())


@pytest.mark.parametrize(
    "query",
    [{"side": "x"}, {"image": "64"}, {"image": "-1"}, {"real": "2"}, {"layer": "4"}, {"first": "2048"}],
)
def test_a_bad_parameter_is_refused_in_a_sentence(query: dict[str, str]) -> None:
    with pytest.raises(BadParameter, match=r"^The parameter .*\.$"):
        parse(query)
