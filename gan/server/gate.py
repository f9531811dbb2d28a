"""Lets everybody do what the table of `gan.classroom.permissions` says, before any route or script answers."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from gan.classroom import codes
from gan.classroom.people import OWNER, Person, Role
from gan.classroom.permissions import NotAllowed, Standing, check, row_of_request
from gan.errors import Busy, LiveGANError
from gan.server.application import the_application
from gan.server.assets import PAGES
from gan.server.http import Refusal, deny, response_to
from gan.server.join_page import NOT_KEPT, join_page, same_student_page
from gan.server.own_desk import owns
from gan.server.visitors import cookie, is_local, known_as, person_of, token_in

SENT_AWAY = 1008  # the code with which a socket of somebody who was sent away is closed (RFC 6455: policy)
FOUND = "which is in LiveGAN's terminal, and on the page Class of whoever made it"
OLD_LINK = f"This is not the teacher's link, or it is an old one; open the newest, {FOUND}."
FORMER = {
    Role.TEACHER: f"This is no longer the teacher's page; to get back, open the newest teacher's link, {FOUND}.",
    Role.STUDENT: "You are no longer in this class; join it again with its code.",
}


class Gate:
    """Middleware: finds out who sends a request, and asks the table whether that person may."""

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        self.app = app
        self.base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        classroom = the_application().classroom
        person = person_of(scope, classroom)
        known = known_as(scope, person)
        if person is OWNER:
            await self.app(known, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(person, known, receive, send)
        else:
            answer = await self._page(person, known) or await self._refusal(person, known) or self.app
            await answer(known, receive, send)

    # --- pages -----------------------------------------------------------------------------------------------------

    async def _page(self, person: Person, scope: Scope) -> Response | None:
        """What answers a page instead of Streamlit: the join page, or the way on with a cookie."""
        path = scope["path"].removeprefix(self.base)
        name = path.strip("/")
        if scope["method"] not in ("GET", "HEAD") or name not in PAGES:
            return None
        root = "../" if name and path.endswith("/") else "./"
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        plain = [(key, value) for key, value in query if key not in ("teacher", "join")]
        place = name + (f"?{urlencode(plain)}" if plain else "")
        asked = dict(query)
        if "teacher" in asked:
            return await self._teacher(scope, asked["teacher"], root, place)
        if "join" in asked and len(codes.typed_code(asked["join"])) == codes.OF_A_DEVICE:
            student = the_application().classroom.of_device_code(asked["join"])
            if student.role is Role.STUDENT:
                return same_student_page(student.name, asked["join"], root)
            await the_application().slow_answers.wait()
        if person.role is Role.STRANGER:
            code = asked.get("join", "")
            return self._join_page(scope, root=root, place=place, code=code, told="" if code else _why_out(scope))
        return Response(status_code=303, headers={"Location": root + place} | NOT_KEPT) if "join" in asked else None

    async def _teacher(self, scope: Scope, key: str, root: str, place: str) -> Response:
        """The key becomes a cookie and leaves the address bar; another key gets the join page, slowly."""
        classroom = the_application().classroom
        token = await asyncio.to_thread(classroom.enter_as_teacher, key)
        if token is None:
            await the_application().slow_answers.wait()
            return self._join_page(scope, root=root, place=place, told=OLD_LINK)
        answer = Response(status_code=303, headers={"Location": root + place} | NOT_KEPT)
        answer.set_cookie(**cookie(Request(scope), classroom, token))  # type: ignore[arg-type]
        return answer

    def _join_page(self, scope: Scope, *, root: str, place: str, code: str = "", told: str = "") -> Response:
        classroom = the_application().classroom
        key = classroom.key if is_local(scope) and not classroom.opening.behind_proxy else None
        offered = classroom.offered_name()
        return join_page(offered, root=root, place=place, code=code, told=told, key=key)

    # --- everything else -------------------------------------------------------------------------------------------

    async def _refusal(self, person: Person, scope: Scope) -> Response | None:
        method = "SOCKET" if scope["type"] == "websocket" else scope["method"]
        path = scope["path"].removeprefix(self.base)
        row, run = row_of_request(method, path)
        try:
            if row is not None and row.least is Standing.OWN_DESK and run is not None:
                check(person, row, own_desk=await asyncio.to_thread(owns, person, run))
            else:
                check(person, row)
        except NotAllowed as error:
            return _response(error, error.status, path)
        return None

    async def _socket(self, person: Person, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = await self._refusal(person, scope)
        away = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hang_up() -> None:
            with suppress(RuntimeError):  # the server has ended
                loop.call_soon_threadsafe(away.set)

        classroom = the_application().classroom
        if refusal is None:
            try:
                classroom.presence.enter(person.id, hang_up)
            except Busy as error:
                refusal = _response(error, 429, scope["path"].removeprefix(self.base))
        if refusal is not None:
            with suppress(RuntimeError):  # it has left already
                await deny(WebSocket(scope, receive, send), refusal)
            return
        try:
            await self.app(scope, partial(_next_message, receive, away), send)
        finally:
            classroom.presence.leave(person.id, hang_up)
        if away.is_set():
            with suppress(RuntimeError):
                await send({"type": "websocket.close", "code": SENT_AWAY})


def _why_out(scope: Scope) -> str:
    """One sentence for a stranger whom this class knew; "" for others."""
    classroom = the_application().classroom
    former = classroom.former_role(token_in(scope, classroom))
    return "" if former is None else FORMER[former]


async def _next_message(receive: Receive, away: asyncio.Event) -> Message:
    """The next message of a socket; to the app, somebody who is sent away has left."""
    if away.is_set():
        return {"type": "websocket.disconnect", "code": SENT_AWAY}
    message, sent_away = asyncio.ensure_future(receive()), asyncio.ensure_future(away.wait())
    try:
        await asyncio.wait((message, sent_away), return_when=asyncio.FIRST_COMPLETED)
        return message.result() if message.done() else {"type": "websocket.disconnect", "code": SENT_AWAY}
    finally:
        message.cancel()
        sent_away.cancel()


def _response(error: LiveGANError, status: int, path: str) -> Response:
    if path.startswith("/api/"):
        return response_to(Refusal(status, str(error)))
    return PlainTextResponse(f"{error}\n", status, {"X-Content-Type-Options": "nosniff"})
