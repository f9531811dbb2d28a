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


class _DownloadThread:
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


class SharedDownloads:
    """All downloads into one folder. Any thread may ask.

    Args:
        root: the folder that holds torchvision's folders (None: the one of all data sets).
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or image_sets.ROOT
        self._downloads: dict[str, _DownloadThread] = {}
        self._lock = threading.Lock()

    def status(self, dataset: str) -> Status:
        """The progress of a data set's download, or the outcome of the last one."""
        with self._lock:
            known = self._downloads.get(dataset)
        if known is not None and known.status.state != "there":
            return known.status
        return Status("there", 1.0) if image_sets.available(dataset, root=self._root) else Status("absent")

    def begin(self, dataset: str) -> None:
        """Start to download FashionMNIST or KMNIST, or join the download in progress."""
        with self._lock:
            known = self._downloads.get(dataset)
            if known is None or known.status.state != "downloading":
                self._downloads[dataset] = _DownloadThread(dataset, self._root)

    def cancel(self, dataset: str) -> None:
        """Cancel a download and discard its files."""
        with self._lock:
            known = self._downloads.get(dataset)
        if known is not None:
            known.cancelled = True

    def cancel_all(self) -> None:
        """Cancel all downloads and wait until their threads have ended."""
        with self._lock:
            running = [one for one in self._downloads.values() if one.status.state == "downloading"]
        for one in running:
            one.cancelled = True
        for one in running:
            one.thread.join()
