"""Tries networks of one's own before a run begins with them: on the CPU, with a few images.

What could go wrong in the middle of a run is found here and told in one sentence: shapes, numbers that are not finite,
numbers that no checkpoint can hold, a state that no checkpoint would hold, random numbers that are not torch's.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import torch
from torch import Tensor

from gan.limits import MAX_STATE, MAX_TENSORS, in_words
from gan.settings import Settings
from gan.training.own_networks import NetworksError, OwnNetwork, OwnNetworks, dropouts, named_errors, where
from gan.training.sampling import draw_noise

IMAGES = 5  # of a trial's batch; no layer is likely to be as wide, so that a wrong shape shows
STORED = {torch.float32: 4, torch.int64: 8}  # the types of numbers that checkpoints of a run hold, with their bytes
MOST_DIMENSIONS = 4
VALUES_A_TENSOR = 6  # in the header of a safetensors file, at most


class Facts(NamedTuple):
    """What a run records of its networks: the numbers of their parameters, and whether the knob turns a dropout."""

    g_parameters: int
    d_parameters: int
    dropout: bool


def try_out(own: OwnNetworks, settings: Settings, last: int) -> Facts:
    """Build the networks, call them as a run with these settings will, and find out about them.

    Args:
        last: images in the smallest batch of an epoch, the last one.

    Raises:
        NetworksError: the networks cannot train, or not with these settings.
    """
    refuse_settings(own, settings)
    pair = own.build(settings.latent_dim)
    for network in pair:
        _check_parameters(network)
    _check_size(own, pair, settings)
    _train(pair, settings, IMAGES)
    if last < IMAGES:
        try:
            _train(pair, settings, last)
        except NetworksError as error:
            few = "1 image" if last == 1 else f"{last} images"
            raise NetworksError(f"{error} The last batch of an epoch has {few}; choose another batch size.") from None
    for network in pair:
        network.eval()
    _judged(pair, settings, 1)  # as the playground and the measurement call them
    with named_errors(own.file, "its networks cannot be copied"):
        copy.deepcopy(pair)
    _check_repeats(own, pair, settings)
    g, d = (sum(parameter.numel() for parameter in network.parameters()) for network in pair)
    return Facts(g, d, dropout=any(dropouts(network) for network in pair))


def refuse_settings(own: OwnNetworks, settings: Settings) -> None:
    """Raises `NetworksError` if networks of one's own cannot train with these settings."""
    if settings.step == "fast":
        raise NetworksError(
            f"The fast step trains the fully connected networks alone, so it cannot train those of {own.file}; "
            "choose the step auto or reference."
        )
    if settings.conditional == "on":
        raise NetworksError(f"A conditional run gives its networks labels, which those of {own.file} do not take.")


# --- parameters and buffers --------------------------------------------------------------------------------------


def _check_parameters(network: OwnNetwork) -> None:
    kind = type(network)
    if not any(True for _ in network.parameters()):
        raise NetworksError(f"{where(kind)}: {kind.__name__} has no parameters, so there is nothing to train.")
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            raise NetworksError(
                f"{where(kind)}: the parameter {name} of {kind.__name__} does not learn (requires_grad is False); "
                "register it as a buffer instead."
            )
    for name, value in network.state_dict().items():
        if value.dtype not in STORED or value.dim() > MOST_DIMENSIONS:
            raise NetworksError(
                f"{where(kind)}: {name} of {kind.__name__} is {str(value.dtype).removeprefix('torch.')} with "
                f"{value.dim()} dimensions; a run keeps float32 and int64 with at most {MOST_DIMENSIONS}."
            )
        if not value.isfinite().all():
            raise NetworksError(f"{where(kind)}: {name} of {kind.__name__} begins with numbers that are not finite.")


def _check_size(own: OwnNetworks, pair: tuple[OwnNetwork, OwnNetwork], settings: Settings) -> None:
    """Refuse networks whose full state could not be read again."""
    tensors = [value for network in pair for value in network.state_dict().values()]
    parameters = [parameter for network in pair for parameter in network.parameters()]
    # the state, two moments of each parameter, and the averaged generator
    size = sum(STORED[value.dtype] * value.numel() for value in (*tensors, *pair[0].state_dict().values()))
    size += sum(8 * parameter.numel() for parameter in parameters)
    if size > MAX_STATE or VALUES_A_TENSOR * (2 * len(tensors) + 3 * len(parameters)) > MAX_TENSORS:
        raise NetworksError(
            f"The networks of {own.file} are too large: a full state takes {in_words(size)} in {len(tensors)} tensors; "
            f"{in_words(MAX_STATE)} can be kept."
        )


# --- passes ------------------------------------------------------------------------------------------------------


def _judged(pair: tuple[OwnNetwork, OwnNetwork], settings: Settings, n: int) -> tuple[Tensor, Tensor]:
    """`n` images and their logits; both are finite."""
    generator, discriminator = pair
    images = generator(draw_noise(n, settings.latent_dim, settings.noise, torch.Generator().manual_seed(n)))
    logits = discriminator(images)
    for network, output in ((generator, images), (discriminator, logits)):
        if not output.isfinite().all():
            kind = type(network)
            raise NetworksError(f"{where(kind)}: {kind.__name__} returns numbers that are not finite.")
    return images, logits


def _train(pair: tuple[OwnNetwork, OwnNetwork], settings: Settings, n: int) -> None:
    """Gradients reach the parameters of both networks."""
    _, logits = _judged(pair, settings, n)
    file = type(pair[0]).livegan_file
    with named_errors(file, "the backward pass fails"):
        logits.square().sum().backward()
    for network in pair:
        if all(parameter.grad is None for parameter in network.parameters()):
            kind = type(network)
            raise NetworksError(f"{where(kind)}: no gradient reaches the parameters of {kind.__name__}.")
        network.zero_grad()


def _check_repeats(own: OwnNetworks, pair: tuple[OwnNetwork, OwnNetwork], settings: Settings) -> None:
    """Networks that take over the state of others compute what those compute; otherwise no run could be resumed."""
    others = own.build(settings.latent_dim)
    for network, other in zip(pair, others, strict=True):
        other.load_state_dict(network.state_dict())
        network.train()
    for one, again in zip(_judged(pair, settings, IMAGES), _judged(others, settings, IMAGES), strict=True):
        if not torch.equal(one, again):
            raise NetworksError(
                f"The networks of {own.file} compute other numbers from the same state and noise. Draw random numbers "
                "with torch alone, and keep what lasts from one batch to the next in parameters and buffers."
            )
