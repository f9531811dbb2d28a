"""What is checked before anything answers: for which host a request is meant, from where it comes, how long it is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gan.hosts import HOSTS, Host, OwnHosts, forwarded_hosts, parse

DEFAULT_PORTS = {"http": 80, "https": 443}
PASS_THE_HOST = "if it is LiveGAN's own, the proxy must pass it on (nginx: proxy_set_header Host $http_host)"
UNTIL_CLOSED = 0.1  # seconds for a refused WebSocket's connection to end; uvicorn logs an error if it is still open


@dataclass(frozen=True)
class Refusal:
    status: int
    sentence: str


class HostGuard:
    """Middleware that lets in what is meant for this server and does not come from another site's page.

    Three headers are checked, each against the names that are ours, whatever the others say: Host, the hosts that a
    trusted proxy says the request was meant for, and Origin. A rebound page of evil.example can add X-Forwarded-Host,
    even from this machine, where proxies are trusted. It cannot change its Host or its Origin, and either gives it
    away. An Origin must also fit one of the hosts, port included, so that no other server of the same machine steers.

    What no server can see: a proxy that replaces Host and tells nobody by what. Such a proxy has to check it itself.
    """

    def __init__(self, app: ASGIApp, ours: OwnHosts, proxies: str, base: str = "") -> None:
        """`proxies`: those that are trusted; `base`: the path that the server lives under, "" or "/name"."""
        # uvicorn's reading of the addresses; behind the guard it also tells the others from where a request came.
        self.app = ProxyHeadersMiddleware(app, proxies)  # type: ignore[arg-type]
        self.trusted = self.app.trusted_hosts
        self.ours = ours
        self.api = f"{base}/api/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)  # type: ignore[arg-type]
            return
        refusal = self.refusal(scope)
        if refusal is None:
            await self.app(_with_the_browsers_host(scope), receive, send)  # type: ignore[arg-type]
            return
        response = self._response(refusal, scope["path"])
        if scope["type"] == "websocket":
            await deny(WebSocket(scope, receive, send), response)
        else:
            await response(scope, receive, send)

    def refusal(self, scope: Scope) -> Refusal | None:
        """Why a request is not answered, if it is not."""
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or not scope["path"].startswith("/"):
            return Refusal(400, "A request must name one host, in its Host header.")
        proxied = scope["client"] is not None and scope["client"][0] in self.trusted
        if proxied:
            hosts += forwarded_hosts(headers.getlist("x-forwarded-host"), headers.getlist("forwarded"))
        named = [parse(host) for host in hosts]
        for text, host in zip(hosts, named, strict=True):
            if host is None:
                return Refusal(400, f"A request must name one host, not {_short(text)}.")
            if host.name not in self.ours:
                return Refusal(403, f"LiveGAN does not answer to the host name {_short(host.name)}; {_listing()}.")
        may_lack_port = proxied and scope["server"] is not None and scope["server"][1] not in DEFAULT_PORTS.values()
        return self._foreign(origins, [host for host in named if host is not None], may_lack_port)

    def _foreign(self, origins: list[str], hosts: list[Host], may_lack_port: bool) -> Refusal | None:
        """Why the page that asks may not, if a browser names one."""
        if not origins:
            return None  # another program, or a browser that fetches a page, a picture or a script
        scheme, _, rest = origins[0].partition("://")
        origin = parse(rest) if scheme in DEFAULT_PORTS else None
        refused = f"This request came from another site, {_short(rest or origins[0])}, and was refused"
        if len(origins) > 1 or origin is None:
            return Refusal(403, f"{refused}.")
        if origin.name not in self.ours:
            return Refusal(403, f"{refused}; {_listing()}.")
        if any(_fits(origin, DEFAULT_PORTS[scheme], host, may_lack_port) for host in hosts):
            return None
        return Refusal(403, f"{refused}; {PASS_THE_HOST}.")

    def _response(self, refusal: Refusal, path: str) -> Response:
        if path.startswith(self.api):
            return JSONResponse({"error": refusal.sentence}, refusal.status)
        return PlainTextResponse(refusal.sentence + "\n", refusal.status, {"X-Content-Type-Options": "nosniff"})


async def deny(socket: WebSocket, response: Response) -> None:
    """Answer a handshake with this instead of a WebSocket."""
    await socket.send_denial_response(response)
    await asyncio.sleep(UNTIL_CLOSED)


def same_origin(connection: HTTPConnection) -> bool:
    """Browsers name the page that asks; another site's page may not steer. Other programs name none."""
    origin = connection.headers.get("origin")
    return origin is None or origin.partition("://")[2] == connection.headers.get("host")


async def small_body(request: Request, most: int) -> bytes:
    """The body of a request, nothing of one longer than `most` bytes; raises ClientDisconnect."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return b""
    return body


# --- parts -------------------------------------------------------------------------------------------------------


def _fits(origin: Host, default_port: int, host: Host, may_lack_port: bool) -> bool:
    """Whether a page of `origin` asks the server that `host` names.

    nginx's `$host` is the name without the port. A browser that asks this server itself always names the port, unless
    that is a default one, so only proxies lose it.
    """
    if origin.name != host.name:
        return False
    if host.port is None:
        return may_lack_port or origin.port in (None, default_port)
    return (origin.port or default_port) == host.port


def _with_the_browsers_host(scope: Scope) -> Scope:
    """Let the app see the host that the browser asked for.

    Streamlit compares Origin and Host to the letter. Where they differ it looks for the machine's address, also with a
    web site that tells it.
    """
    origin = Headers(scope=scope).get("origin")
    if origin is None:
        return scope
    host = origin.partition("://")[2].encode("latin-1")
    return {**scope, "headers": [(name, host if name == b"host" else value) for name, value in scope["headers"]]}


def _listing() -> str:
    return f"if it is LiveGAN's own, list it in the variable {HOSTS} and start LiveGAN again"


def _short(text: str) -> str:
    return repr(text[:60])
