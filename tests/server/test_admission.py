"""Who is let in; `faults/test_crowding.py` fills a real server."""

from __future__ import annotations

import asyncio

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gan.limits import MAX_UPLOADS
from gan.server.admission import Admission

UPLOAD = "/base/_stcore/upload_file/session/file"


def test_further_uploads_are_refused_with_the_limit_while_as_many_are_under_way_as_may() -> None:
    async def scene() -> None:
        gate, begun = asyncio.Event(), asyncio.Semaphore(0)

        async def upload(_request: Request) -> PlainTextResponse:
            begun.release()
            await gate.wait()
            return PlainTextResponse("kept")

        app = Starlette(routes=[Route(UPLOAD, upload, methods=["PUT"])])
        transport = httpx.ASGITransport(Admission(app, "/base"))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            running = [asyncio.create_task(client.put(UPLOAD)) for _ in range(MAX_UPLOADS)]
            for _ in running:
                await begun.acquire()
            refused = await client.put(UPLOAD)
            assert refused.status_code == 429
            assert refused.text == f"{MAX_UPLOADS} files are being uploaded already; try again in a moment."
            gate.set()
            assert [(await each).text for each in running] == ["kept"] * MAX_UPLOADS
            assert (await client.put(UPLOAD)).text == "kept"

    asyncio.run(scene())
