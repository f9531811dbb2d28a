"""The cost of the views that show why: training with a class that watches, and with some who have all of them open."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from gan.bench import Result, Say
from gan.bench.crowd import Crowds, crowds, follow_views, watch
from gan.bench.figures import missed, ratio, spread
from gan.bench.server import App, make_run, running_app, wait_until
from gan.bench.viewers import rate, slowdown
from gan.settings import Settings

# What a page follows that shows every view at once, with the parameters that it asks with.
FOLLOWED = (
    "map", "dots?dots=0", "outputs", "verdicts", "explanation?image=0", "overview", "health",
    "units?side=d&image=0&real=1&unit=0",
)  # fmt: skip

LIMITS = {"views_slowdown_percent": 3}


@dataclass(frozen=True)
class ViewsPlan:
    """The extent of `python -m gan bench --views`; times are seconds."""

    viewers: int = 50  # of the page's first screen
    open: int = 5  # of them have all views open
    window: float = 6.0  # longer than the pause between two computations of a view
    rounds: int = 12
    settings: Settings = field(default_factory=lambda: Settings(epochs=10_000))


@dataclass(frozen=True)
class Window:
    """What was seen of training in one window.

    Attributes:
        begin: of the window, by the monotonic clock; `end` likewise.
        speed: batches per second.
        training: milliseconds of a core that the training thread took for a batch; other load hardly matters to it.
        server: milliseconds of a core that all threads of the server took meanwhile, for a batch, too.
        messages: of views that came.
    """

    begin: float
    end: float
    speed: float
    training: float
    server: float
    messages: int = 0


def measure(say: Say, plan: ViewsPlan | None = None) -> Result:
    """Windows with nobody, with viewers, and with viewers of whom some have all views open, in turn; five minutes.

    `missed` names the figures above their limits.
    """
    plan = plan or ViewsPlan()
    with tempfile.TemporaryDirectory() as temporary, crowds(2) as helpers:
        make_run(Path(temporary), "run", plan.settings)
        with running_app(Path(temporary)) as app:
            app.go("run")
            result = _in_turn(app, helpers, plan, say)
    return result | {"missed": missed(result, LIMITS, {})}


def _in_turn(app: App, helpers: Crowds, plan: ViewsPlan, say: Say) -> Result:
    nobody, watched, with_views = list[Window](), list[Window](), list[Window]()
    with helpers.there(watch, app.door, "run", plan.viewers):
        _with_views(app, helpers, plan)  # what a first viewer costs once counts for none
    for number in range(plan.rounds):
        say(f"{plan.viewers} viewers, {plan.open} of them with all views, round {number + 1} of {plan.rounds}")
        nobody.append(_window(app, plan))
        with helpers.there(watch, app.door, "run", plan.viewers):
            # The order changes, so that what grows during a round counts for neither side.
            for views in (False, True) if number % 2 else (True, False):
                if views:
                    with_views.append(_with_views(app, helpers, plan))
                else:
                    watched.append(_window(app, plan))
        wait_until(lambda: not app.connections(), "the viewers to be gone")
    each = plan.rounds * plan.window * plan.open * len(FOLLOWED)
    kinds = {"unwatched": nobody, "watched": watched, "with_views": with_views}
    return {
        "viewers": plan.viewers,
        "with_all_views": plan.open,
        "views_slowdown_percent": slowdown(_speeds(watched), _speeds(with_views)),
        "all_slowdown_percent": slowdown(_speeds(nobody), _speeds(with_views)),
        "batches_per_second": {kind: spread(_speeds(windows), 1) for kind, windows in kinds.items()},
        "training_ms_per_batch": {kind: spread([w.training for w in windows]) for kind, windows in kinds.items()},
        "server_ms_per_batch": {kind: spread([w.server for w in windows]) for kind, windows in kinds.items()},
        "training_by_views": ratio([w.training for w in with_views], [w.training for w in watched], 3),
        "messages_per_second_of_a_view": round(sum(w.messages for w in with_views) / each, 2),
    }


def _speeds(windows: list[Window]) -> list[float]:
    return [window.speed for window in windows]


def _with_views(app: App, helpers: Crowds, plan: ViewsPlan) -> Window:
    with helpers.there(follow_views, app.address, "run", FOLLOWED, plan.open) as times:
        window = _window(app, plan)
    return replace(window, messages=sum(window.begin <= time <= window.end for time in times[0]))


def _window(app: App, plan: ViewsPlan) -> Window:
    before, batch = app.processor_seconds(), app.summary("run")["batch"]
    speed, begin, end = rate(app, "run", plan.window)
    after, batches = app.processor_seconds(), app.summary("run")["batch"] - batch
    taken = [1000 * (seconds - before.get(thread, 0.0)) / max(1, batches) for thread, seconds in after.items()]
    return Window(begin, end, speed, max(taken), sum(taken))
