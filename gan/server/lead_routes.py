"""The routes through which a teacher's page leads the class: what it shows, and the sentence for which all look up."""

from __future__ import annotations

import asyncio

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gan import strict_json
from gan.limits import MAX_LEAD
from gan.server.application import the_application
from gan.server.http import Refusal, small_body

DONE = {"ok": True}


def routes(base: str) -> list[BaseRoute]:
    return [
        Route(base + "/api/class/lead", lead, methods=["POST"]),
        Route(base + "/api/class/look-up", look_up, methods=["POST"]),
    ]


async def lead(request: Request) -> Response:
    """Post `{"leader": TAB, "place": {...}}`: students' pages follow this tab; `{"leader": null}` lets them go."""
    await asyncio.to_thread(the_application().lead.follow, await small_body(request, MAX_LEAD))
    return strict_json.response(DONE)


class LookUp(BaseModel):
    """The sentence that all students see; null releases them."""

    model_config = ConfigDict(extra="forbid")
    sentence: str | None


async def look_up(request: Request) -> Response:
    """Post `{"sentence": "..."}`: students' pages are dimmed until it is null."""
    try:
        asked = LookUp.model_validate_json(await small_body(request, MAX_LEAD))
    except ValidationError:
        raise Refusal(400, 'What students look up for is a JSON object such as {"sentence": "Look up."}.') from None
    await asyncio.to_thread(the_application().lead.look_up, asked.sentence)
    return strict_json.response(DONE)
