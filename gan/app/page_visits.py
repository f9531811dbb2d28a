"""Visits to the page without a browser, for measurements: they send the requests that a browser would send."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import re
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from gan.errors import LiveGANError

CONNECTIONS = 6  # that a browser makes to one server for plain requests
PATIENCE = 60.0  # seconds
KEPT_BY_THE_DOCUMENT = re.compile(rb'(?:src|href)="\.(/static/[^"]+)"')


@dataclass
class Visit:
    """The cost of a visit, in seconds from its beginning until the script ended and until the page was complete."""

    script: float = 0.0
    page: float = 0.0
    requests: int = 0
    script_bytes: int = 0
    named: dict[str, None] = field(default_factory=dict)  # files that the page's components ask for, in order
    run: str | None = None  # that the page shows


def visits(
    address: str, query: str, count: int, apart: float, cold: bool, cookies: Sequence[str] = (), code: str = ""
) -> list[Visit]:  # fmt: skip
    """Open the page `count` times, one visit every `apart` seconds; all stay until the last one is complete.

    Args:
        address: host:port of the server.
        query: of the page's address, such as "run=demo".
        cold: whether the browser has no cache, and so fetches the files that it would keep, too.
        cookies: of the students of a class, who visit the page in turn.
        code: that with which each of them first joins the class, on the page that strangers see.

    Raises:
        LiveGANError: the script failed, or a file that the page asks for is missing.
    """

    async def crowd() -> list[Visit]:
        everybody, began = asyncio.Barrier(count), time.monotonic()
        with ThreadPoolExecutor(count * CONNECTIONS) as threads:
            known = [cookies[number % len(cookies)] if cookies else "" for number in range(count)]
            browsers = [_Browser(address, threads, cold, cookie, code) for cookie in known]
            return await asyncio.gather(
                *(each.visit(query, began + number * apart, everybody) for number, each in enumerate(browsers))
            )

    return asyncio.run(crowd())


class _Browser:
    def __init__(self, address: str, threads: ThreadPoolExecutor, cold: bool, cookie: str, code: str) -> None:
        self.address = address
        self.threads = threads
        self.cold = cold
        self.cookie = cookie
        self.code = code
        self.seen = Visit()

    async def visit(self, query: str, begin: float, everybody: asyncio.Barrier) -> Visit:
        await asyncio.sleep(max(0.0, begin - time.monotonic()))
        began, seen = time.monotonic(), self.seen
        async with contextlib.AsyncExitStack() as stack:
            async with asyncio.timeout(PATIENCE):
                document = await self._fetch(["/"])
                if self.code:
                    self.cookie = await asyncio.get_running_loop().run_in_executor(
                        self.threads, join, self.address, self.code
                    )
                    document = await self._fetch(["/"])
                if self.cold:
                    await self._fetch([path.decode() for path in KEPT_BY_THE_DOCUMENT.findall(document)])
                session = await stack.enter_async_context(self._connected("_stcore/stream", "streamlit"))
                await session.send(BackMsg(rerun_script=ClientState(query_string=query)).SerializeToString())
                while not self._is_last(ForwardMsg.FromString(await session.recv(decode=False))):
                    pass
                seen.script = time.monotonic() - began
                if self.cold:
                    await self._fetch(list(seen.named))
                stream = f"runs/{seen.run}/live?list=1" if seen.run else "runs/live"
                await stack.enter_async_context(self._watching(f"api/{stream}"))
                seen.page = time.monotonic() - began
            await everybody.wait()
        return seen

    def _connected(self, path: str, *subprotocols: str) -> connect:
        return connect(
            f"ws://{self.address}/{path}", additional_headers=_headers(self.cookie),
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            compression=None, max_size=None, proxy=None, open_timeout=PATIENCE,
        )  # fmt: skip

    @contextlib.asynccontextmanager
    async def _watching(self, path: str) -> AsyncIterator[None]:
        """Read a stream; entered when its first message has arrived."""
        async with self._connected(path) as stream:
            await stream.recv()
            reader = asyncio.create_task(_read_on(stream))
            try:
                yield
            finally:
                reader.cancel()

    def _is_last(self, message: ForwardMsg) -> bool:
        """Process a message of the script; returns whether the script has ended."""
        self.seen.script_bytes += message.ByteSize()
        element = message.delta.new_element
        if element.HasField("exception"):
            raise LiveGANError(f"The script failed: {element.exception.message}")
        if element.HasField("bidi_component"):
            data = json.loads(element.bidi_component.json)
            named = [*(f"{data['ui']}/{module}" for module in data["modules"]), *data["scripts"]]
            self.seen.named |= dict.fromkeys(f"/{path}" for path in named)
            self.seen.run = data.get("run") or self.seen.run
        return message.WhichOneof("type") == "script_finished"

    async def _fetch(self, paths: Sequence[str]) -> bytes:
        """Fetch files over as many connections as a browser opens; returns the content of the first one."""
        loop = asyncio.get_running_loop()
        shares = [paths[first::CONNECTIONS] for first in range(min(CONNECTIONS, len(paths)))]
        contents = await asyncio.gather(
            *(loop.run_in_executor(self.threads, _download, self.address, share, self.cookie) for share in shares)
        )
        self.seen.requests += len(paths)
        return contents[0] if contents else b""


async def _read_on(stream: ClientConnection) -> None:
    async for _ in stream:
        pass


def join(address: str, code: str) -> str:
    """Send the form of the join page with the name that it offers; the cookie of the new student."""
    connection = http.client.HTTPConnection(address, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("POST", "/api/class/join", urlencode({"code": code, "name": "", "place": ""}))
        answer = connection.getresponse()
        cookie = answer.getheader("set-cookie")
        if cookie is None:
            raise LiveGANError(f"Nobody could join: the server answered with {answer.status}.")
        return cookie.partition(";")[0]


def _headers(cookie: str) -> dict[str, str]:
    return {"Cookie": cookie} if cookie else {}


def _download(address: str, paths: Sequence[str], cookie: str) -> bytes:
    """Fetch files one after the other on one connection; returns the content of the first one."""
    connection = http.client.HTTPConnection(address, timeout=PATIENCE)
    contents = []
    with contextlib.closing(connection):
        for path in paths:
            connection.request("GET", path, headers={"Accept-Encoding": "gzip", **_headers(cookie)})
            answer = connection.getresponse()
            contents.append(answer.read())
            if answer.status != 200:
                raise LiveGANError(f"{path} was answered with {answer.status}.")
    return contents[0]
