"""The hidden units of a network: how active each is, which are never active, and what they do if they are turned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from gan.data import image_sets
from gan.recording.weights import is_averaged
from gan.settings import MAX_LAYERS, MAX_WIDTH
from gan.training.networks import Discriminator, Generator, apply, one_hot
from gan.training.sampling import GRID_IMAGES, labels_in_turn
from gan.views import images
from gan.views.architecture import architecture, linear_layers
from gan.views.figures import BadParameter, Figures, missing, whole_number
from gan.views.moment import Moment
from gan.views.unit_images import nearest_layer, unit_images

MOST_UNITS = 256  # whose images are sent
REAL = 500  # real images that the discriminator's units are tried on, besides the generated ones
SEED = 8
STEPS = 17  # of a unit that is turned slowly


@torch.no_grad()
def hidden_activations(network: Generator | Discriminator, x: Tensor, labels: Tensor | None = None) -> list[Tensor]:
    """The output of each hidden layer for N inputs, each N x width, in evaluation mode (without dropout).

    Args:
        labels: N labels, of a conditional network.
    """
    activations = []
    x = _first_input(x, labels)
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


def votes(discriminator: Discriminator, hidden: Tensor, layer: int = 0) -> Tensor:
    """How far each unit of a hidden layer moves the output for each of N images, N x units.

    It is the activation times the gradient of the output by it. Of the last hidden layer these and the last bias sum up
    to the output; of others, they are how the output changes at this image to first order.

    Args:
        hidden: the activations of the layer, N x width.
    """
    with torch.enable_grad():
        leaf = hidden.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(_rest(discriminator, leaf, layer).sum(), leaf)
    return (hidden * gradient).detach()


@torch.no_grad()
def turned(network: Generator | Discriminator, hidden: Tensor, unit: int, levels: Tensor, layer: int) -> Tensor:
    """What a copy of the network makes of N inputs if one unit of a hidden layer had other activations.

    Args:
        hidden: the activations of that layer, N x width.
        levels: the activations that the unit is set to instead, N x L.

    Returns:
        N x L images (N x L x C x H x W), or N x L outputs of the discriminator.
    """
    count, kinds = levels.shape
    changed = hidden.repeat_interleave(kinds, dim=0)
    changed[:, unit] = levels.flatten()
    answers = _rest(network, changed, layer)
    return answers.view(count, kinds, *(network.image_shape if isinstance(network, Generator) else ()))


def _rest(network: Generator | Discriminator, x: Tensor, layer: int) -> Tensor:
    """The network's output for N activations of a hidden layer, N x pixels or N x 1."""
    first, *others = linear_layers(network)[layer + 1 :]
    x = first(x)
    for linear in others:
        x = linear(F.leaky_relu(x, network.leaky_slope))
    if isinstance(network, Generator):
        x = torch.tanh(x) if network.output == "tanh" else torch.sigmoid(x)
    return x


