"""The routes of a run's weights, as safetensors: of an epoch, or the newest ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gan.errors import prefixed
from gan.recording import epochs, weights_file
from gan.recording.atomic_files import DamagedRun
from gan.server.application import the_application
from gan.server.http import FOREVER, REVALIDATE, cached
from gan.server.path_parameters import epoch_of, run_of


def routes(base: str) -> list[BaseRoute]:
    return [
        Route(base + "/api/runs/{name}/weights/latest.safetensors", latest_weights),
        Route(base + "/api/runs/{name}/weights/{epoch}.safetensors", epoch_weights),
        Route(base + "/api/runs/{name}/generator.safetensors", newest_generator),
    ]


async def epoch_weights(request: Request) -> Response:
    """The weights of a kept epoch as safetensors, with what a reader needs to run them in the metadata."""
    epoch = epoch_of(request)
    run = await run_of(request)
    with prefixed("The run has no such weights", DamagedRun):
        content = await asyncio.to_thread(epochs.read_packed, run.folder, epoch if epoch is not None else 0)
    caching = FOREVER if "v" in request.query_params else REVALIDATE
    return cached(request, content, _tensors(content), "application/octet-stream", caching)


async def latest_weights(request: Request) -> Response:
    """The newest weights: of a run that trains straight from its thread, else those on disk."""
    return await _newest(request, lambda content: content)


async def newest_generator(request: Request) -> Response:
    """The same without the discriminator's."""
    return await _newest(request, weights_file.without_discriminator)


async def _newest(request: Request, part: Callable[[bytes], bytes]) -> Response:
    run = await run_of(request)
    with prefixed("The run has no weights to show", DamagedRun):
        content = await the_application().newest_weights.of(run)
    wanted = await asyncio.to_thread(part, content)
    return cached(request, wanted, _tensors(wanted), "application/octet-stream", REVALIDATE)


def _tensors(content: bytes) -> bytes:
    """The part of a safetensors file behind its header; the order within the header varies."""
    return content[8 + int.from_bytes(content[:8], "little") :]
