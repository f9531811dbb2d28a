"""The server under viewers: the real app in one process, real WebSocket clients on loopback in others.

The app is open to a class, and each viewer is a student who has joined.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from gan.bench import Result, Say, million_batches, sessions, steering, viewers
from gan.bench.crowd import Crowds, crowds
from gan.bench.desks import make_runs
from gan.bench.figures import missed
from gan.bench.plan import LoadPlan
from gan.bench.server import App, class_of, make_run

HANDLES = 1024  # file handles of the server: the usual limit of a Linux user

LIMITS = {
    "viewers.slowdown_percent": 10,
    "viewers.gap_ms.p95": 300,
    "viewers.furthest_behind": 1,
    "viewers.memory_mb_per_viewer": 0.5,
    "viewers.memory_mb_kept": 20,
    "viewers.handles_per_viewer": 1.1,
    "misbehaving.gap_ms.p95": 300,
    "misbehaving.furthest_behind": 1,
    "misbehaving.slowdown_percent": 10,
    "slider.applied_ms.p95": 100,
    "slider.seen_by_all_ms.p95": 500,
    "sessions.first_visit.page_ms.p95": 3000,
    "sessions.later_visit.page_ms.p95": 3000,
    "old_run.catch_up_kb": 200,
    "old_run.page_ms.longest": 2000,
    "desks.slowdown_percent": 10,
    "desks.gap_ms.p95": 300,
}  # fmt: skip


PARTS = ("viewers", "misbehaving", "slider", "sessions", "old_run", "desks")


def measure(say: Say, plan: LoadPlan | None = None, parts: Sequence[str] = PARTS) -> Result:
    """Measure all of it, in about seven minutes, with a server that has HANDLES file handles.

    `desks` is `viewers` again while runs at desks train. `missed` names the figures above their limits.
    """
    plan = plan or LoadPlan()
    with tempfile.TemporaryDirectory() as temporary, crowds(2) as helpers:
        folder = Path(temporary)
        make_run(folder, "young", plan.settings)
        desks = make_runs(folder, plan.settings, plan.desks, 1_000_000) if "desks" in parts else []
        if "old_run" in parts:
            say(f"making a run of {plan.old} batches")
            million_batches.make_old_run(folder / "old", plan.settings, plan.old, plan.marks)
        with class_of(folder, plan.viewers, HANDLES) as app:
            app.go("young")
            measures: dict[str, Callable[[], Result]] = {
                "viewers": lambda: viewers.many(app, "young", helpers, plan, say),
                "misbehaving": lambda: viewers.misbehaving(app, "young", helpers, plan, say),
                "slider": lambda: steering.measure(app, "young", helpers, plan, say),
                "sessions": lambda: sessions.measure(app, "young", helpers, plan, say),
                "old_run": lambda: million_batches.measure(app, "old", "young", helpers, plan, say),
                "desks": lambda: _beside_desks(app, desks, helpers, plan, say),
            }
            result: Result = {part: measures[part]() for part in parts}
    limits = {name: limit for name, limit in LIMITS.items() if name.partition(".")[0] in parts}
    return result | {"missed": missed(result, limits, {})}


def _beside_desks(app: App, desks: list[str], helpers: Crowds, plan: LoadPlan, say: Say) -> Result:
    """What viewers cost the teacher's run and what they see while desks take turns."""
    app.command("young", "resume")
    for name in desks:
        app.go(name)
    return {"training": len(desks)} | viewers.many(app, "young", helpers, plan, say)
