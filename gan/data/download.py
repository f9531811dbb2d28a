"""Runs torchvision's downloader in a separate process.

In this process it could not be cancelled, would wait forever for a silent server, and would draw its progress bar into
the log.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from gan.data.idx import DataError

STALL_SECONDS = 60.0  # without a new byte; includes the start of the process
POLL_SECONDS = 0.2

# Signs in torchvision's error, and the reason that the user reads.
_REASONS = (
    ("No space left", "the disk is full; make room and try again"),
    ("corrupted", "what arrived is damaged; try again"),
    ("HTTP Error", "its server answers but does not offer it; try again later"),
)
_UNREACHABLE = "its server cannot be reached; check the network connection and try again"


def fetch(title: str, root: Path, progress: Callable[[int], None]) -> None:
    """Download and verify a data set of torchvision's ("FashionMNIST", "KMNIST") into the existing folder `root`.

    Calls `progress` in this thread with the number of bytes so far; an exception from it cancels the download.

    Raises:
        DataError: no network, a server that refuses or falls silent, damaged files, a full disk.
    """
    import torchvision.datasets

    kind = getattr(torchvision.datasets, title)
    task = {"title": title, "root": str(root), "mirrors": kind.mirrors, "resources": kind.resources}
    command = [sys.executable, "-m", "gan.data.download", json.dumps(task, allow_nan=False)]
    home = Path(__file__).resolve().parents[2]
    log = root / "log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, cwd=home, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr)
    try:
        code = _watch(process, title, root, progress)
    finally:
        process.kill()
        process.communicate()
    if code:
        raise _failed(title, _reason(log.read_text(encoding="utf-8", errors="replace")))


def _failed(title: str, reason: str) -> DataError:
    return DataError(f"{title} could not be downloaded: {reason}.")


def _reason(text: str) -> str:
    return next((reason for sign, reason in _REASONS if sign in text), _UNREACHABLE)


def _watch(process: subprocess.Popen[bytes], title: str, root: Path, progress: Callable[[int], None]) -> int:
    """Report the number of bytes so far until the process ends; returns its exit code."""
    size, since = -1, time.monotonic()
    while True:
        now = sum(path.stat().st_size for path in (root / title).rglob("*.gz"))
        if now != size:
            size, since = now, time.monotonic()
        elif time.monotonic() - since > STALL_SECONDS:
            raise _failed(title, "its server has fallen silent; try again" if size else _UNREACHABLE)
        progress(size)
        try:
            return process.wait(POLL_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def _end_with_parent() -> None:
    """Exit when the other end of stdin closes, since the process that asked for the download is gone."""
    sys.stdin.read()
    os._exit(1)


def _main(task: str) -> None:
    import torchvision.datasets

    wanted = json.loads(task)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    kind = getattr(torchvision.datasets, wanted["title"])
    kind.mirrors, kind.resources = wanted["mirrors"], wanted["resources"]  # as in the parent process
    kind(wanted["root"], download=True)


if __name__ == "__main__":
    _main(sys.argv[1])
