"""The training image nearest to a generated one, which shows whether the generator copies.

Distances are Euclidean over the 784 pixels, and exact. A query's pixels are split into 16 * high + low, so that every
sum of products is a whole number below 2^24, which float32 represents exactly: the fast float kernels give the same
answer in any order and on any number of threads. Images are converted to float32 in chunks. One query takes 20 ms on
one core.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from gan.data import image_sets
from gan.data.class_names import CLASS_NAMES
from gan.data.idx import SIDE
from gan.data.image_sets import ImageSet
from gan.settings import Settings

PIXELS = SIDE * SIDE
CHUNK = 1024  # images converted to float32 at once: 3 MB
SAMPLE = 200  # training images whose nearest neighbours give the typical distance
FAR = 2**62  # farther than any image


@dataclass(frozen=True)
class Nearest:
    """The nearest training image. Distances are between pixels from 0 to 1, so at most 28.

    Attributes:
        digit: its class, from 0.
        label: the name of that class.
        index: its index in the run's image set, from 0; the first of several at equal distance.
        count: images in the set.
        set: the set in words.
        typical: median distance of a training image to its nearest other one.
        pixels: its 784 bytes.
    """

    digit: int
    label: str
    index: int
    count: int
    set: str
    distance: float
    typical: float
    pixels: bytes


def nearest(pixels: bytes, settings: Settings) -> Nearest:
    """The image nearest to these 784 bytes in the image set of a run with these settings.

    Raises:
        DataError: the data set is not on disk; one sentence for the user.
    """
    images = image_sets.load(settings.dataset, settings.split, settings.digits)
    known = _known(settings, images)
    query = torch.frombuffer(bytearray(pixels), dtype=torch.uint8)
    distances, indices = nearest_of(images.images, known.norms, query.view(1, PIXELS))
    index = int(indices[0])
    return Nearest(
        digit=int(images.labels[index]),
        label=CLASS_NAMES[settings.dataset][int(images.labels[index])],
        index=index,
        count=len(images),
        set=images.name,
        distance=_distance(distances[0]),
        typical=known.typical,
        pixels=images.images[index].numpy().tobytes(),
    )


# --- what is found out once about each image set -----------------------------------------------------------------


@dataclass(frozen=True)
class _Known:
    norms: Tensor  # squared, int64, N
    typical: float


# For the whole process: it follows from the verified files of a data set alone.
_all_known: dict[tuple[str, str, tuple[int, ...]], _Known] = {}
_finding_out = threading.Lock()


def _known(settings: Settings, images: ImageSet) -> _Known:
    key = settings.dataset, settings.split, settings.digits
    with _finding_out:
        if key not in _all_known:
            norms = torch.cat([squared_norms(images.images[at]) for at in _chunks(len(images))])
            _all_known[key] = _Known(norms, _typical(images.images, norms))
        return _all_known[key]


def _typical(images: Tensor, norms: Tensor) -> float:
    """The median over a fixed sample."""
    chosen = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:SAMPLE]
    distances, _ = nearest_of(images, norms, images[chosen].flatten(1), others_than=chosen)
    return _distance(distances.median())


# --- the search --------------------------------------------------------------------------------------------------


def nearest_of(
    images: Tensor, norms: Tensor, queries: Tensor, others_than: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Squared distances and numbers (int64, M each) of the images nearest to M queries (uint8, M x 784).

    Args:
        norms: the images' squared norms.
        others_than: for each query an image to leave out.
    """
    own = squared_norms(queries)
    halves = torch.cat([queries // 16, queries % 16]).float()
    best = torch.full((len(queries),), FAR)
    found = torch.zeros(len(queries), dtype=torch.int64)
    wide = torch.empty(min(CHUNK, len(images)), PIXELS)
    for at in _chunks(len(images)):
        part = wide[: at.stop - at.start].copy_(images[at].flatten(1))
        high, low = (halves @ part.T).long().chunk(2)
        squares = own[:, None] + norms[at] - 2 * (16 * high + low)
        if others_than is not None:
            squares[others_than[:, None] == torch.arange(at.start, at.stop)] = FAR
        closest, where = squares.min(dim=1)
        better = closest < best
        best = torch.where(better, closest, best)
        found = torch.where(better, where + at.start, found)
    return best, found


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK))


def squared_norms(images: Tensor) -> Tensor:
    """Squared norms of uint8 images, N x anything -> int64, N."""
    wide = images.flatten(1).int()
    return (wide * wide).sum(dim=1)


def _distance(square: Tensor) -> float:
    return math.sqrt(int(square)) / 255
