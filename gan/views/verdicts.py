"""The discriminator's verdict on each image of the grid, and what would change it."""

from __future__ import annotations

import io

import torch
from PIL import Image
from torch import Tensor

from gan.data.idx import SIDE
from gan.settings import Settings
from gan.training.networks import Discriminator, apply
from gan.training.sampling import GRID_IMAGES, labels_in_turn
from gan.views import images
from gan.views.figures import Figures, missing
from gan.views.moment import Moment
from gan.views.outputs import described

COLUMNS = 8
STEP = 0.1  # Euclidean length of a step, pixels being from 0 to 1; neighbouring real digits lie about 6 apart
SHOWN = (1, 10, 100)  # steps after which the image is shown


def verdicts(moment: Moment) -> Figures:
    """The 64 images of the fixed noise as a PNG of 8 x 8, and the discriminator's output for each."""
    network = moment.discriminator
    if network is None:
        return missing(moment.without_discriminator)
    labels = labels_in_turn(moment.settings, GRID_IMAGES)
    with torch.no_grad():
        made = apply(moment.generator, moment.fixed_noise, labels)
        judged = apply(network, made, labels).nan_to_num()
    return Figures(
        described(moment), {"sheet": _sheet(images.as_bytes(made, moment.settings)), "outputs": judged.numpy()}
    )


def explanation(moment: Moment, index: int) -> Figures:
    """Where more or less ink would make one image of the grid look more real to the discriminator.

    The gradient of the output by each pixel (from 0 to 1), and the image after some steps along it: each goes STEP in
    the gradient's direction, as far as the pixels that have no ink, or all of it, let it.
    """
    network = moment.discriminator
    if network is None:
        return missing(moment.without_discriminator)
    labels = labels_in_turn(moment.settings, GRID_IMAGES)
    label = None if labels is None else labels[index : index + 1]
    with torch.no_grad():
        made = apply(moment.generator, moment.fixed_noise[index : index + 1], label)
    ink = images.as_ink(made, moment.settings)
    output, gradient = _gradient(network, ink, label, moment.settings)
    stepped, judged, now = [], [output], ink
    slope = gradient
    for step in range(1, SHOWN[-1] + 1):
        now = moved(now, slope)
        after, slope = _gradient(network, now, label, moment.settings)
        if step in SHOWN:
            stepped.append((now * 255).round().byte().flatten(1))
            judged.append(after)
    values = described(moment) | {"image": index, "outputs": judged, "steps": list(SHOWN), "step": STEP}
    arrays = {
        "pixels": (ink * 255).round().byte().flatten().numpy(),
        "gradient": gradient.flatten().numpy(),
        "stepped": torch.cat(stepped).numpy(),
    }
    return Figures(values, arrays)


def moved(ink: Tensor, gradient: Tensor) -> Tensor:
    """The image after one step of projected gradient ascent."""
    free = torch.where(gradient < 0, ink > 0, ink < 1)
    direction = torch.where(free, gradient, 0.0)
    after: Tensor = ink + STEP * direction / direction.norm().clamp(min=1e-12)
    return after.clamp(0, 1)


def _gradient(network: Discriminator, ink: Tensor, label: Tensor | None, settings: Settings) -> tuple[float, Tensor]:
    """The output for one image, and its gradient by the ink."""
    leaf = ink.detach().requires_grad_()
    output = apply(network, images.from_ink(leaf, settings), label)
    (gradient,) = torch.autograd.grad(output.sum(), leaf)
    return float(output.detach().nan_to_num()), gradient.nan_to_num()


def _sheet(pixels: Tensor) -> bytes:
    """64 images without gaps as a grey PNG."""
    rows = GRID_IMAGES // COLUMNS
    sheet = pixels.view(rows, COLUMNS, SIDE, SIDE).transpose(1, 2).reshape(rows * SIDE, COLUMNS * SIDE)
    out = io.BytesIO()
    Image.fromarray(sheet.numpy()).save(out, "PNG", compress_level=1)
    return out.getvalue()
