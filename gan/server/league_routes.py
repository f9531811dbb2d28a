"""The routes of the league: the teacher opens, hides, ends and clears it; students enter, withdraw and come back."""

from __future__ import annotations

import asyncio
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gan import strict_json
from gan.limits import MAX_LEAGUE
from gan.server.application import the_application
from gan.server.http import Refusal, small_body
from gan.server.visitors import sender_of

DONE = {"ok": True}
Body = TypeVar("Body", bound=BaseModel)


def routes(base: str) -> list[BaseRoute]:
    return [
        Route(base + "/api/class/league/open", open_league, methods=["POST"]),
        Route(base + "/api/class/league/act", act, methods=["POST"]),
        Route(base + "/api/class/league/replay", replay, methods=["POST"]),
        Route(base + "/api/class/league/enter", enter, methods=["POST"]),
        Route(base + "/api/class/league/withdraw", withdraw, methods=["POST"]),
        Route(base + "/api/class/league/rejoin", rejoin, methods=["POST"]),
        Route(base + "/api/class/league/own", own),
        Route(base + "/api/class/league.csv", table),
    ]


class Acting(BaseModel):
    model_config = ConfigDict(extra="forbid")
    act: Literal["show", "own", "hide", "end", "clear"]


class OfRun(BaseModel):
    model_config = ConfigDict(extra="forbid")
    run: str


class Entering(BaseModel):
    """`values`: those of the free knobs that differ from the league's."""

    model_config = ConfigDict(extra="forbid")
    values: dict[str, Any] = {}


async def open_league(request: Request) -> Response:
    """Post `{"budget": 500, "base": "lecture", "free": ["lr_g"], "hidden": false}`; without `free` all knobs are."""
    await asyncio.to_thread(the_application().league.open, await small_body(request, MAX_LEAGUE))
    return strict_json.response(DONE)


async def act(request: Request) -> Response:
    """Post `{"act": "show"}`, "own" (students see their own places), "hide", "end" or "clear"."""
    league = the_application().league
    acts = {
        "show": league.show, "own": lambda: league.hide(own=True), "hide": lambda: league.hide(own=False),
        "end": league.end, "clear": league.clear,
    }  # fmt: skip
    await asyncio.to_thread(acts[(await _asked(request, Acting)).act])
    return strict_json.response(DONE)


async def replay(request: Request) -> Response:
    """Post `{"run": NAME}`: the entry is trained again from its record; the table says what came of it."""
    await asyncio.to_thread(the_application().league.replay, (await _asked(request, OfRun)).run)
    return strict_json.response(DONE, 202)


async def enter(request: Request) -> Response:
    """Post `{"values": {"lr_g": 0.001}}`: starts a student's entry; the answer names its run."""
    application, person = the_application(), sender_of(request)
    values = (await _asked(request, Entering)).values
    name = await application.commands.run(application.league.enter, person, values)
    return strict_json.response(DONE | {"name": name}, 202)


async def withdraw(request: Request) -> Response:
    """Post `{"run": NAME}`: takes an own entry out of the league."""
    person, asked = sender_of(request), await _asked(request, OfRun)
    await asyncio.to_thread(the_application().league.withdraw, person, asked.run)
    return strict_json.response(DONE)


async def rejoin(request: Request) -> Response:
    """Post `{"run": NAME}`: has an entry take part again."""
    person, asked = sender_of(request), await _asked(request, OfRun)
    await asyncio.to_thread(the_application().league.rejoin, person, asked.run)
    return strict_json.response(DONE)


async def own(request: Request) -> Response:
    """The rows of one's own entries: with their places if the teacher has students see these."""
    rows = await asyncio.to_thread(the_application().league.own, sender_of(request))
    return strict_json.response({"rows": rows}, headers={"Cache-Control": "no-store"})


async def table(_request: Request) -> Response:
    """The table as CSV."""
    content = await asyncio.to_thread(the_application().league.as_csv)
    headers = {"Content-Disposition": 'attachment; filename="league.csv"', "Cache-Control": "no-store"}
    return Response(content, media_type="text/csv", headers=headers)


async def _asked(request: Request, kind: type[Body]) -> Body:
    try:
        return kind.model_validate_json(await small_body(request, MAX_LEAGUE))
    except ValidationError:
        raise Refusal(400, "This is nothing that a league could do; reload the page.") from None
