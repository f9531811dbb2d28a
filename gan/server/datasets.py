"""The routes of the data sets: whether one is on this computer, and its download."""

from __future__ import annotations

import asyncio
import dataclasses

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gan import strict_json
from gan.data import image_sets
from gan.data.idx import TITLES
from gan.server.application import the_application
from gan.server.http import Refusal


def routes(base: str) -> list[BaseRoute]:
    return [
        Route(base + "/api/datasets/{dataset}", dataset),
        Route(base + "/api/datasets/{dataset}/download", download, methods=["POST", "DELETE"]),
    ]


async def dataset(request: Request) -> Response:
    """The title of a data set, the cost of its download, and how far that has come."""
    name = request.path_params["dataset"]
    _check(name)
    status = await asyncio.to_thread(the_application().downloads.status, name)
    offer = image_sets.DOWNLOADS.get(name)
    about = {"dataset": name, "title": TITLES[name], "cost": offer.cost if offer else None}
    return strict_json.response(about | dataclasses.asdict(status))


async def download(request: Request) -> Response:
    """POST begins a download or joins the one in progress; DELETE cancels it for everyone. 202."""
    name = request.path_params["dataset"]
    _check(name)
    if name not in image_sets.DOWNLOADS:
        raise Refusal(400, f"{TITLES[name]} comes with LiveGAN.")
    downloads = the_application().downloads
    act = downloads.begin if request.method == "POST" else downloads.cancel
    await asyncio.to_thread(act, name)
    return strict_json.response({"ok": True}, 202)


def _check(name: str) -> None:
    if name not in TITLES:
        raise Refusal(404, f"There is no data set {name[:40]!r}; it must be one of {', '.join(TITLES)}.")
