"""Who may do what: one table for every route, every WebSocket and everything that a page's script can change.

`gan.server.gate` asks it before a route answers, and `gan.app.acting` before a script acts. What has no row is refused
to everybody but the teacher.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from gan.classroom.people import Person, Role
from gan.errors import LiveGANError


class Standing(IntEnum):
    """What somebody is to a thing; each may do all that those before it may."""

    STRANGER = 0
    STUDENT = 1
    OWN_DESK = 2  # a student, and the run is of the student's own desk
    TEACHER = 3


@dataclass(frozen=True)
class Row:
    """Something that one can do, and the least standing that it takes.

    `routes`: "METHOD path", as Starlette writes paths below the server's own; SOCKET is a WebSocket, and ANY every
    method. `calls`: the functions of `gan.app.acting`.
    """

    what: str
    least: Standing
    routes: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()


STRANGER, STUDENT, OWN_DESK, TEACHER = Standing
RUN = "/api/runs/{name}"

TABLE = (
    Row("join", STRANGER, (
        "POST /api/class/join", "GET /api/class/me", "GET /api/health", "GET /static/{path:path}", "GET /favicon.png",
        "GET /api/ui/{path:path}",  # in a page whose student has just been removed, a script there leads to joining
    )),
    Row("leave the class", STUDENT, (), ("use_another_device", "leave_class")),
    Row("see the page", STUDENT, (
        "GET /", "GET /train", "GET /playground", "GET /runs", "GET /data", "GET /words", "GET /lessons",
        "GET /class",
        "GET /api/plotly.js", "GET /api/real.png", "GET /api/datasets/{dataset}",
        "SOCKET /_stcore/stream", "GET /_stcore/health", "GET /_stcore/host-config", "GET /media/{file_id:path}",
        "GET /component/{path:path}", "GET /_stcore/bidi-components/{path:path}",
    )),
    Row("watch runs", STUDENT, (
        "GET /api/runs", "SOCKET /api/runs/live", f"SOCKET {RUN}/live", f"GET {RUN}/grids/latest.png",
        f"GET {RUN}/grids/{{epoch}}.png", f"GET {RUN}/epochs", f"GET {RUN}/quality.json", f"GET {RUN}/next-batch",
        f"GET {RUN}/views/{{view}}", f"SOCKET {RUN}/views/{{view}}", f"GET {RUN}/weights/latest.safetensors",
        f"GET {RUN}/weights/{{epoch}}.safetensors", f"GET {RUN}/generator.safetensors", f"GET {RUN}/explanation",
    )),
    Row("play with a run's images", STUDENT, (f"POST {RUN}/nearest", f"POST {RUN}/generate")),
    Row("take a run home", STUDENT, (f"GET {RUN}/run.zip", f"GET {RUN}/export/{{kind}}")),
    Row("steer this run", OWN_DESK, (f"POST {RUN}/commands",), ("command",)),
    Row("note something of this run", OWN_DESK, (f"GET {RUN}/notes", f"POST {RUN}/notes")),
    Row("measure this run", OWN_DESK, (f"POST {RUN}/measure",)),
    Row("delete this run", OWN_DESK, (), ("delete",)),
    Row("enter the league", STUDENT, (
        "POST /api/class/league/enter", "POST /api/class/league/withdraw", "POST /api/class/league/rejoin",
        "GET /api/class/league/own",
    )),
    Row("train this run again", OWN_DESK, (f"POST {RUN}/again",)),
    Row("start runs", STUDENT, (), ("start", "branch")),
    Row("answer a question", STUDENT, ("GET /api/class/question", "POST /api/class/question/{question}/answer")),
    Row("ask the class", TEACHER, ("POST /api/class/question", "POST /api/class/question/{question}")),
    Row("download data sets", TEACHER, (
        "POST /api/datasets/{dataset}/download", "DELETE /api/datasets/{dataset}/download",
    ), ("download", "cancel_download")),
    Row("add runs", TEACHER, (
        "PUT /_stcore/upload_file/{session_id}/{file_id}", "DELETE /_stcore/upload_file/{session_id}/{file_id}",
    ), ("unpack",)),
    Row("hide or restore runs, or empty the bin", TEACHER, (),
        ("hide", "restore", "empty_bin", "restore_aside", "discard_aside")),
    Row("lead the class", TEACHER, (
        "POST /api/class/lead", "POST /api/class/look-up", "SOCKET /api/class/room/live",
        "POST /api/class/league/open", "POST /api/class/league/act", "POST /api/class/league/replay",
        "GET /api/class/league.csv", "GET /api/class/reports.zip",
    ),
        ("remove_student", "renew_code", "renew_key", "close_class", "set_desk_limits", "clear_desks")),
    Row("see the server's own figures", TEACHER, (
        "GET /_stcore/metrics", "GET /auth/login", "GET /auth/logout", "GET /oauth2callback",
        "ANY /_stcore/agent/interact", "ANY /_stcore/agent/openapi.json", "ANY /_stcore/agent/mcp",
    )),
    # What answers addresses that name nothing.
    Row("find nothing", STUDENT, (
        "GET /api", "GET /api/{path:path}", "SOCKET /api", "SOCKET /api/{path:path}", "GET /{path:path}",
    )),
)  # fmt: skip

JOIN_FIRST = "Join the class first: open LiveGAN's page and type the code that your teacher shows."


class NotAllowed(LiveGANError):
    """Somebody asked for what only others may do; `status` is that of an HTTP answer."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def check(person: Person, row: Row | None, *, own_desk: bool = False) -> None:
    """Raise NotAllowed unless this person may do what the row is about; `own_desk`: the run is of the person's desk."""
    if standing(person, own_desk=own_desk) >= (row.least if row is not None else TEACHER):
        return
    if person.role is Role.STRANGER:
        raise NotAllowed(JOIN_FIRST, 401)
    what = row.what if row is not None else "do this"
    if row is not None and row.least is OWN_DESK:
        raise NotAllowed(f"Only the teacher can {what}, since it is not on your desk.", 403)
    raise NotAllowed(f"Only the teacher can {what}.", 403)


def standing(person: Person, *, own_desk: bool = False) -> Standing:
    match person.role:
        case Role.TEACHER:
            return TEACHER
        case Role.STUDENT:
            return OWN_DESK if own_desk else STUDENT
    return STRANGER


def row_of_call(name: str) -> Row:
    """The row of a function of `gan.app.acting`."""
    return next(row for row in TABLE if name in row.calls)


def row_of_request(method: str, path: str) -> tuple[Row | None, str | None]:
    """The row of a request, and the run that it names; `method`: HTTP's, or SOCKET; `path`: below the server's own."""
    asked = "GET" if method in ("HEAD", "OPTIONS") else method
    for wanted, pattern, row in _patterns():
        if wanted in (asked, "ANY") and (match := pattern.fullmatch(path)):
            return row, match.groupdict().get("name")
    return None, None


@cache
def _patterns() -> list[tuple[str, re.Pattern[str], Row]]:
    found = []
    for row in TABLE:
        for route in row.routes:
            method, path = route.split(" ", 1)
            found.append((method, re.compile(_expression(path)), row))
    return found


def _expression(path: str) -> str:
    """A path of Starlette as a regular expression."""
    parts = re.split(r"{(\w+)(:path)?}", path)
    names = zip(parts[1::3], parts[2::3], strict=True)
    fillings = [f"(?P<{name}>{'.*' if rest else '[^/]+'})" for name, rest in names]
    return "".join(re.escape(text) + filling for text, filling in zip(parts[::3], [*fillings, ""], strict=True))
