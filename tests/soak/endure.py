"""Train as fast as it goes while viewers come and go, and see whether the server keeps anything of them.

    python tests/soak/endure.py --seconds 300

Every round some viewers watch, others stop reading, vanish or reconnect in a loop, a page is opened, knobs move, the
run rests and goes on. When all have left, the run rests and its images have been measured, memory, open files and
threads are noted. The medians of the first and of the last third of the rounds are compared, after a time to warm up:
Streamlit keeps a session for two minutes after its end.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from gan.app.page_visits import visits
from gan.bench.crowd import Crowds, crowds, misbehave, watch
from gan.bench.server import App, make_run, running_app, wait_until
from gan.errors import LiveGANError
from gan.settings import Settings

WARM_UP = 140.0  # seconds, at most this share of all:
WARM_UP_SHARE = 0.5
WATCHING = 2.0  # seconds of each round
GOODBYE = 3.0  # seconds for the connections to be closed
MORE_MEMORY = 20.0  # MB; above this the server has kept something,
PER_BATCH = 32e-6  # MB; beside the figures of each batch: 16 bytes, and room for more
MORE_HANDLES = 3
MORE_THREADS = 3


@dataclass(frozen=True)
class Sample:
    """What the server takes while nobody watches."""

    batch: int
    memory: float
    handles: int
    threads: int


@dataclass(frozen=True)
class Change:
    first: float
    last: float


@dataclass(frozen=True)
class Outcome:
    """`grew`: what there was more of at the end."""

    seconds: float
    rounds: int
    viewers: int
    batches: int
    memory_mb: Change
    handles: Change
    threads: Change
    grew: list[str]


def soak(
    app: App, name: str, helpers: Crowds, seconds: float, *, viewers: int = 20, watching: float = WATCHING,
    pages: bool = True,
) -> Outcome:  # fmt: skip
    """Watch a run that trains, for so many seconds or a little more; `helpers` are two processes for viewers.

    Args:
        watching: seconds of each round.
        pages: the server has Streamlit's pages, too.
    """
    began, came = time.monotonic(), 0
    warm = began + min(WARM_UP, WARM_UP_SHARE * seconds)
    samples: list[Sample] = []
    number = 0
    while len(samples) < 3 or time.monotonic() < began + seconds:
        number += 1
        with helpers.there(watch, app.door, name, viewers), helpers.there(misbehave, app.door, name, 2) as others:
            app.command(name, "set", lr_g=round(0.0002 + 1e-6 * (number % 100), 6))
            time.sleep(watching / 2)
            app.rest(name)
            app.go(name)
            time.sleep(watching / 2)
        came += viewers + 2 + others[0]
        if pages:
            came += len(helpers.start(visits, app.address, f"run={name}", 1, 0.0, True).result())
        with contextlib.suppress(LiveGANError):  # one that stays open is found by what it takes
            wait_until(lambda: not app.connections(), "the viewers to be gone", GOODBYE)
        app.rest(name)
        wait_until(lambda: _measured(app, name), "the images to be measured")
        if time.monotonic() > warm:
            samples.append(Sample(app.summary(name)["batch"], app.memory(), app.handles(), app.threads()))
        app.go(name)
    return _outcome(samples, time.monotonic() - began, number, came)


def _measured(app: App, name: str) -> bool:
    """Whether the last epoch of a run at rest has been measured, which takes some 30 MB while it lasts."""
    epoch = app.summary(name)["epoch"]
    scores = app.get(f"/api/runs/{name}/quality.json")["scores"]
    return epoch == 0 or any(score["epoch"] == epoch for score in scores)


def _outcome(samples: list[Sample], seconds: float, rounds: int, viewers: int) -> Outcome:
    third = max(1, len(samples) // 3)
    first, last = samples[:third], samples[-third:]
    memory, handles, threads = (
        Change(median(getattr(s, name) for s in first), median(getattr(s, name) for s in last))
        for name in ("memory", "handles", "threads")
    )
    batches = samples[-1].batch - samples[0].batch
    allowed = {
        "memory": (memory, MORE_MEMORY + PER_BATCH * batches),
        "handles": (handles, MORE_HANDLES),
        "threads": (threads, MORE_THREADS),
    }
    grew = [name for name, (change, more) in allowed.items() if change.last > change.first + more]
    return Outcome(round(seconds, 1), rounds, viewers, batches, memory, handles, threads, grew)


def main() -> int:
    parser = argparse.ArgumentParser(description="Watch a run for long; prints one JSON object.")
    parser.add_argument("--seconds", type=float, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, crowds(2) as helpers:
        make_run(Path(folder), "long", Settings(epochs=10_000))
        with running_app(Path(folder)) as app:
            app.go("long")
            outcome = soak(app, "long", helpers, options.seconds)
    print(json.dumps(asdict(outcome)))
    return 1 if outcome.grew else 0


if __name__ == "__main__":
    sys.exit(main())
