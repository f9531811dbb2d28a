"""The map: real images as a cloud in a plane (see `projection`), and the generated ones among them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gan.data.class_names import CLASS_NAMES
from gan.quality.nearest import nearest
from gan.settings import Settings
from gan.views import images
from gan.views.figures import Figures
from gan.views.moment import Moment
from gan.views.projection import plane

CLOUD = 2000  # real images
CLOUD_SEED = 5
MOST_DOTS = 64  # whose images are shown at a time


def cloud(settings: Settings) -> Figures:
    """The real side of the map: where each of CLOUD images lies, its class, and the centre of each class.

    Raises `DataError`.
    """
    every, chosen = images.real(settings, CLOUD, CLOUD_SEED)
    flat = plane(settings.dataset)
    points, _ = flat.place(every.images[chosen].flatten(1))
    labels = every.labels[chosen]
    names = CLASS_NAMES[settings.dataset]
    centres = [_centre(label, names[label], points[labels == label]) for label in settings.digits]
    values = {"space": flat.space, "centres": centres, "set": every.name}
    return Figures(values, {"points": points.numpy(), "labels": labels.numpy()})


def _centre(label: int, name: str, points: Tensor) -> dict[str, Any]:
    x, y = points.mean(dim=0).tolist() if len(points) else (0.0, 0.0)
    return {"label": label, "name": name, "x": x, "y": y}


def cloud_pixels(settings: Settings) -> Figures:
    """The pixels of the cloud's images, CLOUD x 784; raises `DataError`."""
    every, chosen = images.real(settings, CLOUD, CLOUD_SEED)
    return Figures({}, {"pixels": every.images[chosen].flatten(1).numpy()})


def positions(moment: Moment) -> Figures:
    """Where the generated images lie, and what the classifier reads them as; raises `DataError`."""
    flat = plane(moment.settings.dataset)
    pixels = images.as_bytes(moment.dots, moment.settings)
    points, probabilities = flat.place(pixels)
    values = {"space": flat.space}
    arrays: dict[str, Any] = {"points": points.nan_to_num().numpy()}
    if probabilities is not None:
        arrays["read"] = probabilities.argmax(dim=1).byte().numpy()
    return Figures(values, arrays)


def dots(moment: Moment, which: tuple[int, ...]) -> Figures:
    """The images of some of the dots, what they are read as, and for a single one the nearest real image.

    Raises `DataError`.
    """
    settings = moment.settings
    chosen = torch.tensor(which)
    pixels = images.as_bytes(moment.dots[chosen], settings)
    _, probabilities = plane(settings.dataset).place(pixels)
    names = CLASS_NAMES[settings.dataset]
    values: dict[str, Any] = {"dots": list(which), "read": None}
    arrays: dict[str, Any] = {"pixels": pixels.numpy()}
    if probabilities is not None:
        share, label = probabilities.max(dim=1)
        values["read"] = [
            {"name": names[int(one)], "probability": float(of)} for one, of in zip(label, share, strict=True)
        ]
    if len(which) == 1:
        found = nearest(pixels.numpy().tobytes(), settings)
        values["nearest"] = {"label": found.label, "distance": found.distance, "typical": found.typical}
        arrays["nearest"] = torch.frombuffer(bytearray(found.pixels), dtype=torch.uint8).numpy()
    return Figures(values, arrays)
