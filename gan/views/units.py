"""The hidden units of a network: the image that each stands for, how active it is, and which are never active.

A unit of the discriminator's first layer is a 28 x 28 image: it looks for what is bright in it, and against what is
dark. A unit of the generator's last hidden layer is one, too: what it draws with when it is active.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from gan.data import image_sets
from gan.recording.weights import is_averaged
from gan.training.networks import Discriminator, Generator
from gan.training.sampling import GRID_IMAGES
from gan.views import images
from gan.views.architecture import architecture, linear_layers
from gan.views.figures import BadParameter, Figures, missing, whole_number
from gan.views.moment import Moment

MOST_UNITS = 256  # whose images are sent
REAL = 500  # real images that the discriminator's units are tried on, besides the generated ones
SEED = 8


def unit_images(network: Generator | Discriminator) -> Tensor:
    """The image of each unit of the hidden layer next to the image, units x pixels (a view of the weights)."""
    layers = linear_layers(network)
    if isinstance(network, Discriminator):
        return layers[0].weight.detach()
    return layers[-1].weight.detach().t()


@torch.no_grad()
def hidden_activations(network: Generator | Discriminator, x: Tensor) -> list[Tensor]:
    """The output of each hidden layer for N inputs, each N x width, in evaluation mode (without dropout)."""
    activations = []
    x = x.flatten(1)
    for index, linear in enumerate(linear_layers(network)[:-1]):
        x = linear(x)
        if len(network.norms):
            x = network.norms[index](x)
        x = F.leaky_relu(x, network.leaky_slope)
        activations.append(x)
    return activations


def active_shares(activations: list[Tensor]) -> list[Tensor]:
    """The share of the N inputs for which each unit is active (above 0), for each hidden layer, 0 to 1.

    A unit with a share of 0 is called dead: with a plain ReLU it then learns nothing, and little with a leaky one.
    """
    return [(layer > 0).float().mean(dim=0) for layer in activations]


def votes(discriminator: Discriminator, images: Tensor) -> Tensor:
    """How far each unit of the first hidden layer moves the output for each image, N x units.

    It is the activation times the gradient of the output by it. With one hidden layer these and the last bias sum up
    to the output; with more, they are how the output changes at this image to first order.
    """
    first, *rest = linear_layers(discriminator)
    hidden = F.leaky_relu(first(images.flatten(1)), discriminator.leaky_slope).detach().requires_grad_()
    x = hidden
    for index, linear in enumerate(rest):
        x = linear(x)
        if index < len(rest) - 1:
            x = F.leaky_relu(x, discriminator.leaky_slope)
    (gradient,) = torch.autograd.grad(x.sum(), hidden)
    return (hidden * gradient).detach()


def quantised(images: Tensor) -> tuple[Tensor, Tensor]:
    """Images of any numbers as bytes, units x pixels, and what 127 stands for in each, units.

    128 is 0, so one byte holds a weight with its sign to 1/127 of the largest of its unit.
    """
    scales = images.abs().amax(dim=1)
    steps = images / torch.where(scales > 0, scales, torch.ones(()))[:, None]
    return steps.mul(127).round().add(128).to(torch.uint8), scales


# --- what the page shows -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class UnitQuery:
    """Whose units are asked for, and for which image their activations.

    Attributes:
        real: the image is one of 64 fixed real ones, else one of the grid's.
    """

    side: Literal["g", "d"]
    image: int
    real: bool


def parse(query: Mapping[str, str]) -> UnitQuery:
    """Read the parameters `side` (g or d), `image` (0 to 63) and `real` (0 or 1); raises `BadParameter`."""
    side = query.get("side", "d")
    if side not in ("g", "d"):
        raise BadParameter("The parameter side must be g or d.")
    real = whole_number(query, "real", 2) == 1
    return UnitQuery("g" if side == "g" else "d", whole_number(query, "image", GRID_IMAGES), real and side == "d")


@torch.no_grad()
def unit_figures(moment: Moment, query: UnitQuery) -> Figures:
    """Of one network: the images of its units, their activations for one image, and how often each is active.

    The arrays: `images` (units x 784 bytes, see `quantised`) and `scales`; `activations` and `active`, one number for
    each unit of each hidden layer; `picture` (784 bytes); of the discriminator also `votes`. Raises `DataError`.
    """
    settings, judge = moment.settings, moment.discriminator
    network: Generator | Discriminator | None = moment.generator if query.side == "g" else judge
    if network is None:
        return missing(moment.without_discriminator)
    picture = _picture(moment, query)
    one, many = _inputs(moment, query, picture)
    steps, scales = quantised(unit_images(network)[:MOST_UNITS])
    shares = active_shares(hidden_activations(network, many))
    arrays: dict[str, Any] = {
        "images": steps.numpy(), "scales": scales.numpy(),
        "activations": torch.cat([layer[0] for layer in hidden_activations(network, one)]).numpy(),
        "active": torch.cat(shares).numpy(), "picture": images.as_bytes(picture, settings).numpy(),
    }  # fmt: skip
    values = {
        "layers": [asdict(layer) for layer in architecture(settings)[query.side]], "tried": len(many),
        "averaged": query.side == "g" and is_averaged(moment.weights), "loss": settings.loss,
        "dropout": settings.g_dropout if query.side == "g" else settings.dropout,
        "output": None if judge is None else float(judge(picture).nan_to_num()),
    }  # fmt: skip
    if isinstance(network, Discriminator):
        with torch.enable_grad():
            arrays["votes"] = votes(network, picture)[0].numpy()
    return Figures(values, arrays)


def _picture(moment: Moment, query: UnitQuery) -> Tensor:
    """The chosen image, 1 x 1 x 28 x 28, as the networks take it."""
    if query.real:
        every, chosen = images.real(moment.settings, GRID_IMAGES, SEED)
        at = chosen[query.image % len(chosen)]
        return image_sets.scaled(every.images[at][None], moment.settings.scaling)
    picture: Tensor = moment.generator(moment.fixed_noise[query.image][None])
    return picture


def _inputs(moment: Moment, query: UnitQuery, picture: Tensor) -> tuple[Tensor, Tensor]:
    """What the network is given: for the chosen image, and for the many on which units are tried."""
    settings = moment.settings
    if query.side == "g":
        return moment.fixed_noise[query.image][None], images.noise(settings)
    every, chosen = images.real(settings, REAL, SEED)
    real = image_sets.scaled(every.images[chosen], settings.scaling)
    return picture, torch.cat([real, images.generated(moment.opponent, settings)])
