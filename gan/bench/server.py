"""The app as a user starts it, in a separate process with its own port and folder; and its use of resources."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gan.app.page_visits import join
from gan.bench.crowd import Door
from gan.errors import LiveGANError
from gan.runs.registry import ROOT, RunRegistry
from gan.settings import Settings

PATIENCE = 60.0  # seconds after which a wait fails
POLL = 0.05


@dataclass(frozen=True)
class App:
    """The running app. `address` is host:port; `log` is its output.

    Of a class, `teacher` is the teacher's cookie, `code` that with which students join, and `students` are the cookies
    of those who have.
    """

    address: str
    folder: Path
    pid: int
    log: Path
    teacher: str = ""
    code: str = ""
    students: tuple[str, ...] = ()

    @property
    def door(self) -> Door:
        return Door(self.address, self.students)

    def get(self, path: str) -> Any:
        """The JSON that a route returns."""
        request = urllib.request.Request(f"http://{self.address}{path}", headers=self._headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def command(self, name: str, kind: str, **values: Any) -> None:
        body = json.dumps({"kind": kind, "values": values} if values else {"kind": kind}).encode()
        request = urllib.request.Request(f"http://{self.address}/api/runs/{name}/commands", body, self._headers)
        with urllib.request.urlopen(request, timeout=PATIENCE):
            pass

    @property
    def _headers(self) -> dict[str, str]:
        return {"Cookie": self.teacher} if self.teacher else {}

    def summary(self, name: str) -> dict[str, Any]:
        """A run as in the list of runs, where its batch and seconds are of the same moment."""
        return next(summary for summary in self.get("/api/runs")["runs"] if summary["name"] == name)

    def go(self, name: str) -> None:
        """Let a run train, and wait until it does."""
        before = self.summary(name)["batch"]
        self.command(name, "resume")
        wait_until(lambda: self.summary(name)["batch"] > before, f"run {name} to train")

    def rest(self, name: str) -> None:
        """Pause a run, and wait until it rests."""
        self.command(name, "pause")
        wait_until(lambda: self.summary(name)["state"] == "paused", f"run {name} to rest")

    def memory(self) -> float:
        """MB of memory that only the server uses."""
        return float(process(self.pid).memory_full_info().uss) / 1e6

    def handles(self) -> int:
        """Open files and connections."""
        server = process(self.pid)
        return int(server.num_handles() if sys.platform == "win32" else server.num_fds())

    def connections(self) -> int:
        """Connections that others have to it."""
        port = int(self.address.rpartition(":")[2])
        mine = process(self.pid).net_connections("tcp")
        return sum(each.laddr.port == port and each.status == "ESTABLISHED" for each in mine)

    def processor_seconds(self) -> dict[int, float]:
        """How long each of its threads has computed, by the thread's id."""
        return {each.id: each.user_time + each.system_time for each in process(self.pid).threads()}

    def threads(self) -> int:
        return int(process(self.pid).num_threads())


@contextlib.contextmanager
def class_of(folder: Path, students: int, handles: int | None = None) -> Iterator[App]:
    """Start the app open to a class that this many students have joined; see `running_app`."""
    with running_app(folder, handles, LIVEGAN_HOSTS="class.example") as app:
        kept = json.loads((folder / ".class.json").read_text("utf-8"))
        joined = tuple(join(app.address, kept["code"]) for _ in range(students))
        yield replace(app, teacher=_become_teacher(app.address, kept["key"]), code=kept["code"], students=joined)


def _become_teacher(address: str, key: str) -> str:
    """Open the teacher's link; the cookie."""
    connection = http.client.HTTPConnection(address, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("GET", f"/?teacher={key}")
        return connection.getresponse().getheader("set-cookie", "").partition(";")[0]


@contextlib.contextmanager
def running_app(folder: Path, handles: int | None = None, **environment: str) -> Iterator[App]:
    """Start the app on a folder of runs and wait until it answers; shuts it down at the end.

    Args:
        handles: the most files and connections that the system lets it open (not on Windows).
    """
    port = free_port()
    arguments = ["run", "streamlit_app.py", "--server.port", str(port), "--server.address", "127.0.0.1"]
    with tempfile.NamedTemporaryFile() as log:
        child = start_streamlit(
            arguments, {"LIVEGAN_CHECKPOINTS": str(folder), **environment}, Path(log.name), handles
        )  # fmt: skip
        app = App(f"127.0.0.1:{port}", folder, child.pid, Path(log.name))
        try:
            wait_until(lambda: child.poll() is not None or _answers(app), "the server to start")
            if child.poll() is not None:
                raise LiveGANError(f"The server ended: {app.log.read_text().strip()[-500:]}")
            yield app
        finally:
            child.terminate()
            try:
                child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()


def start_streamlit(
    arguments: list[str], environment: dict[str, str], log: Path, handles: int | None = None
) -> subprocess.Popen[bytes]:
    """Start `streamlit` with these arguments and these variables added; `log` takes what it prints."""
    command = [sys.executable, "-m", "streamlit", *arguments]
    if handles is not None and sys.platform != "win32":
        command = ["sh", "-c", f'ulimit -n {handles} && exec "$@"', "sh", *command]
    with log.open("wb") as output:
        return subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **environment}
        )  # fmt: skip


def make_run(folder: Path, name: str, settings: Settings) -> None:
    """Put an untrained run into a folder, for a server to resume."""
    registry = RunRegistry(folder)
    run = registry.start(settings, name, paused=True)
    registry.close()
    if run.snapshot().state != "interrupted":
        raise LiveGANError(f"Run {name} could not be made: {run.snapshot().message}")


def wait_until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Return as soon as `condition` holds; raises `LiveGANError`."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise LiveGANError(f"Waited in vain for {what}.")
        time.sleep(POLL)


def process(pid: int) -> Any:
    """A process of this machine; raises `LiveGANError`."""
    try:
        import psutil
    except ImportError:
        raise LiveGANError("To measure memory install psutil, for example with requirements-dev.txt.") from None
    return psutil.Process(pid)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _answers(app: App) -> bool:
    with contextlib.suppress(urllib.error.URLError, OSError):
        return bool(app.get("/api/health")["status"] == "ok")
    return False
