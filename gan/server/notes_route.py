"""The notes of a run, which its owner types on the page and its lab report shows."""

from __future__ import annotations

import asyncio

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gan import strict_json
from gan.limits import MAX_NOTES, MAX_NOTES_BODY
from gan.recording import notes
from gan.server.application import the_registry
from gan.server.http import Refusal, small_body
from gan.server.path_parameters import run_of


def routes(base: str) -> list[BaseRoute]:
    path = base + "/api/runs/{name}/notes"
    return [Route(path, noted), Route(path, note, methods=["POST"])]


class Notes(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str


async def noted(request: Request) -> Response:
    """`{"text": ...}`."""
    run = await run_of(request)
    text = await asyncio.to_thread(notes.read, run.folder)
    return strict_json.response({"text": text}, headers={"Cache-Control": "no-store"})


async def note(request: Request) -> Response:
    """Post `{"text": ...}`: the notes from now on."""
    body = await small_body(request, MAX_NOTES_BODY)
    if not body:
        raise Refusal(413, f"Notes have at most {MAX_NOTES:,} characters.")
    try:
        text = Notes.model_validate(strict_json.loads(body, 10)).text
    except (ValidationError, strict_json.NotJSON):
        raise Refusal(400, 'Notes are a JSON object, {"text": "..."}.') from None
    await asyncio.to_thread(the_registry().note, request.path_params["name"], text)
    return strict_json.response({"ok": True})
