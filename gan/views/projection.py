"""A fixed plane for the images of a data set: a linear projection that parts its classes as well as a plane can.

Projected are the quality classifier's 64 features, after their activation. Linear discriminant analysis, the usual
choice, lays several digits over one another: of 2,000 other images 73 % lie nearest to the centre of their own digit.
The projection here maximises what is wanted, the likelihood of each image's class given its distances to the classes'
centres (with a linear map this is neighbourhood components analysis with one prototype a class, Goldberger et al.
2005): 88 %. It takes a quarter of a second, once per data set and process.

For a data set without a classifier it is the first two principal components of the pixels.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from gan.data import image_sets
from gan.quality import classifier, feature_stats
from gan.quality.classifier import CLASSES, Classifier
from gan.quality.feature_stats import ReferenceStatsError

SAMPLE = 2000  # training images that the projection is chosen by
SEED = 3
RIDGE = 1e-3  # keeps the map small
ITERATIONS = 300
INSIDE = 0.995  # share of those images that lie within -1 to 1


@dataclass(frozen=True)
class Plane:
    """A projection to the plane; the images of the data set lie between -1 and 1 in both directions.

    Attributes:
        network: the classifier whose features are projected; None if it is the pixels themselves.
        matrix: 64 x 2, or 784 x 2.
    """

    network: Classifier | None
    matrix: Tensor
    middle: Tensor
    scale: float

    @property
    def space(self) -> str:
        return "pixels" if self.network is None else "features"

    def place(self, pixels: Tensor) -> tuple[Tensor, Tensor | None]:
        """Points (N x 2) of images (uint8, N x 784), and the probabilities that the classifier gives (N x 10)."""
        inputs, probabilities = _inputs(self.network, pixels)
        return (inputs @ self.matrix - self.middle) * self.scale, probabilities


def plane(dataset: str) -> Plane:
    """The plane of a data set; raises `DataError`.

    It is that of the pixels as long as nobody has made the classifier of the data set, which takes two minutes.
    """
    with _lock:
        network = _classifier(dataset)
        key = dataset, network is None
        if key not in _planes:
            _planes[key] = _choose(dataset, network)
        return _planes[key]


# For the whole process: they follow from the verified files of a data set alone.
_planes: dict[tuple[str, bool], Plane] = {}
_classifiers: dict[str, Classifier] = {}
_lock = threading.Lock()


def _classifier(dataset: str) -> Classifier | None:
    path = feature_stats.path_of(dataset)
    if dataset not in _classifiers and path.is_file():
        try:
            _classifiers[dataset] = feature_stats.load(path).classifier
        except ReferenceStatsError:  # damaged: the next measuring makes it anew
            return None
    return _classifiers.get(dataset)


def _inputs(network: Classifier | None, pixels: Tensor) -> tuple[Tensor, Tensor | None]:
    if network is None:
        return pixels.flatten(1).float() / 255, None
    features, logits = classifier.read(network, pixels)
    return features.relu(), logits.softmax(dim=1)


def _choose(dataset: str, network: Classifier | None) -> Plane:
    images = image_sets.load(dataset, "train")
    chosen = torch.randperm(len(images), generator=torch.Generator().manual_seed(SEED))[:SAMPLE]
    inputs, _ = _inputs(network, images.images[chosen].flatten(1))
    pixels = network is None
    matrix = principal_components(inputs) if pixels else parting(inputs, images.labels[chosen].long())
    points = inputs @ matrix
    low, high = points.quantile(1 - INSIDE, dim=0), points.quantile(INSIDE, dim=0)
    return Plane(network, matrix, (low + high) / 2, 2 / float((high - low).max()))


def principal_components(inputs: Tensor) -> Tensor:
    """The two directions of the largest variance, N x D -> D x 2."""
    wide = (inputs - inputs.mean(dim=0)).double()
    _, directions = torch.linalg.eigh(wide.T @ wide)
    first: Tensor = directions[:, -2:].flip(1).float()
    return first


def discriminants(inputs: Tensor, labels: Tensor) -> Tensor:
    """Fisher's linear discriminant analysis: the two directions in which the classes' centres part best, D x 2."""
    wide, mean = inputs.double(), inputs.double().mean(dim=0)
    within = between = torch.zeros(inputs.shape[1], inputs.shape[1], dtype=torch.float64)
    for label in labels.unique():
        own = wide[labels == label]
        centred, off = own - own.mean(dim=0), own.mean(dim=0) - mean
        within = within + centred.T @ centred
        between = between + len(own) * torch.outer(off, off)
    within = within + RIDGE * within.diagonal().mean() * torch.eye(len(within), dtype=torch.float64)
    inverse = torch.linalg.inv(torch.linalg.cholesky(within))
    _, directions = torch.linalg.eigh(inverse @ between @ inverse.T)
    first: Tensor = (inverse.T @ directions[:, -2:]).flip(1)
    return first


def parting(inputs: Tensor, labels: Tensor) -> Tensor:
    """The projection D x 2 that parts the classes best (see the module), improved from `discriminants`."""
    wide = inputs.double()
    matrix = discriminants(inputs, labels)
    matrix = matrix * (3 / (wide @ matrix).std())
    centres = torch.zeros(CLASSES, 2, dtype=torch.float64)
    for label in labels.unique():
        centres[label] = (wide[labels == label] @ matrix).mean(dim=0)
    matrix.requires_grad_()
    centres.requires_grad_()
    optimizer = torch.optim.LBFGS([matrix, centres], max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        away = (wide @ matrix)[:, None] - centres
        loss = cross_entropy(-away.square().sum(dim=2) / 2, labels) + RIDGE * matrix.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return matrix.detach().float()
