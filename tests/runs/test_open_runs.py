"""Opening a run takes long if it is long: it is opened once, and nobody waits for it who asks for another one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from helpers import ENDLESS, PATIENCE, SMALL, wait_for, wait_until
from running import OpenRegistry

from gan.errors import LiveGANError
from gan.runs.open_runs import RunNotFound
from gan.runs.registry import RunRegistry
from gan.runs.run import Run


class SlowOpening:
    """Opening the run "long" does not end before `go_on` is set; counts how often each run is opened."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.opened: list[str] = []

    def around(self, really_open: Callable[..., Run]) -> Callable[..., Run]:
        def open_slowly(folder: Path, *rest: Any) -> Run:
            self.opened.append(folder.name)
            if folder.name == "long":
                self.begun.set()
                assert self.go_on.wait(PATIENCE)
            return really_open(folder, *rest)

        return open_slowly


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowOpening:
    slow = SlowOpening()
    monkeypatch.setattr(Run, "open", slow.around(Run.open))
    return slow


@pytest.fixture
def registry(open_registry: OpenRegistry) -> RunRegistry:
    """Two runs on disk, none of them open."""
    one = open_registry()
    for name in ("long", "short"):
        wait_for(one.start(SMALL, name), "finished")
    one.close(measure=True)
    return open_registry()


def begin(pool: ThreadPoolExecutor, registry: RunRegistry, slow: SlowOpening) -> Future[Run]:
    """Ask for the long run in another thread, and return when it is being read."""
    asked = pool.submit(registry.get, "long")
    assert slow.begun.wait(PATIENCE)
    return asked


def test_those_who_ask_for_another_run_or_for_the_list_do_not_wait(registry: RunRegistry, slow: SlowOpening) -> None:
    with ThreadPoolExecutor() as pool:
        asked = begin(pool, registry, slow)
        assert registry.get("short").name == "short"
        assert {summary.name for summary in registry.summaries()} == {"long", "short"}
        assert registry.start(ENDLESS, "fresh", paused=True).name == "fresh"
        with pytest.raises(LiveGANError, match="There is no run named 'none'"):
            registry.get("none")
        assert not asked.done()
        slow.go_on.set()
        assert asked.result(30).name == "long"


def test_a_run_that_several_ask_for_is_opened_once(registry: RunRegistry, slow: SlowOpening) -> None:
    with ThreadPoolExecutor() as pool:
        asked = [begin(pool, registry, slow), *(pool.submit(registry.get, "long") for _ in range(3))]
        wait_until(lambda: registry._runs._opening._users == {"long": 4})
        slow.go_on.set()
        assert len({id(each.result(30)) for each in asked}) == 1
    assert slow.opened == ["long"]


def test_a_run_that_is_deleted_while_it_is_opened_is_not_there(registry: RunRegistry, slow: SlowOpening) -> None:
    with ThreadPoolExecutor() as pool:
        asked = begin(pool, registry, slow)
        registry.delete("long")
        slow.go_on.set()
        with pytest.raises(RunNotFound, match=r"^There is no run named 'long'\.$"):
            asked.result(30)
    assert [summary.name for summary in registry.summaries()] == ["short"]


def test_a_run_that_is_started_anew_while_its_old_self_is_opened_is_the_one_that_all_get(
    registry: RunRegistry, slow: SlowOpening
) -> None:
    with ThreadPoolExecutor() as pool:
        asked = begin(pool, registry, slow)
        registry.delete("long")
        anew = registry.start(ENDLESS, "long", paused=True)
        slow.go_on.set()
        assert asked.result(30) is anew is registry.get("long")


def test_a_run_that_wakes_while_it_is_read_again_stays_what_all_get(registry: RunRegistry, slow: SlowOpening) -> None:
    slow.go_on.set()
    known = registry.get("long")
    slow.go_on.clear()
    slow.begun.clear()
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(registry._runs._opened, "long", known)  # as if the disk were ahead of it
        assert slow.begun.wait(PATIENCE)
        known.launch(paused=True)
        slow.go_on.set()
        assert asked.result(30) is known is registry.get("long")
