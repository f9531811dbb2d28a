"""Downloads of data sets that pages ask for: one for each set, shared by all who ask, in a thread of its own.

A page asks how far a download is, and is never held up by it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gan.data import image_sets
from gan.data.image_sets import DataError

State = Literal["absent", "downloading", "failed", "there"]


@dataclass(frozen=True)
class Status:
    """How far a download is: the share that has arrived (0 to 1), and a sentence to show."""

    state: State
    share: float = 0.0
    sentence: str = ""


class _Cancelled(Exception):
    pass


class _Download:
    """One download, from its beginning to its end."""

    def __init__(self, dataset: str, root: Path) -> None:
        self.status = Status("downloading", 0.0, "Connecting.")
        self.cancelled = False
        self._dataset, self._root = dataset, root
        self.thread = threading.Thread(target=self._run, name=f"download {dataset}", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            image_sets.download(self._dataset, self._tell, root=self._root)
            self.status = Status("there", 1.0)
        except _Cancelled:
            self.status = Status("failed", 0.0, "The download was cancelled.")
        except DataError as error:
            self.status = Status("failed", 0.0, str(error))
        except BaseException:
            self.status = Status("failed", 0.0, "The download ended by an error; the log has the details.")
            raise

    def _tell(self, share: float, sentence: str) -> None:
        if self.cancelled:
            raise _Cancelled
        self.status = Status("downloading", share, sentence)


_downloads: dict[tuple[str, Path], _Download] = {}
_lock = threading.Lock()


def status(dataset: str, *, root: Path = image_sets.ROOT) -> Status:
    """How far the download of a data set is, or how the last one ended."""
    with _lock:
        known = _downloads.get((dataset, root))
    if known is not None and known.status.state != "there":
        return known.status
    return Status("there", 1.0) if image_sets.available(dataset, root=root) else Status("absent")


def begin(dataset: str, *, root: Path = image_sets.ROOT) -> None:
    """Download FashionMNIST or KMNIST; who asks while that goes on already shares it."""
    with _lock:
        known = _downloads.get((dataset, root))
        if known is None or known.status.state != "downloading":
            _downloads[dataset, root] = _Download(dataset, root)


def cancel(dataset: str, *, root: Path = image_sets.ROOT) -> None:
    """End a download; what has arrived is thrown away."""
    with _lock:
        known = _downloads.get((dataset, root))
    if known is not None:
        known.cancelled = True


def cancel_all() -> None:
    """End all downloads, and wait until nothing is left of them."""
    with _lock:
        running = [one for one in _downloads.values() if one.status.state == "downloading"]
    for one in running:
        one.cancelled = True
    for one in running:
        one.thread.join()
