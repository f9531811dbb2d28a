"""Tests marked `timed` bound how long something takes. Beside one of them at most one other test runs.

There are more workers than cores, because most tests wait now and then. Each worker holds its lock during a test; a
timed test takes the locks of all other workers but one.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest
from filelock import FileLock


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    with ExitStack() as held:
        if hasattr(item.config, "workerinput"):
            _wait(item, held)
        return (yield)


def _wait(item: pytest.Item, held: ExitStack) -> None:
    """Wait for this test's turn; `held` keeps it."""
    folder = Path(item.config.option.basetemp).parent
    count, me = item.config.workerinput["workercount"], item.config.workerinput["workerid"]  # type: ignore[attr-defined]
    others = [f"gw{number}" for number in range(count) if f"gw{number}" != me]
    timed = item.get_closest_marker("timed") is not None
    with FileLock(folder / "turn.lock"):  # a timed test that waits comes before the others' next ones
        for worker in others[1:] if timed else []:
            held.enter_context(FileLock(folder / f"{worker}.lock"))
    if not timed:
        held.enter_context(FileLock(folder / f"{me}.lock"))