def _first_input(x: Tensor, labels: Tensor | None) -> Tensor:
    """What the first layer sees, N x numbers."""
    return x.flatten(1) if labels is None else torch.cat([x.flatten(1), one_hot(labels)], dim=1)


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
        unit: the unit that is turned up and down, if any.
        layer: a hidden layer, counted from the input; None (or one that is not there): the one next to the image.
        first: the first unit whose image is sent; MOST_UNITS are.
    """

    side: Literal["g", "d"]
    image: int
    real: bool
    unit: int | None = None
    layer: int | None = None
    first: int = 0


def parse(query: Mapping[str, str]) -> UnitQuery:
    """Read `side` (g or d), `image` (0 to 63), `real` (0 or 1), `unit`, `layer`, `first`; raises `BadParameter`."""
    side = query.get("side", "d")
    if side not in ("g", "d"):
        raise BadParameter("The parameter side must be g or d.")
    real = whole_number(query, "real", 2) == 1
    unit = whole_number(query, "unit", MAX_WIDTH) if "unit" in query else None
    layer = whole_number(query, "layer", MAX_LAYERS) if "layer" in query else None
    image, first = whole_number(query, "image", GRID_IMAGES), whole_number(query, "first", MAX_WIDTH)
    return UnitQuery("g" if side == "g" else "d", image, real and side == "d", unit, layer, first)


@torch.no_grad()
def unit_figures(moment: Moment, query: UnitQuery) -> Figures:
    """Of one network: the images of its units, their activations for one image, and how often each is active.

    The values `layer` and `first` name the units whose images are sent. The arrays: `images` (units x 784 bytes, see
    `quantised`) and `scales`; `activations` and `active`, one number for each unit of each hidden layer; `picture` (784
    bytes); of the discriminator also the layer's `votes`. If a unit is asked for: `levels`, its activations (see
    `_levels`), and `turned`, what comes of each (images in bytes, or outputs). Raises `DataError`.
    """
    settings, judge = moment.settings, moment.discriminator
    network: Generator | Discriminator | None = moment.generator if query.side == "g" else judge
    if network is None:
        return missing(moment.without_discriminator)
    picture = _picture(moment, query)
    one, many = _inputs(moment, query, picture)
    hidden, tried = hidden_activations(network, *one), hidden_activations(network, *many)
    layer = nearest_layer(network) if query.layer is None or query.layer >= len(hidden) else query.layer
    first = query.first if query.first < hidden[layer].shape[1] else 0
    steps, scales = quantised(unit_images(network, hidden, layer, slice(first, first + MOST_UNITS)))
    arrays: dict[str, Any] = {
        "images": steps.numpy(), "scales": scales.numpy(),
        "activations": torch.cat([each[0] for each in hidden]).numpy(),
        "active": torch.cat(active_shares(tried)).numpy(), "picture": images.as_bytes(picture.x, settings).numpy(),
    }  # fmt: skip
    values = {
        "side": query.side, "image": query.image, "real": query.real, "layer": layer, "first": first,
        "layers": [asdict(each) for each in architecture(settings)[query.side]], "tried": len(many.x),
        "averaged": query.side == "g" and is_averaged(moment.weights), "loss": settings.loss,
        "dropout": settings.g_dropout if query.side == "g" else settings.dropout,
        "output": None if judge is None else float(apply(judge, *picture).nan_to_num()),
    }  # fmt: skip
    if isinstance(network, Discriminator):
        arrays["votes"] = votes(network, hidden[layer], layer)[0].numpy()
    if query.unit is not None and query.unit < hidden[layer].shape[1]:
        levels = _levels(hidden[layer], tried[layer], query.unit)
        answers = turned(network, hidden[layer], query.unit, levels, layer)[0]
        arrays["levels"] = levels[0].numpy()
        arrays["turned"] = (images.as_bytes(answers, settings) if query.side == "g" else answers.nan_to_num()).numpy()
    return Figures(values, arrays)


class _Labelled(NamedTuple):
    """N images or noise vectors, with N labels if the run is conditional."""

    x: Tensor
    labels: Tensor | None


def _noise(moment: Moment, image: int) -> _Labelled:
    """What an image of the grid is made of."""
    labels = labels_in_turn(moment.settings, GRID_IMAGES)
    return _Labelled(moment.fixed_noise[image][None], None if labels is None else labels[image][None])


def _real(moment: Moment, count: int) -> _Labelled:
    """Real images of a fixed choice, as the networks take them."""
    every, chosen = images.real(moment.settings, count, SEED)
    labels = every.labels[chosen].long() if moment.settings.conditional == "on" else None
    return _Labelled(image_sets.scaled(every.images[chosen], moment.settings.scaling), labels)


def _picture(moment: Moment, query: UnitQuery) -> _Labelled:
    """The chosen image, 1 x 1 x 28 x 28."""
    if query.real:
        real = _real(moment, GRID_IMAGES)
        at = query.image % len(real.x)
        return _Labelled(real.x[at][None], None if real.labels is None else real.labels[at][None])
    noise = _noise(moment, query.image)
    return _Labelled(apply(moment.generator, *noise), noise.labels)


def _inputs(moment: Moment, query: UnitQuery, picture: _Labelled) -> tuple[_Labelled, _Labelled]:
    """What the network is given: for the chosen image, and for the many on which units are tried."""
    settings = moment.settings
    labels = labels_in_turn(settings, images.DOTS)
    if query.side == "g":
        return _noise(moment, query.image), _Labelled(images.noise(settings), labels)
    real = _real(moment, REAL)
    both = None if labels is None or real.labels is None else torch.cat([real.labels, labels])
    return picture, _Labelled(torch.cat([real.x, moment.played_dots]), both)


def _levels(hidden: Tensor, tried: Tensor, unit: int) -> Tensor:
    """Activations to set a unit to, 1 x (4 + STEPS).

    Off, as it is, as high as it ever is on the many inputs, twice that; then evenly from off to twice that.
    """
    own, most = hidden[0, unit], tried[:, unit].max()
    return torch.cat([torch.stack([torch.zeros(()), own, most, 2 * most]), torch.linspace(0, 2, STEPS) * most])[None]
