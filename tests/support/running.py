"""What tests ask pytest for: runs and registries that are ended after the test, a server of their own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import torch
from helpers import ENDLESS, SMALL, wait_for, wait_until
from serving import Server, serving

from gan.runs.queue import TrainingQueue
from gan.runs.registry import RunRegistry
from gan.runs.run import Run
from gan.runs.run_data import RunQueue
from gan.settings import Settings
from gan.training import trainer
from gan.training.steps import StepChoice, choose_step

ON_CUDA = [pytest.mark.cuda, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")]
MakeRun = Callable[..., Run]
OpenRegistry = Callable[..., RunRegistry]


@pytest.fixture
def by_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainers with the step "auto" train as on a GPU, through the step that is captured there."""

    def choose(settings: Settings, *, own: bool = False, device: str = "cpu") -> StepChoice:
        return choose_step(settings, own=own, device="cuda")

    monkeypatch.setattr(trainer, "choose_step", choose)


@pytest.fixture
def new_run(tmp_path: Path) -> Iterator[MakeRun]:
    """Makes and launches runs; all of them are ended after the test."""
    runs: list[Run] = []

    def make(
        settings: Settings = SMALL,
        name: str | Path = "demo",
        *,
        paused: bool = False,
        training_queue: RunQueue | None = None,
    ) -> Run:
        run = Run.new(tmp_path / name, settings, training_queue or TrainingQueue(4))
        runs.append(run)
        run.launch(paused=paused)
        return run

    yield make
    for run in runs:
        run.shut_down()
    for run in runs:
        run.join()


@pytest.fixture
def open_registry(tmp_path: Path) -> Iterator[OpenRegistry]:
    """Opens registries, by default on one folder; all are closed after the test."""
    registries: list[RunRegistry] = []

    def make(folder: Path = tmp_path / "runs", limit: int | None = 4) -> RunRegistry:
        registries.append(RunRegistry(folder, limit))
        registries[-1].open()
        return registries[-1]

    yield make
    for one in registries:
        one.close()


def states(registry: RunRegistry) -> dict[str, str]:
    """The state of each run, as a list shows it."""
    return {summary.name: summary.state for summary in registry.summaries()}


@pytest.fixture
def public_path() -> Iterator[Path]:
    """A folder that every user may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


# --- a server ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("runs")) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.http() as client:
        yield client


@pytest.fixture(scope="module")
def finished(server: Server) -> Run:
    run = server.registry.start(SMALL, "finished")
    run.join()
    return run


@pytest.fixture(scope="module")
def damaged(server: Server) -> Path:
    folder = server.folder / "damaged"
    folder.mkdir()
    (folder / "run.json").write_text('{"format": 1}')
    return folder


@pytest.fixture(scope="module")
def still(server: Server) -> Run:
    """A paused run that every command is refused by."""
    run = server.registry.start(ENDLESS, "still", paused=True)
    wait_for(run, "paused")
    return run


@pytest.fixture
def paused(server: Server) -> Iterator[Run]:
    run = server.registry.start(ENDLESS, paused=True)
    wait_until(lambda: run.snapshot().state == "paused")
    yield run
    server.registry.delete(run.name)
