"""Checks of states and weights that come from a file: whether they can belong to these settings."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from gan.settings import Settings
from gan.training.build import build_networks, build_with_batchnorm_folded
from gan.training.random_streams import STREAMS, is_stream_state
from gan.training.sampling import GRID_IMAGES


def check_state(settings: Settings, tensors: Mapping[str, Tensor]) -> None:
    """Raise `ValueError` unless these tensors can be a trainer's state under these settings; needs no data set."""
    with torch.device("meta"):  # only shapes: an upload may claim the largest networks
        generator, discriminator = build_networks(settings)
    shapes = {"fixed_noise": torch.Size((GRID_IMAGES, settings.latent_dim))}
    for side, network in (("generator", generator), ("discriminator", discriminator)):
        shapes |= _shapes(f"{side}.", network)
        for name, parameter in network.named_parameters():
            shapes |= _moment_shapes(settings, side[0], name, parameter.shape, tensors)
    if settings.ema_decay:
        shapes |= _shapes("averaged.", generator) | {"averaged_batches": torch.Size(())}
    rngs = {f"rng.{name}" for name in STREAMS}
    if tensors.keys() != shapes.keys() | rngs:
        odd = sorted(tensors.keys() ^ (shapes.keys() | rngs))[0]
        raise ValueError(f"its state does not fit its settings ({odd[:80]}).")
    for name, value in tensors.items():
        if name in rngs:
            fits = is_stream_state(name.removeprefix("rng."), value)
        else:
            fits = value.dtype == torch.float32 and value.shape == shapes[name]
        if not fits:
            raise ValueError(f"its state does not fit its settings ({name[:80]}).")


def check_weights(settings: Settings, weights: Mapping[str, Tensor]) -> None:
    """Raise `ValueError` unless an epoch under these settings can keep these weights.

    They are those of the generator, of the averaged one, or of both, with or without those of the discriminator.
    """
    with torch.device("meta"):
        generator, discriminator = build_with_batchnorm_folded(settings)
    networks = {"generator": generator, "averaged": generator, "discriminator": discriminator}
    words = {"averaged": "averaged generator"}
    if not any(name.startswith(("generator.", "averaged.")) for name in weights):
        raise ValueError("it holds no generator's weights.")
    for side, network in networks.items():
        kept = with_prefix(f"{side}.", weights)
        if kept and {name: value.shape for name, value in kept.items()} != _shapes("", network):
            raise ValueError(f"its {words.get(side, side)}'s weights do not fit its settings.")
        if any(value.dtype != torch.float32 for value in kept.values()):
            raise ValueError(f"its {words.get(side, side)}'s weights are not float32.")


def _shapes(prefix: str, network: nn.Module) -> dict[str, torch.Size]:
    return {prefix + name: value.shape for name, value in network.state_dict().items()}


def _moment_shapes(
    settings: Settings, side: str, name: str, shape: torch.Size, tensors: Mapping[str, Tensor]
) -> dict[str, torch.Size]:
    """The shapes of a parameter's moments: none before the optimiser's first step, then all of its kind."""
    prefix = f"optimizer_{side}.{name}."
    if getattr(settings, f"optimizer_{side}") == "adam":
        moments = {"step": torch.Size(()), "exp_avg": shape, "exp_avg_sq": shape}
    else:
        moments = {"momentum_buffer": shape}
    return {prefix + key: size for key, size in moments.items()} if with_prefix(prefix, tensors) else {}


def all_finite(tensors: Mapping[str, Tensor]) -> bool:
    """Whether all numbers of a state, or of some weights, are finite."""
    return all(bool(value.isfinite().all()) for value in tensors.values())


def with_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, under the rest of their names."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
