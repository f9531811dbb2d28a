"""Checks of states and weights that come from a file: whether they can belong to these settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan.settings import Settings
from gan.training.own_networks import OwnNetworks, build_pair, build_pair_of_kept_weights
from gan.training.random_streams import STREAMS, is_stream_state
from gan.training.sampling import GRID_IMAGES


def check_state(settings: Settings, tensors: Mapping[str, Tensor], own: OwnNetworks | None = None) -> None:
    """Raise `ValueError` unless these tensors can be a trainer's state under these settings; needs no data set.

    Raises `NetworksError` if networks of one's own cannot be built.
    """
    with torch.device("meta"):  # only shapes: an upload may claim the largest networks
        generator, discriminator = build_pair(settings, own)
    kinds = {"fixed_noise": _Kind((GRID_IMAGES, settings.latent_dim))}
    for side, network in (("generator", generator), ("discriminator", discriminator)):
        kinds |= _kinds(f"{side}.", network)
        for name, parameter in network.named_parameters():
            kinds |= _kinds_of_moments(settings, side[0], name, parameter.shape, tensors)
    if settings.ema_decay:
        kinds |= _kinds("averaged.", generator) | {"averaged_batches": _Kind(())}
    rngs = {f"rng.{name}" for name in STREAMS}
    if tensors.keys() != kinds.keys() | rngs:
        odd = sorted(tensors.keys() ^ (kinds.keys() | rngs))[0]
        raise ValueError(f"its state does not fit its settings ({odd[:80]}).")
    for name, value in tensors.items():
        fits = is_stream_state(name.removeprefix("rng."), value) if name in rngs else _kind(value) == kinds[name]
        if not fits:
            raise ValueError(f"its state does not fit its settings ({name[:80]}).")


def check_weights(settings: Settings, weights: Mapping[str, Tensor], own: OwnNetworks | None = None) -> None:
    """Raise `ValueError` unless an epoch under these settings can keep these weights.

    They are those of the generator, of the averaged one, or of both, with or without those of the discriminator.
    """
    with torch.device("meta"):
        generator, discriminator = build_pair_of_kept_weights(settings, own)
    networks = {"generator": generator, "averaged": generator, "discriminator": discriminator}
    words = {"averaged": "averaged generator"}
    if not any(name.startswith(("generator.", "averaged.")) for name in weights):
        raise ValueError("it holds no generator's weights.")
    for side, network in networks.items():
        kept = with_prefix(f"{side}.", weights)
        kinds = _kinds("", network)
        if kept and {name: value.shape for name, value in kept.items()} != {n: kind.shape for n, kind in kinds.items()}:
            raise ValueError(f"its {words.get(side, side)}'s weights do not fit its settings.")
        if any(value.dtype != kinds[name].dtype for name, value in kept.items()):
            raise ValueError(f"its {words.get(side, side)}'s weights are not float32.")


class _Kind(NamedTuple):
    """Shape and type of a tensor."""

    shape: tuple[int, ...]
    dtype: torch.dtype = torch.float32


def _kind(value: Tensor) -> _Kind:
    return _Kind(tuple(value.shape), value.dtype)


def _kinds(prefix: str, network: nn.Module) -> dict[str, _Kind]:
    return {prefix + name: _kind(value) for name, value in network.state_dict().items()}


def _kinds_of_moments(
    settings: Settings, side: str, name: str, shape: torch.Size, tensors: Mapping[str, Tensor]
) -> dict[str, _Kind]:
    """Those of a parameter's moments: none before the optimiser's first step, then all that the optimiser keeps."""
    prefix = f"optimizer_{side}.{name}."
    if getattr(settings, f"optimizer_{side}") == "adam":
        moments = {"step": _Kind(()), "exp_avg": _Kind(shape), "exp_avg_sq": _Kind(shape)}
    else:
        moments = {"momentum_buffer": _Kind(shape)}
    return {prefix + key: kind for key, kind in moments.items()} if with_prefix(prefix, tensors) else {}


def all_finite(tensors: Mapping[str, Tensor]) -> bool:
    """Whether all numbers of a state, or of some weights, are finite."""
    return all(bool(value.isfinite().all()) for value in tensors.values())


def with_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, under the rest of their names."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
