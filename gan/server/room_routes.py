"""The room as the teacher sees it: who is there, and what each desk's newest run is doing."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gan import strict_json
from gan.data.grid import grid_png
from gan.errors import LiveGANError
from gan.runs.run import Run
from gan.runs.summary import RunSummary
from gan.server.application import Application, the_application
from gan.server.downloads import newest_grid
from gan.server.http import REVALIDATE, Refusal, cached
from gan.server.path_parameters import run_of

MOVES = 2  # of its knobs that are told of a desk, the last ones
AWAKE = ("running", "paused", "queued")


def routes(base: str) -> list[BaseRoute]:
    return [
        Route(base + "/api/class/room", room),
        Route(base + "/api/class/room/{name}.png", picture),
    ]


async def room(_request: Request) -> Response:
    """All who have joined, in that order, each with the newest run of the own desk."""
    desks = await asyncio.to_thread(_desks, the_application())
    return strict_json.response({"desks": desks}, headers={"Cache-Control": "no-store"})


async def picture(request: Request) -> Response:
    """The newest images of a desk's run; `?b=` names the batch, so that a browser asks only for what it lacks."""
    run = await run_of(request)
    png = await asyncio.to_thread(_picture, run)
    if png is None:
        raise Refusal(404, "There is no such grid.")
    return cached(request, png, png, "image/png", REVALIDATE)


def _desks(application: Application) -> list[dict[str, Any]]:
    newest: dict[str, RunSummary] = {}
    for summary in application.registry.summaries():  # the newest first
        if summary.desk is not None:
            before = newest.get(summary.desk.id)
            if before is None or (summary.state in AWAKE and before.state not in AWAKE):
                newest[summary.desk.id] = summary
    here = application.classroom.presence.is_here
    return [
        {
            "id": student.id, "name": student.name, "here": here(student.id),
            "run": _run(application, newest[student.id]) if student.id in newest else None,
        }
        for student in application.classroom.students()
    ]  # fmt: skip


def _run(application: Application, summary: RunSummary) -> dict[str, Any]:
    told = {
        "name": summary.name, "title": summary.title, "state": summary.state, "epoch": summary.epoch,
        "fid": summary.fid, "fid_epoch": summary.fid_epoch, "moves": [], "pictured": summary.batch,
    }  # fmt: skip
    try:
        run = application.registry.get(summary.name)
    except LiveGANError:  # it is damaged, or was deleted just now
        return told
    if run.active:
        run.want_preview()
    if run.scores.all:
        told |= {"fid": run.scores.all[-1].quality.fid, "fid_epoch": run.scores.all[-1].epoch}
    if run.preview is not None:
        told["pictured"] = run.preview.batch
    return told | {"moves": [dataclasses.asdict(mark) for mark in run.snapshot().marks[-MOVES:]]}


def _picture(run: Run) -> bytes | None:
    return grid_png(run.preview.images) if run.preview is not None else newest_grid(run)
