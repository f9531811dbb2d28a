"""No thread of ours is alive when a command returns or the server has ended.

One that is inside torch when the interpreter ends takes the whole process down ("terminate called without an active
exception", status 134), after the result has been printed. Workers of pools do not count: the interpreter waits for
them.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import thread as pools
from pathlib import Path
from typing import Any

import pytest
from helpers import ENDLESS, SMALL, wait_for_batch

from gan.__main__ import main
from gan.runs.registry import RunRegistry
from gan.runs.run import Run
from gan.server import application
from gan.server.application import the_registry
from gan.server.lifespan import lifespan

TINY = ["--digits", "7", "--batch-size", "512", "--g-hidden", "16", "--d-hidden", "16", "--epochs", "1"]


def ours() -> list[str]:
    """The names of threads that nobody waits for but we."""
    waited_for = {threading.main_thread(), *pools._threads_queues}
    foreign = ("tqdm", "asyncio", "pytest", "execnet")
    return [each.name for each in threading.enumerate() if each not in waited_for and not each.name.startswith(foreign)]


@pytest.fixture
def lingering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs take a while to give back their memory after they have ended, as large ones do under load."""
    fall_asleep = Run._fall_asleep

    def slowly(run: Run) -> None:
        fall_asleep(run)
        threading.Event().wait(0.3)

    monkeypatch.setattr(Run, "_fall_asleep", slowly)


@pytest.mark.usefixtures("lingering")
@pytest.mark.parametrize(
    ("more", "status"), [([], 0), (["--loss", "least-squares", "--optimizer-g", "sgd", "--lr-g", "0.1", "--optimizer-d",
                                    "sgd", "--lr-d", "0.1", "--momentum-d", "0.99", "--epochs", "50"], 2)],
    ids=["finished", "diverged"],
)  # fmt: skip
def test_after_a_command_no_thread_is_left(
    more: list[str], status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path))
    before = ours()
    assert main(["train", *TINY, *more, "--name", "demo"]) == status
    assert ours() == before


def test_a_command_that_fails_leaves_none_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path))
    before = ours()

    def fail(run: Any) -> None:
        raise RuntimeError("no terminal")

    monkeypatch.setattr("gan.cli.training._show_progress", fail)
    with pytest.raises(RuntimeError, match="no terminal"):
        main(["train", *TINY, "--epochs", "10000", "--name", "demo"])
    assert ours() == before


@pytest.mark.usefixtures("lingering")
def test_after_the_server_no_thread_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among them those that warm up, look after the bin, wait for the folder, train and measure."""
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path))
    before = ours()
    warmed = threading.Event()
    warm_up = application._warm_up

    def slowly() -> None:
        warm_up()
        warmed.wait(0.3)

    monkeypatch.setattr(application, "_warm_up", slowly)

    async def serve() -> None:
        async with lifespan(None):
            ended = the_registry().start(SMALL, "ended")
            going = the_registry().start(ENDLESS, "going")
            await asyncio.to_thread(wait_for_batch, going, 3)
            await asyncio.to_thread(ended.join)
            assert {"bin", "run going"} <= set(ours())

    asyncio.run(serve())
    assert ours() == before


def test_a_second_servers_threads_end_with_it(tmp_path: Path) -> None:
    before = ours()
    first, second = RunRegistry(tmp_path), RunRegistry(tmp_path)
    first.open()
    second.open()
    assert "claim the folder" in ours()
    second.close()
    first.close()
    assert ours() == before
