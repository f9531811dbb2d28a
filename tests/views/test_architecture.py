"""Shapes and numbers of parameters, against those of networks that are really made."""

from __future__ import annotations

import pytest
from random_settings import random_settings

from gan.settings import Settings, parse
from gan.training.build import build_networks
from gan.training.networks import Discriminator, Generator
from gan.views.architecture import LayerShape, architecture, linear_layers


def test_the_lecture_has_two_layers_on_each_side() -> None:
    assert architecture(Settings()) == {
        "g": [LayerShape(100, 128, 12_928), LayerShape(128, 784, 101_136)],
        "d": [LayerShape(784, 128, 100_480), LayerShape(128, 1, 129)],
    }


def test_a_normalised_layer_counts_its_scales_and_shifts() -> None:
    assert architecture(parse({"g_norm": "batch"}))["g"][0] == LayerShape(100, 128, 12_800 + 256, normalised=True)


@pytest.mark.parametrize("seed", range(8))
def test_all_parameters_are_counted(seed: int) -> None:
    settings = random_settings(seed)
    layers = architecture(settings)
    networks: dict[str, Generator | Discriminator] = dict(zip("gd", build_networks(settings), strict=True))
    for side, network in networks.items():
        assert sum(layer.parameters for layer in layers[side]) == sum(each.numel() for each in network.parameters())
        assert [layer.outputs for layer in layers[side]] == [each.out_features for each in linear_layers(network)]
