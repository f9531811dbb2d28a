"""A class opens the page within a few seconds while a run trains: how long each visit takes.

At the first visit students join, so that counts, too.
"""

from __future__ import annotations

from statistics import median

from gan.app.page_visits import visits
from gan.bench import Result, Say
from gan.bench.crowd import Crowds, in_milliseconds
from gan.bench.plan import LoadPlan
from gan.bench.server import App
from gan.bench.viewers import rate, slowdown


def measure(app: App, name: str, crowds: Crowds, plan: LoadPlan, say: Say) -> Result:
    """Open overlapping sessions one after the other: first with browsers without a cache, then with others."""
    crowds.start(visits, app.address, f"run={name}", 1, 0.0, True, app.students).result()
    return {
        "sessions": plan.sessions,
        "seconds_apart": plan.apart,
        "first_visit": _opened(app, name, crowds, plan, say, cold=True),
        "later_visit": _opened(app, name, crowds, plan, say, cold=False),
    }


def _opened(app: App, name: str, crowds: Crowds, plan: LoadPlan, say: Say, *, cold: bool) -> Result:
    say(f"{plan.sessions} sessions opened, {'first' if cold else 'later'} visits")
    alone, *_ = rate(app, name, plan.window)
    joining = app.code if cold else ""
    known = () if joining else app.students
    opened = crowds.start(visits, app.address, f"run={name}", plan.sessions, plan.apart, cold, known, joining)
    meanwhile, *_ = rate(app, name, max(plan.window, plan.sessions * plan.apart))
    seen = opened.result()
    return {
        "script_ms": in_milliseconds([each.script for each in seen]),
        "page_ms": in_milliseconds([each.page for each in seen]),
        "requests": round(median(each.requests for each in seen)),
        "script_bytes": round(median(each.script_bytes for each in seen)),
        "slowdown_percent": slowdown([alone], [meanwhile])["median"],
    }
