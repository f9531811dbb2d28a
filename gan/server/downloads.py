"""The routes from which a browser fetches a run's grids, scores and epochs, and the run as a file."""

from __future__ import annotations

import asyncio

import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gan import strict_json
from gan.data import image_sets
from gan.data.grid import grid_png
from gan.export import FORMATS, export_run
from gan.recording import epochs
from gan.runs.run import Run
from gan.server import messages
from gan.server.application import the_application, the_registry
from gan.server.http import FOREVER, REVALIDATE, Refusal, cached
from gan.server.path_parameters import epoch_of, run_of
from gan.server.report_answers import report_content
from gan.server.visitors import sender_of
from gan.training.build import IMAGE_SHAPE
from gan.training.sampling import GRID_IMAGES


def routes(base: str) -> list[BaseRoute]:
    return [
        Route(base + "/api/runs/{name}/grids/latest.png", latest_grid),
        Route(base + "/api/runs/{name}/grids/{epoch}.png", epoch_grid),
        Route(base + "/api/runs/{name}/epochs", kept_epochs),
        Route(base + "/api/runs/{name}/quality.json", quality),
        Route(base + "/api/runs/{name}/run.zip", run_zip),
        Route(base + "/api/runs/{name}/export/{kind}", exported),
        Route(base + "/api/real.png", real_images),
    ]


async def latest_grid(request: Request) -> Response:
    return await _grid(request, None)


async def epoch_grid(request: Request) -> Response:
    """The grid of an epoch (from 1). A page that names the run's making (`?v=<created>`) may keep it for good."""
    epoch = epoch_of(request)
    if epoch is None:
        raise Refusal(404, "There is no such grid.")
    return await _grid(request, epoch)


async def kept_epochs(request: Request) -> Response:
    """The epochs whose weights are kept, and what the run takes on disk in bytes."""
    run = await run_of(request)
    folder, now = run.folder, run.snapshot()
    full = {state.batch for state in run.run_file.states}
    there = await asyncio.to_thread(epochs.list_kept, folder)
    ends = [(kept, kept.epoch * now.batches_per_epoch) for kept in there if kept.epoch <= now.epoch]
    listed = [
        {"epoch": kept.epoch, "batch": batch, "discriminator": kept.discriminator, "full": batch in full}
        for kept, batch in ends
    ]
    return strict_json.response({"epochs": listed, "size": now.size})


async def quality(request: Request) -> Response:
    """All scores of a run: how good its images were, epoch by epoch."""
    run = await run_of(request)
    scores = [messages.score_fields(score) for score in run.scores.all]
    values = {"batches_per_epoch": run.snapshot().batches_per_epoch, "scores": scores}
    return strict_json.response(values, headers=REVALIDATE)


async def real_images(request: Request) -> Response:
    """64 images of a data set (`?dataset=`; without it the embedded digits), as a generator's are shown."""
    dataset = request.query_params.get("dataset", "mnist")
    if dataset not in image_sets.TITLES:
        raise Refusal(404, "There is no such data set.")
    png = await asyncio.to_thread(image_sets.preview, dataset, "train", image_sets.ALL_DIGITS)
    return Response(png, media_type="image/png", headers=FOREVER)


async def run_zip(request: Request) -> Response:
    run = await run_of(request)
    content = await the_application().exports.run(the_registry().pack, run.name)
    headers = {"Content-Disposition": f'attachment; filename="{run.name}.zip"'}
    return Response(content, media_type="application/zip", headers=headers)


async def exported(request: Request) -> Response:
    """The run, as its last checkpoint left it, in one of the formats of `gan.export`."""
    kind = request.path_params["kind"]
    if kind not in FORMATS:
        raise Refusal(404, f"There is no format {kind[:40]!r}; it must be one of {', '.join(FORMATS)}.")
    run = await run_of(request)
    more = report_content(sender_of(request), run.name, run.run_file.desk) if kind == "report" else {}
    made = await the_application().exports.run(lambda: export_run(run.folder, kind, **more))
    headers = {"Content-Disposition": f'attachment; filename="{made.filename}"'} | REVALIDATE
    return Response(made.content, media_type=made.media_type, headers=headers)


# --- parts -------------------------------------------------------------------------------------------------------


async def _grid(request: Request, epoch: int | None) -> Response:
    run = await run_of(request)
    png = await asyncio.to_thread(newest_grid, run) if epoch is None else await asyncio.to_thread(run.grid, epoch)
    if png is None:
        raise Refusal(404, "There is no such grid.")
    caching = FOREVER if epoch is not None and "v" in request.query_params else REVALIDATE
    return cached(request, png, png, "image/png", caching)


def newest_grid(run: Run) -> bytes:
    """The images of the last checkpoint; before it those of the newest epoch, or of now, or black ones."""
    saved = run.grid(None)
    if saved is not None:
        return saved
    ended, preview = run.grid(run.snapshot().grids), run.preview
    if ended is not None:
        return ended
    return grid_png(preview.images if preview is not None else torch.zeros(GRID_IMAGES, *IMAGE_SHAPE))
