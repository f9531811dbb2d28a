"""Downloads of data sets for the pages: one per set, shared by all pages, in its own thread.

A page asks for the progress of a download and never waits for it.
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
    """The progress of a download: its share so far (0 to 1), and a sentence to show."""

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
    """The progress of a data set's download, or the outcome of the last one."""
    with _lock:
        known = _downloads.get((dataset, root))
    if known is not None and known.status.state != "there":
        return known.status
    return Status("there", 1.0) if image_sets.available(dataset, root=root) else Status("absent")


def begin(dataset: str, *, root: Path = image_sets.ROOT) -> None:
    """Start to download FashionMNIST or KMNIST, or join the download in progress."""
    with _lock:
        known = _downloads.get((dataset, root))
        if known is None or known.status.state != "downloading":
            _downloads[dataset, root] = _Download(dataset, root)


def cancel(dataset: str, *, root: Path = image_sets.ROOT) -> None:
    """Cancel a download and discard its files."""
    with _lock:
        known = _downloads.get((dataset, root))
    if known is not None:
        known.cancelled = True


def cancel_all() -> None:
    """Cancel all downloads and wait until their threads have ended."""
    with _lock:
        running = [one for one in _downloads.values() if one.status.state == "downloading"]
    for one in running:
        one.cancelled = True
    for one in running:
        one.thread.join()
