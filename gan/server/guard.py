"""Checks every request before anything answers: which host it is meant for, and which site it comes from."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gan.server.hosts import HOSTS, Host, OwnHosts, forwarded_hosts, parse
from gan.server.http import Refusal, deny, response_to

DEFAULT_PORTS = {"http": 80, "https": 443}
PASS_THE_HOST = "if it is LiveGAN's own, the proxy must pass it on (nginx: proxy_set_header Host $http_host)"
LIST_IT = f"if it is LiveGAN's own, list it in the variable {HOSTS} and start LiveGAN again"


class HostGuard:
    """Middleware that lets in what is meant for this server and does not come from another site's page.

    Three headers are checked, each against the names that are ours, whatever the others say: Host, the hosts that a
    trusted proxy says the request was meant for, and Origin. A rebound page of evil.example can add X-Forwarded-Host,
    even from this machine, where proxies are trusted. It cannot change its Host or its Origin, and either gives it
    away. A command's Origin must also fit one of the hosts, port included: no other server of this machine may steer.

    A server cannot see that a proxy replaces Host without saying what it was. Such a proxy has to check it itself.
    """

    def __init__(self, app: ASGIApp, ours: OwnHosts, proxies: list[str], base: str = "") -> None:
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
        try:
            self.check(scope)
        except Refusal as refusal:
            response = self._response(refusal, scope["path"])
            if scope["type"] == "websocket":
                await deny(WebSocket(scope, receive, send), response)
            else:
                await response(scope, receive, send)
            return
        await self.app(_with_the_browsers_host(scope), receive, send)  # type: ignore[arg-type]

    def check(self, scope: Scope) -> None:
        """Raises Refusal for a request that is not meant for this server, or comes from another site's page."""
        proxied = scope["client"] is not None and scope["client"][0] in self.trusted
        hosts = self._hosts(scope, proxied)
        origin, default_port = self._origin(scope)
        # Only requests that act have to fit: browsers keep other answers from pages that may not read them. So the page
        # arrives even behind a proxy that is set up wrongly, and can say so.
        if origin is None or (scope["type"] == "http" and scope["method"] in ("GET", "HEAD")):
            return
        may_lack_port = proxied and scope["server"] is not None and scope["server"][1] not in DEFAULT_PORTS.values()
        if not any(_fits(origin, default_port, host, may_lack_port) for host in hosts):
            raise _from_elsewhere(_origins(scope)[0], f"; {PASS_THE_HOST}")

    def _hosts(self, scope: Scope, proxied: bool) -> list[Host]:
        """The hosts that a request is meant for; more than one only if proxies name them."""
        headers = Headers(scope=scope)
        texts = headers.getlist("host")
        if len(texts) != 1 or not scope["path"].startswith("/"):
            raise Refusal(400, "A request must name one host, in its Host header.")
        if proxied:
            texts += forwarded_hosts(headers.getlist("x-forwarded-host"), headers.getlist("forwarded"))
        hosts = []
        for text in texts:
            host = parse(text)
            if host is None:
                raise Refusal(400, f"A request must name one host, not {_short(text)}.")
            if host.name not in self.ours:
                raise Refusal(403, f"LiveGAN does not answer to the host name {_short(host.name)}; {LIST_IT}.")
            hosts.append(host)
        return hosts

    def _origin(self, scope: Scope) -> tuple[Host | None, int]:
        """The site of the page that sends the request, and the default port of its scheme.

        The site is None for other programs, and for a browser that fetches a page, a picture or a script.
        """
        origins = _origins(scope)
        if not origins:
            return None, 0
        scheme, _, rest = origins[0].partition("://")
        origin = parse(rest) if scheme in DEFAULT_PORTS and len(origins) == 1 else None
        if origin is None:
            raise _from_elsewhere(", ".join(origins))
        if origin.name not in self.ours:
            raise _from_elsewhere(origins[0], f"; {LIST_IT}")
        return origin, DEFAULT_PORTS[scheme]

    def _response(self, refusal: Refusal, path: str) -> Response:
        if path.startswith(self.api):
            return response_to(refusal)
        return PlainTextResponse(f"{refusal}\n", refusal.status, {"X-Content-Type-Options": "nosniff"})


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


def _origins(scope: Scope) -> list[str]:
    return Headers(scope=scope).getlist("origin")


def _from_elsewhere(origin: str, hint: str = "") -> Refusal:
    return Refusal(403, f"This request came from another site, {_short(origin)}, and was refused{hint}.")


def _with_the_browsers_host(scope: Scope) -> Scope:
    """Show the app the host that the browser asked for.

    Streamlit compares Origin and Host to the letter. Where they differ it looks for the machine's address, also with a
    web site that tells it.
    """
    origins = _origins(scope)
    if not origins:
        return scope
    host = origins[0].partition("://")[2].encode("latin-1")
    return {**scope, "headers": [(name, host if name == b"host" else value) for name, value in scope["headers"]]}


def _short(text: str) -> str:
    return repr(text[:60])
