"""The app as a user starts it, in a separate process with its own port and folder; and its use of resources."""

from __future__ import annotations

import contextlib
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan.errors import LiveGANError
from gan.runs.registry import ROOT, RunRegistry
from gan.settings import Settings

PATIENCE = 60.0  # seconds after which a wait fails
POLL = 0.05


@dataclass(frozen=True)
class App:
    """The running app. `address` is host:port; `log` is its output."""

    address: str
    folder: Path
    pid: int
    log: Path

    def get(self, path: str) -> Any:
        """The JSON that a route returns."""
        with urllib.request.urlopen(f"http://{self.address}{path}", timeout=PATIENCE) as answer:
            return json.load(answer)

    def command(self, name: str, kind: str, **values: Any) -> None:
        body = json.dumps({"kind": kind, "values": values} if values else {"kind": kind}).encode()
        request = urllib.request.Request(f"http://{self.address}/api/runs/{name}/commands", body)
        with urllib.request.urlopen(request, timeout=PATIENCE):
            pass

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
def running_app(folder: Path, handles: int | None = None) -> Iterator[App]:
    """Start the app on a folder of runs and wait until it answers; shuts it down at the end.

    Args:
        handles: the most files and connections that the system lets it open (not on Windows).
    """
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port),
               "--server.address", "127.0.0.1"]  # fmt: skip
    if handles is not None and sys.platform != "win32":
        command = ["sh", "-c", f'ulimit -n {handles} && exec "$@"', "sh", *command]
    with tempfile.NamedTemporaryFile() as log:
        child = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
            env={**os.environ, "LIVEGAN_CHECKPOINTS": str(folder)},
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
