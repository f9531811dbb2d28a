"""A class at work: a run at each desk while the teacher's run trains, in the real app with real viewers.

Each desk's run is watched, and so is the teacher's. Takes about two minutes on two cores.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from websockets.asyncio.client import connect

from gan.bench import Result, Say
from gan.bench.crowd import CONNECTIONS, header_of, in_milliseconds
from gan.bench.figures import missed
from gan.bench.server import App, make_run, process, running_app, wait_until
from gan.limits import DESK_BATCHES
from gan.recording.run_file import Desk
from gan.runs.desks import DeskLimits
from gan.runs.registry import RunRegistry
from gan.settings import Settings
from gan.training import device
from gan.training.trainer import Trainer

LIMITS = {"time_against_ideal": 1.15, "first_image_s": 15.0, "teacher_gap_ms.p95": 300}
LEAST = {"teacher_share_of_a_core": 0.5}
TEACHERS, PATIENCE = "teachers", 600.0


@dataclass
class Seen:
    """What the viewer of a run received: when the first image of a trained batch came, and when each message."""

    first_image: float | None = None
    times: list[float] = field(default_factory=list)


def measure(say: Say, desks: int = 30, batches: int = DESK_BATCHES, *, settings: Settings | None = None) -> Result:
    """How long the runs of all desks take, compared with one thread a core that trains the same batches.

    `teacher_share_of_a_core` is the speed of the teacher's run meanwhile, relative to that of one of these threads, and
    `teacher_against_alone` relative to a run that has the machine, and so two cores, for itself.
    """
    settings = settings or Settings(epochs=10_000)
    say("one thread a core")
    alone, together = _batches_a_second(settings, 1), _batches_a_second(settings, device.CORES)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_run(folder, TEACHERS, settings)
        names = make_runs(folder, settings, desks, batches)
        with running_app(folder) as app:
            app.go(TEACHERS)
            say(f"{desks} desks with {batches} batches each")
            began, before = time.monotonic(), app.summary(TEACHERS)["batch"]
            cpu = sum(process(app.pid).cpu_times()[:2])
            seen = asyncio.run(_watch_all(app, names))
            took, teachers = time.monotonic() - began, app.summary(TEACHERS)["batch"] - before
            cpu = sum(process(app.pid).cpu_times()[:2]) - cpu
            done = {run["name"]: run["batch"] for run in app.get("/api/runs")["runs"]}
    gaps = [after - now for now, after in zip(seen[0].times, seen[0].times[1:], strict=False)]
    result: Result = {
        "desks": desks,
        "batches_of_each": sorted({done[name] for name in names}),
        "seconds": round(took, 1),
        "time_against_ideal": round(took / ((desks * batches + teachers) / together), 3),
        "first_image_s": round(max((each.first_image or PATIENCE) for each in seen[1:]), 1),
        "teacher_share_of_a_core": round(teachers / took / (together / device.CORES), 3),
        "teacher_against_alone": round(teachers / took / alone, 3),
        "teacher_gap_ms": in_milliseconds(gaps),
        "batches_a_second": {"alone": round(alone), "one_thread_a_core": round(together)},
        "cpu_seconds": round(cpu, 1),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
    }
    return result | {"missed": missed(result, LIMITS, LEAST)}


def make_runs(
    folder: Path, settings: Settings, desks: int, batches: int, students: Sequence[str] | None = None
) -> list[str]:
    """Put an untrained run of each desk into a folder; returns their names. `students`: the ids of the desks."""
    students = students or [f"{number:016x}" for number in range(desks)]
    registry = RunRegistry(folder)
    registry.desk_limits = DeskLimits(runs=3, megabytes=1000, batches=batches)
    names = [f"desk-{number}" for number in range(desks)]
    for number, name in enumerate(names):
        desk = Desk(students[number], f"Desk {number}")
        registry.start(settings.changed(seed=number + 1), name, paused=True, desk=desk)
    registry.close()
    return names


def _batches_a_second(settings: Settings, threads: int) -> float:
    """Of as many trainers, each in a thread of its own, all together."""
    trainers = [Trainer(settings.changed(seed=seed)) for seed in range(1, threads + 1)]
    over = threading.Event()

    def train(trainer: Trainer) -> None:
        device.use_one_thread()
        with device.computing():
            while not over.is_set():
                trainer.train(1000)

    workers = [threading.Thread(target=train, args=(trainer,)) for trainer in trainers]
    for worker in workers:
        worker.start()
    wait_until(lambda: all(trainer.batch > 20 for trainer in trainers), "the trainers")
    first, began = sum(trainer.batch for trainer in trainers), time.perf_counter()
    time.sleep(3.0)
    rate = (sum(trainer.batch for trainer in trainers) - first) / (time.perf_counter() - began)
    over.set()
    for worker in workers:
        worker.join()
    return rate


async def _watch_all(app: App, names: list[str]) -> list[Seen]:
    """Let the desks' runs train until the last has ended; what the viewers of the teacher's run and of each saw."""
    over = asyncio.Event()
    teachers = asyncio.create_task(_watch(app, TEACHERS, over))
    began = time.monotonic()
    await asyncio.gather(*(asyncio.to_thread(app.command, name, "resume") for name in names))
    seen = await asyncio.gather(*(_watch(app, name, over) for name in names))
    over.set()
    for each in seen:
        each.first_image = each.first_image and each.first_image - began
    return [await teachers, *seen]


async def _watch(app: App, name: str, over: asyncio.Event) -> Seen:
    """Read the live stream of a run until the run has ended, or the others have."""
    seen = Seen()
    async with asyncio.timeout(PATIENCE), connect(f"ws://{app.address}/api/runs/{name}/live", **CONNECTIONS) as run:
        while not over.is_set():
            try:
                message = await asyncio.wait_for(run.recv(), 0.5)
            except TimeoutError:
                continue
            assert isinstance(message, bytes)
            header = header_of(message)
            seen.times.append(time.monotonic())
            if header.get("grid_batch", 0) > 0 and seen.first_image is None:
                seen.first_image = time.monotonic()
            if header["run"]["state"] in ("stopped", "finished", "failed", "diverged"):
                break
    return seen
