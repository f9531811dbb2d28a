"""The routes of a class: joining, and who one is."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gan import strict_json
from gan.classroom import codes
from gan.classroom.classroom import JoinRefused, WrongCode
from gan.classroom.people import Role
from gan.limits import MAX_JOIN_FORM, MAX_STUDENT_NAME
from gan.server.application import the_application
from gan.server.assets import PAGES
from gan.server.http import Refusal, small_body
from gan.server.join_page import NOT_KEPT, join_page
from gan.server.visitors import cookie, sender_of

PLACE = re.compile(rf"({'|'.join(PAGES)})(\?[\x21-\x7e]{{0,1000}})?")  # after joining; never another site
ROOT = "../../"  # from the addresses of these routes


def routes(base: str) -> list[BaseRoute]:
    return [
        Route(base + "/api/class/me", me),
        Route(base + "/api/class/join", join, methods=["POST"]),
    ]


async def me(request: Request) -> Response:
    """The role and the name of whoever asks."""
    person = sender_of(request)
    return strict_json.response({"role": person.role, "name": person.name}, headers={"Cache-Control": "no-store"})


async def join(request: Request) -> Response:
    """Become a student, with the code of the class and a name, or another device of one, with its code."""
    body = await small_body(request, MAX_JOIN_FORM)
    form = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    code, name, place = form.get("code", ""), form.get("name", ""), form.get("place", "")
    place = place if PLACE.fullmatch(place) else ""
    classroom = the_application().classroom
    answer = Response(status_code=303, headers={"Location": f"{ROOT}{place}" if place else ROOT} | NOT_KEPT)
    if sender_of(request).role is not Role.STRANGER and len(codes.typed_code(code)) != codes.OF_A_DEVICE:
        return answer
    try:
        if not body:
            raise JoinRefused(f"A name has at most {MAX_STUDENT_NAME} characters.")
        token = await asyncio.to_thread(lambda: classroom.join(code, name or classroom.offered_name()))
    except JoinRefused as error:
        if isinstance(error, WrongCode):
            await the_application().slow_answers.wait()
        if "text/html" not in request.headers.get("accept", ""):
            raise Refusal(400, str(error)) from None
        offered = classroom.offered_name()
        return join_page(offered, root=ROOT, place=place, code=code, name=name, told=str(error), status=400)
    answer.set_cookie(**cookie(request, classroom, token))  # type: ignore[arg-type]
    return answer
