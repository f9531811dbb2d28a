"""What all tests share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import settings

pytest_plugins = ("forked", "running", "chromium", "timed")

# No deadline: an example may land on a busy machine. The same examples every time: a failure is news, not luck.
settings.register_profile("livegan", deadline=None, derandomize=True)
settings.load_profile("livegan")

torch.set_num_threads(1)  # as every training thread computes; two that wait for each other are slow on a busy machine

# Where there is room, tests write into memory. On a disk, each fsync of a run is a wait of 4 ms, which tells nothing.
IN_MEMORY = Path("/dev/shm")
if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > 6 * 2**30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))

LONGEST_FIRST = ("browser", "faults", "bench", "soak", "lessons", "export")  # folders; short files are left for the end


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        folder = item.path.parent.name
        return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=rank)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Free the memory that the files of tests take, unless one has failed: then one may want to look at them."""
    folder: Path = session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    if exitstatus == pytest.ExitCode.OK and IN_MEMORY in folder.parents and not hasattr(session.config, "workerinput"):
        shutil.rmtree(folder, ignore_errors=True)
