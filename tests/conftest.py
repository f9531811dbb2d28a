"""What all tests share."""

from __future__ import annotations

import pytest
import torch
from hypothesis import settings

pytest_plugins = ("running", "chromium")

# No deadline: an example may land on a busy machine. The same examples every time: a failure is news, not luck.
settings.register_profile("livegan", deadline=None, derandomize=True)
settings.load_profile("livegan")

torch.set_num_threads(1)  # as every training thread computes; two that wait for each other are slow on a busy machine

LONGEST_FIRST = ("browser", "faults", "lessons", "export")  # folders; in the end both workers are left with short files


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        folder = item.path.parent.name
        return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=rank)
