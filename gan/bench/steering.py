"""How long a moved slider takes to act, and how long until every viewer sees its mark."""

from __future__ import annotations

import random
import time
from pathlib import Path

from gan.bench import Result, Say
from gan.bench.crowd import Crowds, in_milliseconds, watch
from gan.bench.plan import LoadPlan
from gan.bench.server import App
from gan.bench.viewers import SETTLE
from gan.errors import LiveGANError
from gan.recording import commands_file


def measure(app: App, name: str, crowds: Crowds, plan: LoadPlan, say: Say) -> Result:
    """Move a knob at random moments while viewers watch. The run's record says when each move acted."""
    say(f"a slider moved {plan.moves} times while {plan.good} watch")
    dice = random.Random(0)
    posted: dict[float, tuple[float, float]] = {}  # value -> monotonic time, seconds since 1970
    answered = []
    with crowds.there(watch, app.door, name, plan.good) as crowd:
        for number in range(plan.moves):
            time.sleep(dice.uniform(0.1, 0.5))
            value = round(0.0002 + 0.000001 * (number + 1), 6)
            posted[value] = time.monotonic(), time.time()
            app.command(name, "set", lr_g=value)
            answered.append(time.monotonic() - posted[value][0])
        time.sleep(SETTLE)
    app.command(name, "set", lr_g=0.0002)
    seen = {value: [time for each in crowd[0] for time, after in each.marks if after == value] for value in posted}
    acted = _when_acted(app.folder / name)
    if not posted.keys() <= acted.keys() or any(len(times) < plan.good for times in seen.values()):
        raise LiveGANError("A knob was moved, and not everybody saw its mark.")
    return {
        "watching": plan.good,
        "moves": plan.moves,
        "answered_ms": in_milliseconds(answered),
        "applied_ms": in_milliseconds([acted[value] - at for value, (_, at) in posted.items()]),
        "seen_by_all_ms": in_milliseconds([max(seen[value]) - at for value, (at, _) in posted.items()]),
    }


def _when_acted(folder: Path) -> dict[float, float]:
    """When each learning rate of the generator took effect, by the run's record, in seconds since 1970."""
    commands, _ = commands_file.read_valid(folder)
    return {command.values["lr_g"]: command.time for command in commands if "lr_g" in command.values}
