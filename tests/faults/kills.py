"""Kill a training run with SIGKILL again and again, and see whether it ends as if nothing had happened.

    python tests/faults/kills.py --kills 50 --seed 0
    python tests/faults/kills.py --networks examples/convolutional.py
    python tests/faults/kills.py --settings '{"g_norm": "batch", "ema_decay": 0.99, "dropout_in": "discriminator"}'

Each life of the run is a process of its own. It opens the run, goes on with it, turns knobs and steps single networks
at random, and is killed after a random time or at a random file operation, most of which are parts of a checkpoint
(they come every 20 ms here). After the last kill the run is trained to its end. It must then hold every command that it
had acknowledged, and the weights and figures of a run that was never killed, to the last bit.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

import forked
from helpers import SMALL, wait_for_batch, wait_until

from gan.recording import recovery, writer
from gan.recording.commands import Command, Pause, Resume, SetKnobs, Step
from gan.recording.replay import replay_run
from gan.recording.run_file import read_run_file
from gan.runs.registry import RunRegistry
from gan.runs.run import Run
from gan.settings import Settings
from gan.training.own_networks import OwnNetworks

NAME = "victim"
EPOCHS = 10_000  # more than are reached before the last kill
FILE_EVENTS = {"open", "os.rename", "os.link", "os.remove", "os.truncate"}
PATIENCE = 300.0


@dataclass(frozen=True)
class Outcome:
    """`lost_commands`: acknowledged before a kill, not in the record. `worst_redone`: batches trained twice, at most.

    `slowest_resume`: seconds from the process's beginning to the first new batch, at most.
    """

    kills: int
    in_file_operations: int
    batches: int
    commands: int
    lost_commands: int
    worst_redone: int
    slowest_resume: float
    equal: bool


def kill_again_and_again(
    folder: Path, kills: int, seed: int, settings: Settings = SMALL, own: OwnNetworks | None = None
) -> Outcome:
    """Train a run in `folder` through so many kills and to its end; raises AssertionError if it cannot be opened."""
    dice = random.Random(seed)
    acknowledged: list[tuple[int, str]] = []
    lost = redone = 0
    slowest = 0.0
    in_files = 0
    reached = 0
    for _ in range(kills):
        at_file_operation = dice.random() < 0.5
        in_files += at_file_operation
        fate = dice.randrange(1, 120) if at_file_operation else dice.uniform(0.0, 0.6)
        life = _live(folder, dice.randrange(2**31), at_file_operation, fate, settings, own)
        found = recovery.recover(folder / NAME) if (folder / NAME / "run.json").exists() else None
        record = [(c.batch, c.kind) for c in found.record.commands] if found else []
        acknowledged += life["acknowledged"]
        lost += sum(command not in record for command in life["acknowledged"])
        redone = max(redone, reached - life["began"]) if life["began"] is not None else redone
        slowest = max(slowest, life["first_batch"] or 0.0)
        reached = max(life["batch"], found.run_file.batch if found else 0)
    end = RunRegistry(folder)
    run = end.get(NAME)
    end.command(NAME, SetKnobs({"epochs": run.snapshot().epoch + 2}))
    end.command(NAME, Resume())
    wait_until(lambda: not run.active, timeout=PATIENCE)
    assert run.snapshot().state == "finished", run.snapshot()
    end.close()  # its evaluator would write scores into a folder that is being removed
    run_file = read_run_file(folder / NAME)
    again = replay_run(folder / NAME)
    assert again.exact
    return Outcome(
        kills, in_files, run_file.batch, run_file.commands, lost, redone, round(slowest, 3),
        again.passed and again.batches == run_file.batch,
    )  # fmt: skip


def _live(
    folder: Path, seed: int, at_file_operation: bool, fate: float, settings: Settings, own: OwnNetworks | None
) -> dict[str, Any]:
    """One life of the run, to its violent end; what it told us before."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    events = int(fate) if at_file_operation else 0
    process = forked.context().Process(target=_life, args=(folder, seed, events, settings, own, theirs))
    process.start()
    theirs.close()
    told: dict[str, Any] = {"acknowledged": [], "batch": 0, "began": None, "first_batch": None}
    deadline = None if at_file_operation else fate
    _listen(ours, told, deadline)
    if deadline is not None and process.pid is not None:
        os.kill(process.pid, signal.SIGKILL)
    _listen(ours, told, None)
    process.join(PATIENCE)
    assert process.exitcode == -signal.SIGKILL, process.exitcode
    return told


