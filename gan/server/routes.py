"""All routes beside the Streamlit page; each subject has a module of its own. Starlette only."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gan import __version__, strict_json
from gan.server import (
    class_questions,
    class_routes,
    commands,
    datasets,
    downloads,
    explanations,
    lead_routes,
    league_routes,
    notes_route,
    page_files,
    playground,
    reports,
    room_routes,
    step_through,
    streams,
    views,
    weights,
)
from gan.server.application import the_application, the_registry
from gan.server.no_route import with_no_route


def routes(base: str = "") -> list[BaseRoute]:
    """All routes, for `st.App(routes=...)`, below the path `base` ("" or "/name") of the server."""
    subjects = (
        streams,
        commands,
        downloads,
        notes_route,
        weights,
        playground,
        step_through,
        datasets,
        views,
        explanations,
        page_files,
        class_routes,
        lead_routes,
        class_questions,
        room_routes,
        league_routes,
        reports,
    )
    plain = [Route(base + "/api/health", health), Route(base + "/api/runs", runs)]
    return with_no_route(base, [*plain, *(route for subject in subjects for route in subject.routes(base))])


async def health(_request: Request) -> Response:
    return strict_json.response({"status": "ok", "version": __version__, "read_only": the_registry().read_only})


async def runs(_request: Request) -> Response:
    """The list of runs as JSON."""
    return Response((await the_application().hub.listing()).text, media_type="application/json")
