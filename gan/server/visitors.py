"""Who sends a request: found from its cookie, and told to routes and scripts."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request, cookie_parser
from starlette.types import Scope

from gan.classroom.classroom import Classroom
from gan.classroom.opening import Kind
from gan.classroom.people import OWNER, Person
from gan.server.hosts import parse

# Of a person, for Streamlit's scripts, which see the headers of their socket; a browser's own is taken away.
PERSON = b"x-livegan-person"
OWNERS = "owner"  # in it, on a server that is no class
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
COOKIE_LASTS = 30 * 86_400  # seconds


def person_of(scope: Scope, classroom: Classroom) -> Person:
    """Who sends a request. On a server that is no class, its own machine is that of the one person it is for."""
    kind = classroom.opening.kind
    if kind is Kind.OPEN or (kind is Kind.ALONE and is_local(scope)):
        return OWNER
    return classroom.person(token_in(scope, classroom))


def token_in(scope: Scope, classroom: Classroom) -> str:
    """The content of this server's cookie in a request; "" if it has none."""
    cookies = cookie_parser("; ".join(Headers(scope=scope).getlist("cookie")))
    return cookies.get(classroom.cookie, "")


def known_as(scope: Scope, person: Person) -> Scope:
    """The same request for whoever answers it, with the person in it."""
    told = (person.id or OWNERS if person.role is OWNER.role else person.id).encode()
    headers = [(name, value) for name, value in scope["headers"] if name != PERSON]
    return {**scope, "headers": [*headers, (PERSON, told)], "person": person}


def sender_of(connection: HTTPConnection) -> Person:
    """The person whom the gate has found; without a gate nobody is a stranger."""
    person = connection.scope.get("person", OWNER)
    assert isinstance(person, Person)
    return person


def is_local(scope: Scope) -> bool:
    """Whether a request comes from this machine, was meant for localhost, and went through no proxy that says so."""
    headers, client = Headers(scope=scope), scope["client"]
    if client is None or any(name in headers for name in FORWARDED):
        return False
    host = parse(headers.get("host", ""))
    return host is not None and is_loopback(client[0]) and is_loopback(host.name)


def cookie(request: Request, classroom: Classroom, token: str) -> dict[str, str | int | bool]:
    """The arguments of `Response.set_cookie` that make somebody known."""
    return {
        "key": classroom.cookie,
        "value": token,
        "max_age": COOKIE_LASTS,
        "httponly": True,
        "samesite": "lax",  # a link to LiveGAN from elsewhere finds the student
        "secure": request.url.scheme == "https",
    }


def is_loopback(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
