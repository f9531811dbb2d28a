"""Flood a run with commands, and see how much it still trains, how soon Stop acts, and whether the record is exact.

    python tests/faults/flood.py --seconds 20 --rate 300

A real server in a process of its own, six clients with a connection each. They move knobs, ask for steps of one
network, for the newest weights, for measuring, and for runs that are not there.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

from gan.bench.server import App, make_run, running_app, wait_until
from gan.recording import commands_file
from gan.recording.replay import replay_run
from gan.recording.run_file import read_run_file
from gan.settings import Settings

NAME = "victim"
CLIENTS = 6
PATIENCE = 300.0
WAVES = 3
MOVES: tuple[tuple[str, float, float], ...] = (
    ("lr_g", 1e-5, 1e-2), ("lr_d", 1e-5, 1e-2), ("dropout", 0.0, 0.9), ("label_smoothing", 0.0, 0.4),
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """`answers`: how often each status came. `kept_percent`: of the batches a second that it trains while
    the clients, who compute on the same cores, send as many commands to a run that is not there (`alone`).

    `stop_seconds`: from posting Stop until the run is stopped, while the flood goes on. `recorded`: commands on disk.
    """

    posted_per_second: float
    answers: dict[int, int]
    alone: float
    flooded: float
    kept_percent: float
    longest_without_batch: float
    stop_seconds: float
    recorded: int
    exact: bool


class Flood:
    """Six clients that ask for so many things a second together, until it ends."""

    def __init__(self, app: App, rate: float, *, others: bool = False, name: str = NAME) -> None:
        self.app = app
        self._name = name
        self.answers: Counter[int] = Counter()
        self._pause = CLIENTS / rate
        self._others = others
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._client, args=(number,)) for number in range(CLIENTS)]

    def __enter__(self) -> Flood:
        self.began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def rate(self) -> float:
        return self.answers.total() / (time.monotonic() - self.began)

    def _client(self, number: int) -> None:
        dice = random.Random(number)
        connection = http.client.HTTPConnection(self.app.address, timeout=PATIENCE)
        due = time.monotonic()
        while not self._over.is_set():
            due = max(due + self._pause, time.monotonic() - 1.0)
            method, path, body = self._request(dice)
            try:
                connection.request(method, path, body)
                answer = connection.getresponse()
                answer.read()
                self.answers[answer.status] += 1
            except (OSError, http.client.HTTPException):
                self.answers[0] += 1
                connection.close()
            self._over.wait(max(0.0, due - time.monotonic()))
        connection.close()

    def _request(self, dice: random.Random) -> tuple[str, str, str | None]:
        if self._others and dice.random() < 0.1:
            return dice.choice(
                [
                    ("GET", f"/api/runs/{NAME}/weights/latest.safetensors", None),
                    ("GET", f"/api/runs/{NAME}/grids/latest.png", None),
                    ("GET", "/api/runs/nobody/live", None),
                    ("POST", f"/api/runs/{NAME}/measure", None),
                    ("GET", f"/api/runs/{NAME}/export/csv", None),
                ]
            )
        knob, low, high = dice.choice(MOVES)
        command: dict[str, Any] = {"kind": "set", "values": {knob: dice.uniform(low, high)}}
        return "POST", f"/api/runs/{self._name}/commands", json.dumps(command)


def flood(folder: Path, seconds: float, rate: float, settings: Settings, *, others: bool = True) -> Outcome:
    """Flood a run that trains for so many seconds, then stop it during a further flood.

    The flood comes in waves, with half as long a calm before and after each. The share that the run keeps is the median
    of the waves' shares, as the machine may become slower or faster meanwhile.
    """
    make_run(folder, NAME, settings)
    answers: Counter[int] = Counter()
    waves: list[tuple[float, float]] = []  # batches a second in each, and the longest time without one
    posted = 0.0
    with running_app(folder) as app:
        app.go(NAME)
        calm = [_calm(app, rate, seconds / WAVES / 2)]
        for _ in range(WAVES):
            with Flood(app, rate, others=others) as clients:
                waves.append(_watched(app, seconds / WAVES))
                posted += clients.rate() / WAVES
            answers += clients.answers
            calm.append(_calm(app, rate, seconds / WAVES / 2))
        with Flood(app, rate, others=others) as more:
            wait_until(lambda: more.answers.total() >= rate * seconds / 4, "a quarter of the flood", PATIENCE)
            stopped = _stop(app)
    kept = [2 * wave / (before + after) for (wave, _), before, after in zip(waves, calm, calm[1:], strict=False)]
    run_file = read_run_file(folder / NAME)
    commands, _ = commands_file.read_valid(folder / NAME)
    again = replay_run(folder / NAME)
    return Outcome(
        round(posted), dict(answers + more.answers), round(mean(calm)), round(mean(rate for rate, _ in waves)),
        round(100 * median(kept), 1), round(max(longest for _, longest in waves), 2), round(stopped, 3),
        len(commands), again.passed and again.batches == run_file.batch,
    )  # fmt: skip


def _calm(app: App, rate: float, seconds: float) -> float:
    """Batches a second while the clients send their commands to a run that is not there."""
    with Flood(app, rate, name="nobody"):
        return _watched(app, seconds)[0]


def _watched(app: App, seconds: float) -> tuple[float, float]:
    """Batches a second, and the longest time without one."""
    began = last = time.monotonic()
    first = batch = int(app.summary(NAME)["batch"])
    longest = 0.0
    while time.monotonic() < began + seconds:
        now = int(app.summary(NAME)["batch"])
        if now > batch:
            batch, last = now, time.monotonic()
        longest = max(longest, time.monotonic() - last)
        time.sleep(0.3)
    return (batch - first) / (time.monotonic() - began), longest


def _stop(app: App) -> float:
    """Seconds until the run is stopped. Knobs that are moved afterwards wake it, but it has been stopped."""
    began = time.monotonic()
    app.command(NAME, "stop")
    path = app.folder / NAME
    wait_until(lambda: _stopped(path), "the run to stop", PATIENCE)
    return time.monotonic() - began


def _stopped(folder: Path) -> bool:
    commands, _ = commands_file.read_valid(folder)
    return any(command.kind == "stop" for command in commands)


def main() -> int:
    parser = argparse.ArgumentParser(description="Flood a run with commands; prints one JSON object.")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=300.0, help="requests a second of all six clients")
    parser.add_argument("--knobs-only", action="store_true", help="nothing but knob moves")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(epochs=10_000)
        outcome = flood(Path(folder), options.seconds, options.rate, settings, others=not options.knobs_only)
    print(json.dumps(asdict(outcome)))
    return 0 if outcome.exact and outcome.kept_percent >= 50 and outcome.stop_seconds <= 1 else 1


if __name__ == "__main__":
    sys.exit(main())
