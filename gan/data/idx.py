"""The files of the data sets: their places on disk, and a reader that accepts only intact ones.

IDX is MNIST's format: big-endian type, number of items and, for images, height and width; then one byte per value.
"""

from __future__ import annotations

import hashlib
import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gan.errors import LiveGANError

TITLES = {"mnist": "MNIST", "fashion": "FashionMNIST", "kmnist": "KMNIST"}  # also torchvision's classes and folders
SIDE = 28
MORE = 1_000_000  # bytes by which a packed file may exceed its content
COUNTS = {"train": 60_000, "t10k": 10_000}  # training and test parts, by the prefix of their files

# Of the uncompressed files, since the repository's .gz files differ from those that torchvision knows.
_MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


class DataError(LiveGANError):
    """A data set is missing, damaged or unreachable; the sentence names the remedy."""


class MissingData(DataError):
    """The data set is missing or damaged, and a download would bring it."""

    def __init__(self, sentence: str, dataset: str) -> None:
        super().__init__(sentence)
        self.dataset = dataset


@dataclass(frozen=True)
class IdxFile:
    """One file of a data set in `root`. `part` is "train" or "t10k", `kind` is "images" or "labels"."""

    root: Path
    dataset: str
    part: str
    kind: str

    @property
    def shape(self) -> tuple[int, ...]:
        return (COUNTS[self.part], SIDE, SIDE) if self.kind == "images" else (COUNTS[self.part],)

    @property
    def stem(self) -> str:
        return f"{self.part}-{self.kind}-idx{len(self.shape)}-ubyte"

    @property
    def path(self) -> Path:
        """The .gz file; for other sets than MNIST, the unpacked file if only that exists."""
        folder = self.root / TITLES[self.dataset] / "raw"
        packed, unpacked = folder / f"{self.stem}.gz", folder / self.stem
        return unpacked if self.dataset != "mnist" and unpacked.exists() and not packed.exists() else packed

    def read(self) -> NDArray[np.uint8]:
        """The verified images (N x 28 x 28) or labels (N), uint8, read-only; raises `DataError`."""
        header = struct.pack(f">{1 + len(self.shape)}I", 0x800 + len(self.shape), *self.shape)
        size = len(header) + math.prod(self.shape)
        try:
            with self.path.open("rb") as file:
                raw = file.read(size + MORE + 1)
            content = _unpacked(raw, size) if self.path.suffix == ".gz" else raw
        except FileNotFoundError:
            raise self._missing() from None
        except OSError as error:
            raise self._error(f"cannot be read ({error.strerror})") from None
        except zlib.error:
            raise self._error("is damaged (not a whole gzip file)") from None
        if not content.startswith(header):
            raise self._error("is damaged (not the header of such a file)")
        if len(content) != size:
            found = f"more than {size:,}" if len(content) > size else f"{len(content):,}"
            raise self._error(f"is damaged ({found} bytes instead of {size:,})")
        if self._wrong_sum(raw, content):
            raise self._error("is damaged (wrong md5 sum)")
        values = np.frombuffer(content, np.uint8, offset=len(header)).reshape(self.shape)
        if self.kind == "labels" and values.max() > 9:
            raise self._error("is damaged (labels above 9)")
        return values

    def _wrong_sum(self, raw: bytes, content: bytes) -> bool:
        """The checksum, which torchvision has for .gz files only, not for files unpacked by hand."""
        if self.dataset == "mnist":
            return _md5(content) != _MNIST_MD5[self.stem]
        import torchvision.datasets

        known = dict(getattr(torchvision.datasets, TITLES[self.dataset]).resources)
        return self.path.name in known and _md5(raw) != known[self.path.name]

    def _missing(self) -> DataError:
        if self.dataset != "mnist" and not self.path.parent.exists():
            return MissingData(f"{TITLES[self.dataset]} is not on this computer yet.", self.dataset)
        return self._error("is missing")

    def _error(self, fault: str) -> DataError:
        shown = self.path.relative_to(self.root.parent).as_posix()
        sentence = f"The file {shown} {fault}; {remedy(self.dataset)}."
        return DataError(sentence) if self.dataset == "mnist" else MissingData(sentence, self.dataset)


def files(root: Path, dataset: str, part: str) -> tuple[IdxFile, IdxFile]:
    """The images and the labels of a part of a data set."""
    return IdxFile(root, dataset, part, "images"), IdxFile(root, dataset, part, "labels")


def remedy(dataset: str) -> str:
    """How the user restores a damaged or missing file."""
    if dataset == "mnist":
        return "restore it from the repository (git checkout data/MNIST)"
    return f"download {TITLES[dataset]} again"


def _unpacked(raw: bytes, size: int) -> bytes:
    """The content of a .gz file, cut off one byte after `size`. Raises zlib.error."""
    unpacking = zlib.decompressobj(wbits=31)
    content = unpacking.decompress(raw, size + 1)
    if len(content) <= size and not unpacking.eof:
        raise zlib.error("cut off")
    return content


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
