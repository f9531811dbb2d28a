"""The image sets: MNIST, which ships with the project, and FashionMNIST and KMNIST, downloaded by torchvision.

Each set is one uint8 tensor that all runs of the process share; `scaled` scales each batch as it is drawn.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

import torch
from filelock import FileLock, Timeout
from torch import Tensor

from gan.data.class_names import named
from gan.data.download import fetch
from gan.data.grid import grid_png
from gan.data.idx import COUNTS, SIDE, TITLES, DataError, MissingData, files, remedy

__all__ = [
    "ALL_DIGITS",
    "DOWNLOADS",
    "ROOT",
    "TITLES",
    "DataError",
    "Download",
    "ImageSet",
    "MissingData",
    "available",
    "download",
    "load",
    "preview",
    "scaled",
]

SHIPPED = Path(__file__).resolve().parents[2] / "data"  # where MNIST is
ROOT = Path(os.environ.get("LIVEGAN_DATA") or SHIPPED).resolve()  # where downloads go
ALL_DIGITS = tuple(range(10))

# The parts of each choice, and the rows of the tensors that each part fills.
_SPLITS = {"train": ("train",), "all": ("train", "t10k")}
_TOTAL = sum(COUNTS.values())
_ROWS = {"train": slice(0, COUNTS["train"]), "t10k": slice(COUNTS["train"], _TOTAL)}

_MINUS_ONE = torch.tensor(-1.0)


_WAIT = 0.2  # seconds between reports while another process downloads


@dataclass(frozen=True)
class Download:
    """The download of a data set that does not come with LiveGAN: bytes of its four files, and their publisher."""

    size: int
    source: str

    @property
    def cost(self) -> str:
        """The cost in words, for the question before the download."""
        return f"{self.size / 1e6:.0f} MB, from {self.source}, once"


DOWNLOADS = {
    "fashion": Download(30_878_645, "Zalando Research"),
    "kmnist": Download(21_240_888, "the Center for Open Data in the Humanities"),
}


@dataclass(frozen=True)
class ImageSet:
    """Images (uint8, N x 1 x 28 x 28), labels (uint8, N) and a name to show. All runs share them; do not write."""

    images: Tensor
    labels: Tensor
    name: str

    def __len__(self) -> int:
        return len(self.labels)


def load(dataset: str, split: str, digits: Sequence[int] = ALL_DIGITS, *, root: Path = ROOT) -> ImageSet:
    """The images of a data set, verified when first read and then kept in memory for all callers and threads.

    Args:
        dataset: "mnist", "fashion" or "kmnist".
        split: "train" (60,000 images) or "all" (70,000: the training images, then the test images).
        digits: the classes to keep, 0 to 9. All of them give a view of the shared tensor. Fewer give a selection, which
            callers with the same choice share and which is freed with its last user.
        root: the folder that holds torchvision's folders `MNIST`, `FashionMNIST` and `KMNIST`.

    Raises:
        DataError: a file is missing or damaged, or no image has one of these digits.
    """
    return _store(dataset, root).get(split, tuple(sorted(set(digits))))


def scaled(images: Tensor, scaling: str, out: Tensor | None = None) -> Tensor:
    """uint8 pixels as float32 (into `out`) from -1 to 1 ("-1..1") or from 0 to 1 ("0..1"), on the same device."""
    pixels = images.float() if out is None else out.copy_(images)
    if scaling == "0..1":
        return pixels.mul_(1 / 255)
    return torch.add(_MINUS_ONE, pixels, alpha=1 / 127.5, out=pixels)  # one operation takes half the time of two


def available(dataset: str, *, root: Path = ROOT) -> bool:
    """Whether the four files of a data set are on disk; does not read them, so they may still be damaged."""
    return all(file.path.is_file() for part in COUNTS for file in files(_home(dataset, root), dataset, part))


def preview(dataset: str, split: str, digits: Sequence[int] = ALL_DIGITS, seed: int = 0, *, root: Path = ROOT) -> bytes:
    """64 real images, chosen at random by `seed`, as a grey PNG of an 8 x 8 grid (242 x 242 pixels).

    Raises:
        DataError: as `load` does.
    """
    images = load(dataset, split, digits, root=root).images
    chosen = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))[:64]
    return grid_png(images[chosen])


def download(dataset: str, progress: Callable[[float, str], None], *, root: Path = ROOT) -> None:
    """Download FashionMNIST or KMNIST with torchvision's downloader, unless it is present and intact.

    Downloads into a temporary folder and moves the set into place once it is complete and verified. An exception from
    `progress` cancels the download. Waits if another thread or process is downloading the same set.

    Args:
        dataset: "fashion" or "kmnist".
        progress: called in this thread several times a second with the share so far (0 to 1) and a sentence.
        root: the folder that holds torchvision's folders.

    Raises:
        DataError: the set could not be downloaded or stored.
    """
    title = TITLES[dataset]
    if dataset == "mnist":
        raise DataError(f"{title} comes with LiveGAN; {remedy(dataset)}.")
    try:
        with _alone(dataset, root, progress):
            if not _intact(dataset, root):
                _download(dataset, root, progress)
    except OSError as error:
        raise DataError(f"{title} could not be stored in {root.name}/{title}: {error.strerror}.") from None
    progress(1.0, f"{title} is on this computer.")


@contextmanager
def _alone(dataset: str, root: Path, progress: Callable[[float, str], None]) -> Iterator[None]:
    """Hold the lock that admits one download of a data set at a time, across processes."""
    lock = FileLock(root / f".{TITLES[dataset]}.lock")
    while True:
        try:
            lock.acquire(timeout=_WAIT)
            break
        except Timeout:
            progress(0.0, f"Waiting for another download of {TITLES[dataset]}.")
    try:
        yield
    finally:
        lock.release()


def _download(dataset: str, root: Path, progress: Callable[[float, str], None]) -> None:
    title, total = TITLES[dataset], DOWNLOADS[dataset].size

    def arrived(size: int) -> None:
        share = min(size / total, 0.99)  # the last percent is for the move into place
        progress(share, f"Downloading {title}: {size / 1e6:.1f} of {total / 1e6:.1f} MB.")

    folder = root / title
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".download-*"):  # left by a killed process, since only we download now
        shutil.rmtree(left, ignore_errors=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".download-", dir=folder, ignore_cleanup_errors=True) as temporary:
            fetch(title, Path(temporary), arrived)
            shutil.rmtree(folder / "raw", ignore_errors=True)
            (Path(temporary) / title / "raw").rename(folder / "raw")
    finally:
        with suppress(OSError):  # removes it only if it is empty
            folder.rmdir()


def _intact(dataset: str, root: Path) -> bool:
    try:
        for part in COUNTS:
            for file in files(root, dataset, part):
                file.read()
    except DataError:
        return False
    return True


class _Store:
    """One data set in memory: space for all 70,000 images, filled only as far as callers asked for."""

    def __init__(self, dataset: str, root: Path) -> None:
        self.dataset = dataset
        self.root = root
        self.lock = threading.Lock()
        self.images = torch.empty(_TOTAL, 1, SIDE, SIDE, dtype=torch.uint8)  # takes no memory until written to
        self.labels = torch.empty(_TOTAL, dtype=torch.uint8)
        self.filled: set[str] = set()
        self.sets: WeakValueDictionary[tuple[str, tuple[int, ...]], ImageSet] = WeakValueDictionary()

    def get(self, split: str, digits: tuple[int, ...]) -> ImageSet:
        with self.lock:
            known = self.sets.get((split, digits))
            if known is None:
                for part in _SPLITS[split]:
                    self._fill(part)
                known = self.sets[split, digits] = self._select(split, digits)
            return known

    def _fill(self, part: str) -> None:
        if part in self.filled:
            return
        images, labels = files(self.root, self.dataset, part)
        self.labels[_ROWS[part]].numpy()[:] = labels.read()  # first, so that damage shows at once
        self.images[_ROWS[part], 0].numpy()[:] = images.read()
        self.filled.add(part)

    def _select(self, split: str, digits: tuple[int, ...]) -> ImageSet:
        title = f"{TITLES[self.dataset]}, {'training images' if split == 'train' else 'training and test images'}"
        end = _ROWS[_SPLITS[split][-1]].stop
        images, labels = self.images[:end], self.labels[:end]
        if digits == ALL_DIGITS:
            return ImageSet(images, labels, title)
        chosen = torch.isin(labels, torch.tensor(digits, dtype=torch.int64))
        if not chosen.any():
            raise DataError(f"{TITLES[self.dataset]} has ten classes, and none of them is chosen; choose at least one.")
        return ImageSet(images[chosen], labels[chosen], f"{title}, only {named(self.dataset, digits)}")


# For the whole process: all runs share one copy of the verified, immutable files of a data set.
_stores: dict[tuple[str, Path], _Store] = {}
_stores_lock = threading.Lock()


def _home(dataset: str, root: Path) -> Path:
    return SHIPPED if dataset == "mnist" and root == ROOT else root


def _store(dataset: str, root: Path) -> _Store:
    root = _home(dataset, root)
    with _stores_lock:
        if (dataset, root) not in _stores:
            _stores[dataset, root] = _Store(dataset, root)
        return _stores[dataset, root]
