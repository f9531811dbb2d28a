"""The route that opens the next batch of a run in slow motion."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gan.errors import prefixed
from gan.recording.atomic_files import DamagedRun
from gan.runs.snapshot import Snapshot
from gan.server.application import the_application
from gan.server.http import Refusal
from gan.server.path_parameters import run_of
from gan.server.traced_batches import WHO_LEARNS
from gan.server.views import MOST_EPOCHS
from gan.views.figures import whole_number

BRANCH = "go to an epoch and branch from there to step through the batches of a run of your own"


def routes(base: str) -> list[BaseRoute]:
    return [Route(base + "/api/runs/{name}/next-batch", next_batch)]


async def next_batch(request: Request) -> Response:
    """The stages of the batch that this run trains next, as JSON, with the source that they are lines of.

    `?learns=d` or `g`: of a batch from which one network learns alone. `?epoch=N`: of the batch after an earlier epoch.
    """
    who = request.query_params.get("learns", "both")
    if who not in WHO_LEARNS:
        raise Refusal(400, f"Who learns ({who[:20]!r}) must be one of {', '.join(WHO_LEARNS)}.")
    run = await run_of(request)
    epoch = whole_number(request.query_params, "epoch", MOST_EPOCHS) if "epoch" in request.query_params else None
    if epoch is None and (reason := why_not(run.snapshot())):
        raise Refusal(409, reason)
    with prefixed("The run has nothing to step from", DamagedRun):
        content = await the_application().traced_batches.of(run, who, epoch)
    return Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})


def why_not(now: Snapshot) -> str | None:
    """Why this run cannot be stepped through as it stands, and what can be done, in one sentence; None if it can."""
    match now.state:
        case "running":
            return "The run is training; pause it to step through its next batch."
        case "queued":
            return "The run waits for its turn to train; pause it to step through its next batch."
        case "elsewhere":
            return "Another process trains this run; pause it there and resume it here to step through it."
        case "diverged" | "failed":
            return f"This run has ended with an error, so it has no next batch; {BRANCH}."
    if not now.resumable:
        return f"The training state of this run was not kept, so it has no next batch; {BRANCH}."
    if now.over:
        return f"{now.over} Then its next batch can be stepped through; or {BRANCH}."
    return None
