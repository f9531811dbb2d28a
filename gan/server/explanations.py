"""The route that says what was going on in a run at any of its batches."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gan import strict_json
from gan.explain.explanation import Explainer
from gan.limits import MAX_BATCHES
from gan.server.http import REVALIDATE, cached
from gan.server.live_explanation import explained
from gan.server.path_parameters import run_of
from gan.views.figures import whole_number


def routes(base: str) -> list[BaseRoute]:
    return [Route(base + "/api/runs/{name}/explanation", at_batch)]


async def at_batch(request: Request) -> Response:
    """The explanation after batch `batch`, as it was told then."""
    run = await run_of(request)
    series, now = run.series, run.snapshot()
    batch = min(whole_number(request.query_params, "batch", MAX_BATCHES + 1), now.batch, len(series))
    told = await asyncio.to_thread(explained, Explainer(), now, batch, series, run.scores.all, repeats_noise=True)
    content = strict_json.dumps(told).encode()
    return cached(request, content, content, "application/json", REVALIDATE)
