"""What the guard lets through to the app, and what the app then sees."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from gan.server.guard import HostGuard
from gan.server.hosts import PROXIES, OwnHosts, trusted_proxies

LISTED = OwnHosts(frozenset({"gan.example"}))
Pairs = list[tuple[str, str]]


def ask(
    *headers: tuple[str, str],
    ours: OwnHosts = LISTED,
    proxies: str | None = None,
    peer: str = "127.0.0.1",
    port: int = 8501,
    path: str = "/",
    method: str = "POST",
) -> tuple[int, str, Scope]:
    """The status and text of an answer, and the request as it reached the app."""
    seen: Scope = {}
    sent: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.update(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "query_string": b"", "scheme": "http",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
        "client": (peer, 50000), "server": ("127.0.0.1", port),
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        if proxies is not None:
            patch.setenv(PROXIES, proxies)
        guard = HostGuard(app, ours, trusted_proxies())
    asyncio.run(guard(scope, receive, send))
    return sent[0]["status"], sent[1]["body"].decode(), seen


HOST, DEFAULT = ("host", "gan.example:8080"), ("host", "127.0.0.1:8501")


@pytest.mark.parametrize(
    "headers",
    [
        [HOST],
        [HOST, ("origin", "http://gan.example:8080")],
        [("host", "GAN.example."), ("origin", "https://gan.example")],
        [("host", "gan.example"), ("origin", "https://gan.example:8443")],  # nginx's $host
        [("host", "gan.example:443"), ("origin", "https://gan.example")],
        [("host", "[0:0::1]:8501"), ("origin", "http://[::1]:8501")],
        [DEFAULT, ("x-forwarded-host", "gan.example:8080"), ("origin", "http://gan.example:8080")],
        [DEFAULT, ("x-forwarded-host", "gan.example"), ("origin", "http://gan.example:8080")],
        [DEFAULT, ("forwarded", 'for=1.2.3.4;host="gan.example:8080"'), ("origin", "http://gan.example:8080")],
    ],
)
def test_what_is_meant_for_us_passes(headers: Pairs) -> None:
    assert ask(*headers)[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        [("host", "evil.example")],
        [("host", "evil.example"), ("origin", "http://evil.example")],
        [("host", "evil.example"), ("x-forwarded-host", "localhost")],  # a rebound page can add that
        [("host", "evil.example"), ("forwarded", "host=localhost")],
        [HOST, ("x-forwarded-host", "evil.example")],
        [HOST, ("x-forwarded-host", "gan.example, evil.example")],
        [HOST, ("origin", "http://evil.example")],
        [HOST, ("origin", "null")],
        [HOST, ("origin", "file://")],
        [HOST, ("origin", "http://gan.example:8080"), ("origin", "http://gan.example:8080")],
        [HOST, ("origin", "http://gan.example:8080, http://evil.example")],
        [HOST, ("origin", "http://gan.example:3000")],  # another server of that machine
        [HOST, ("origin", "http://gan.example")],
        [DEFAULT, ("origin", "http://gan.example:8080")],  # a proxy that tells nobody
    ],
)
def test_strangers_are_refused(headers: Pairs) -> None:
    status, text, seen = ask(*headers)
    assert status == 403
    assert text.endswith(".\n")
    assert not seen


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [HOST, HOST],
        [("host", "")],
        [("host", "a b")],
        [("host", "me@gan.example")],
        [HOST, ("x-forwarded-host", "a b")],
    ],
)
def test_a_request_names_one_host(headers: Pairs) -> None:
    assert ask(*headers)[0] == 400


def test_the_refusal_names_the_variable() -> None:
    sentence = (
        "LiveGAN does not answer to the host name 'evil.example'; if it is LiveGAN's own, list it in the variable "
        "LIVEGAN_HOSTS and start LiveGAN again."
    )
    assert ask(("host", "evil.example:80"))[1] == sentence + "\n"
    assert json.loads(ask(("host", "evil.example:80"), path="/api/runs")[1]) == {"error": sentence}
    assert "LIVEGAN_HOSTS" in ask(HOST, ("origin", "http://evil.example"))[1]
    assert "proxy_set_header Host $http_host" in ask(DEFAULT, ("origin", "http://gan.example:8080"))[1]


def test_only_trusted_proxies_tell_for_whom_a_request_was_meant() -> None:
    headers = [("host", "gan.example:8501"), ("x-forwarded-host", "localhost:80"), ("origin", "http://localhost")]
    assert ask(*headers)[0] == 200
    assert ask(*headers, peer="::ffff:127.0.0.1")[0] == 200  # as a server that listens for IPv6 sees it
    assert ask(*headers, peer="10.1.1.1")[0] == 403
    assert ask(*headers, peer="10.1.1.1", proxies="10.0.0.0/8")[0] == 200
    assert ask(*headers, peer="10.1.1.1", proxies="*")[0] == 200
    assert ask(*headers, proxies="10.0.0.0/8")[0] == 403


def test_only_a_proxy_loses_the_port() -> None:
    headers = [("host", "gan.example"), ("origin", "https://gan.example:8443")]
    assert ask(*headers, peer="10.1.1.1")[0] == 403
    assert ask(*headers, port=80)[0] == 403  # a browser that asks this server itself names no port either


def test_a_page_behind_a_proxy_that_hides_the_host_arrives_and_can_say_so() -> None:
    headers = [DEFAULT, ("origin", "http://gan.example:8080")]  # Chromium names it with its scripts, too
    for method, status in {"GET": 200, "HEAD": 200, "POST": 403, "PUT": 403, "OPTIONS": 403}.items():
        assert ask(*headers, method=method)[0] == status
    assert ask(DEFAULT, ("origin", "http://evil.example"), method="GET")[0] == 403


def test_with_any_host_allowed_a_page_of_another_site_is_refused_all_the_same() -> None:
    anybody = OwnHosts(frozenset(), any=True)
    assert ask(("host", "some.example"), ours=anybody)[0] == 200
    assert ask(("host", "some.example"), ("origin", "http://some.example"), ours=anybody)[0] == 200
    assert ask(("host", "some.example"), ("origin", "http://evil.example"), ours=anybody)[0] == 403


def test_the_app_sees_the_browsers_host_and_address() -> None:
    """Streamlit compares Host and Origin to the letter."""
    headers = [
        DEFAULT, ("x-forwarded-host", "GAN.example:8080"), ("origin", "https://gan.example:8080"),
        ("x-forwarded-for", "10.2.3.4"), ("x-forwarded-proto", "https"),
    ]  # fmt: skip
    seen = ask(*headers)[2]
    assert (b"host", b"gan.example:8080") in seen["headers"]
    assert (seen["client"][0], seen["scheme"]) == ("10.2.3.4", "https")
    assert ask(HOST, ("x-forwarded-for", "10.2.3.4"), peer="10.1.1.1")[2]["client"][0] == "10.1.1.1"
