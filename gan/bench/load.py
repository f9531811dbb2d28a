"""The server under viewers: the real app in one process, real WebSocket clients on loopback in others."""

from __future__ import annotations

import tempfile
from pathlib import Path

from gan.bench import Result, Say, million_batches, sessions, steering, viewers
from gan.bench.crowd import crowds
from gan.bench.figures import missed
from gan.bench.plan import LoadPlan
from gan.bench.server import make_run, running_app

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
}  # fmt: skip


def measure(say: Say, plan: LoadPlan | None = None) -> Result:
    """Measure all of it, in about five minutes, with a server that has HANDLES file handles.

    `missed` names the figures above their limits.
    """
    plan = plan or LoadPlan()
    with tempfile.TemporaryDirectory() as temporary, crowds(2) as helpers:
        folder = Path(temporary)
        make_run(folder, "young", plan.settings)
        say(f"making a run of {plan.old} batches")
        million_batches.make_old_run(folder / "old", plan.settings, plan.old, plan.marks)
        with running_app(folder, HANDLES) as app:
            app.go("young")
            result: Result = {
                "viewers": viewers.many(app, "young", helpers, plan, say),
                "misbehaving": viewers.misbehaving(app, "young", helpers, plan, say),
                "slider": steering.measure(app, "young", helpers, plan, say),
                "sessions": sessions.measure(app, "young", helpers, plan, say),
                "old_run": million_batches.measure(app, "old", "young", helpers, plan, say),
            }
    return result | {"missed": missed(result, LIMITS, {})}