def _listen(pipe: Connection, told: dict[str, Any], seconds: float | None) -> None:
    """Take in what the run says, for so many seconds from its first batch on, or until it is dead."""
    deadline = None
    while True:
        if seconds is not None and deadline is None and told["began"] is not None:
            deadline = time.monotonic() + seconds
        try:
            if deadline is not None and not pipe.poll(max(0.0, deadline - time.monotonic())):
                return
            key, value = pipe.recv()
        except (EOFError, OSError):
            return
        if key == "acknowledged":
            told[key].append(value)
        else:
            told[key] = value


def _life(folder: Path, seed: int, events: int, settings: Settings, own: OwnNetworks | None, pipe: Connection) -> None:
    """In the process that dies: open or make the run, go on with it, and steer it at random for ever."""
    started = time.monotonic()
    writer.CHECKPOINT_EVERY = 0.02
    registry = RunRegistry(folder)
    try:
        run = registry.get(NAME)
        registry.resume(NAME)
    except Exception:
        run = registry.start(settings.changed(epochs=EPOCHS, full_every=3, kept_epochs=8), NAME, own=own)
    wait_until(lambda: run.snapshot().state == "running")
    began = run.snapshot().batch
    pipe.send(("began", began - 1))
    pipe.send(("first_batch", time.monotonic() - started))
    if events:
        _die_at_file_operation(events, folder)
    dice = random.Random(seed)
    while True:
        wait_for_batch(run, run.snapshot().batch + dice.randrange(1, 30))
        _steer(run, dice, pipe)


def _steer(run: Run, dice: random.Random, pipe: Connection) -> None:
    """Ask for something, and tell that it was done when it has acted."""
    before = run.record.obeyed
    moves: list[Command] = [
        SetKnobs({"lr_g": dice.uniform(1e-4, 1e-3)}),
        SetKnobs({"lr_d": dice.uniform(1e-4, 1e-3), "dropout": dice.uniform(0, 0.9)}),
        SetKnobs({"latent_dim": dice.randrange(2, 12)} if run.run_file.networks is None else {"d_steps": 2}),
        SetKnobs({"ema_decay": dice.choice([0.0, 0.9, 0.99])}),
        dice.choice([Step(), Step("d"), Step("g")]),
        Pause(),
    ]
    move = dice.choice(moves)
    values = move.values if isinstance(move, SetKnobs) else {}
    run.command(move)
    wait_until(lambda: run.record.obeyed > before or _stands_at(run, values))
    pipe.send(("batch", run.snapshot().batch))
    for command in run.record.commands[before : run.record.obeyed]:
        pipe.send(("acknowledged", (command.batch, command.kind)))
    if not isinstance(move, SetKnobs):
        run.command(Resume())


def _stands_at(run: Run, values: dict[str, Any]) -> bool:
    """Whether these knobs stand where they were to be turned; if they did before, that is not recorded."""
    now = run.snapshot().settings
    return bool(values) and all(getattr(now, knob) == value for knob, value in values.items())


def _die_at_file_operation(number: int, folder: Path) -> None:
    """Kill this process at the n-th file operation in the run's folder, from whichever thread."""
    left = [number]
    lock = threading.Lock()

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event not in FILE_EVENTS or not args or str(folder) not in str(args[0]):
            return
        with lock:
            left[0] -= 1
            if left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill a run again and again; prints one JSON object.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--settings", type=json.loads, default={}, help="a JSON object")
    parser.add_argument("--networks", type=Path, metavar="FILE", help="with networks of one's own")
    options = parser.parse_args()
    own = OwnNetworks.read(options.networks) if options.networks else None
    with tempfile.TemporaryDirectory() as folder:
        settings = SMALL.changed(**options.settings)
        outcome = kill_again_and_again(Path(folder), options.kills, options.seed, settings, own)
    print(json.dumps(asdict(outcome)))
    return 0 if outcome.equal and not outcome.lost_commands else 1


if __name__ == "__main__":
    sys.exit(main())
