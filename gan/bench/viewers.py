"""The effect of many viewers on training and on each other, and of misbehaving viewers on the others."""

from __future__ import annotations

import time
from operator import sub

from gan.bench import Result, Say
from gan.bench.crowd import Crowds, Watched, furthest_behind, gaps, in_milliseconds, misbehave, watch, within
from gan.bench.figures import ratio, spread
from gan.bench.plan import LoadPlan
from gan.bench.server import App, wait_until
from gan.errors import LiveGANError

SETTLE = 1.0  # seconds after a change before anything is measured


def rate(app: App, name: str, seconds: float) -> tuple[float, float, float]:
    """Batches per second that a run trains in the next `seconds` seconds; and the times of their beginning and end."""
    time.sleep(SETTLE)
    begin, before = time.monotonic(), app.summary(name)
    time.sleep(seconds)
    after, end = app.summary(name), time.monotonic()
    trained = after["seconds"] - before["seconds"]
    speed = (after["batch"] - before["batch"]) / trained if trained > 0 else 0.0
    return float(speed), begin, end


def watched_by(app: App, name: str, crowds: Crowds, count: int, seconds: float) -> tuple[float, list[Watched]]:
    """Batches per second while `count` viewers watch, and the messages that they received."""
    with crowds.there(watch, app.door, name, count) as seen:
        speed, begin, end = rate(app, name, seconds)
    return speed, within(seen[0], begin, end)


def many(app: App, name: str, crowds: Crowds, plan: LoadPlan, say: Say) -> Result:
    """Windows without viewers and windows with all of them, in turn."""
    alone, watched, seen = [], [], []
    empty, full = [], []  # MB; the first at the end of a window without viewers
    handles = []
    watched_by(app, name, crowds, 1, plan.window)  # the one-time cost of the first viewer counts for none
    for number in range(plan.rounds):
        say(f"{plan.viewers} viewers against none, round {number + 1} of {plan.rounds}")
        alone.append(rate(app, name, plan.window)[0])
        empty.append(_memory(app))
        unwatched = app.handles()
        with crowds.there(watch, app.door, name, plan.viewers) as crowd:
            speed, begin, end = rate(app, name, plan.window)
            full.append(_memory(app))
            handles.append((app.handles() - unwatched) / plan.viewers)
        watched.append(speed)
        seen.append(within(crowd[0], begin, end))
        wait_until(lambda: not app.connections(), "the viewers to be gone")
    rate(app, name, plan.window)
    kept = _memory(app) - empty[0]
    everybody = [each for crowd in seen for each in crowd]
    return {
        "viewers": plan.viewers,
        "slowdown_percent": slowdown(alone, watched),
        "batches_per_second_alone": spread(alone, 1),
        "batches_per_second_watched": spread(watched, 1),
        **stream(everybody, plan.window),
        "furthest_behind": max(furthest_behind(crowd) for crowd in seen),
        "memory_mb_per_viewer": round(max(map(sub, full, empty)) / plan.viewers, 3),
        "memory_mb_kept": round(kept, 1),
        "handles_per_viewer": round(max(handles), 2),
    }


def _memory(app: App) -> float:
    """MB, the minimum over about a second: the end of an epoch takes more for a moment."""
    samples = []
    for _ in range(6):
        samples.append(app.memory())
        time.sleep(0.2)
    return min(samples)


def misbehaving(app: App, name: str, crowds: Crowds, plan: LoadPlan, say: Say) -> Result:
    """Good viewers alone, and among others that stop reading, vanish without closing, and reconnect in a loop."""
    calm_rates, rates, calm, upset, connections = [], [], [], [], 0
    for number in range(plan.rounds):
        say(
            f"{plan.good} good viewers, without and beside {3 * plan.bad} bad ones, round {number + 1} of {plan.rounds}"
        )
        speed, seen = watched_by(app, name, crowds, plan.good, plan.window)
        calm_rates.append(speed)
        calm.append(seen)
        with crowds.there(misbehave, app.door, name, plan.bad) as made:
            speed, seen = watched_by(app, name, crowds, plan.good, plan.window)
        rates.append(speed)
        upset.append(seen)
        connections += made[0]
    return {
        "good": plan.good,
        "bad_of_each_kind": plan.bad,
        "bad_connections": connections,
        "slowdown_percent": slowdown(calm_rates, rates),
        "gap_ms_without": in_milliseconds(gaps([each for crowd in calm for each in crowd])),
        "gap_ms": in_milliseconds(gaps([each for crowd in upset for each in crowd])),
        "furthest_behind": max(furthest_behind(crowd) for crowd in upset),
    }


def stream(seen: list[Watched], seconds: float) -> Result:
    """The messages that viewers received in `seconds` seconds."""
    return {
        "messages_per_second": round(sum(len(each.messages) - 1 for each in seen) / len(seen) / seconds, 2),
        "bytes_per_message": spread([size for each in seen for *_, size in each.messages], 0),
        "gap_ms": in_milliseconds(gaps(seen)),
    }


def slowdown(alone: list[float], beside: list[float]) -> Result:
    """The percentage by which the second rates are lower; raises `LiveGANError`."""
    if min(alone) <= 0:
        raise LiveGANError("The run did not train, so nothing can slow it.")
    share = ratio(beside, alone, 4)
    lower = {"median": share["median"], "low": share["high"], "high": share["low"]}
    return {name: round(100 * (1 - value), 1) for name, value in lower.items()}
