"""The routes through which pages act on a run: commands, measuring its images, training it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gan import strict_json
from gan.limits import MAX_COMMAND
from gan.recording.commands import parse_command
from gan.runs.registry import RunRegistry
from gan.server.application import the_application
from gan.server.http import Refusal, small_body
from gan.server.own_desk import asked_by, desk_of
from gan.server.visitors import sender_of


def routes(base: str) -> list[BaseRoute]:
    return [
        Route(base + "/api/runs/{name}/commands", command, methods=["POST"]),
        Route(base + "/api/runs/{name}/measure", measure, methods=["POST"]),
        Route(base + "/api/runs/{name}/again", again, methods=["POST"]),
    ]


class CommandRequest(BaseModel):
    """The body of a command: `kind` is pause, resume, step, stop or set; `values` are knobs by name."""

    kind: str
    values: dict[str, Any] | None = None


async def command(request: Request) -> Response:
    """Post `{"kind": ..., "values": {...}}` to a run; 202, or one sentence that says what is wrong with it."""
    try:
        wanted = CommandRequest.model_validate_json(await small_body(request, MAX_COMMAND))
    except ValidationError:
        raise Refusal(400, 'A command is a JSON object such as {"kind": "set", "values": {"lr_g": 0.001}}.') from None
    by = asked_by(sender_of(request))
    league = the_application().league

    def obey(registry: RunRegistry, name: str) -> None:
        asked = parse_command(wanted.kind, wanted.values)
        league.check_command(name, asked)
        registry.command(name, asked, by)

    return await _act(request, obey)


async def measure(request: Request) -> Response:
    """Measure all kept epochs of a run that have no score yet; 202. The live stream reports the progress."""
    return await _act(request, lambda registry, name: registry.measure(name))


async def again(request: Request) -> Response:
    """Start a run that trains the recording of another one again, for who asks; 202 with its name, or one sentence."""
    desk = desk_of(sender_of(request))
    return await _act(request, lambda registry, name: registry.train_again(name, desk=desk).name)


async def _act(request: Request, act: Callable[[RunRegistry, str], str | None]) -> Response:
    """Call `act` with the run that a request names; if it returns the name of a new run, the answer holds it."""
    application = the_application()
    made = await application.commands.run(act, application.registry, request.path_params["name"])
    return strict_json.response({"ok": True} | ({"name": made} if made else {}), 202)
