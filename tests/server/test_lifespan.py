"""How the server ends: every run is on disk, whatever its viewers do."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import ENDLESS, PATIENCE
from serving import Server, stalled

from gan.recording import series_file
from gan.recording.run_file import read_run_file
from gan.runs.registry import ROOT

MORE_THAN_A_SOCKET_HOLDS = 5_000_000  # bytes

SERVE = """
import contextlib, socket, uvicorn
from starlette.applications import Starlette
from gan.server import broadcast, routes
from gan.server.application import the_registry
from gan.server.lifespan import lifespan
from gan.settings import parse

broadcast.TICK = 0.005

@contextlib.asynccontextmanager
async def with_a_run(app):
    async with lifespan(app) as state:
        the_registry().start(parse({settings!r}), "demo")
        yield state

app = Starlette(routes=routes.routes(), lifespan=with_a_run)
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
with contextlib.suppress(KeyboardInterrupt):
    config = uvicorn.Config(app, ws="websockets-sansio", ws_per_message_deflate=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])
"""


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_with_every_run_on_disk(tmp_path: Path, stop: signal.Signals) -> None:
    """Also while one viewer reads nothing; uvicorn alone would wait for it for ever."""
    with_a_stuck_viewer = stop == signal.SIGTERM
    environment = os.environ | {"LIVEGAN_CHECKPOINTS": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", SERVE.format(settings=ENDLESS.differing())]
    pipe = subprocess.PIPE
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True, cwd=ROOT)
        )
        stack.callback(process.kill)
        assert process.stdout is not None
        server = Server(f"127.0.0.1:{process.stdout.readline().strip()}", tmp_path)
        with server.view("demo") as viewer, server.watch("/api/runs/live"), stalled(server, "demo") as stuck:
            if not with_a_stuck_viewer:
                stuck.close()
            viewer.until(lambda: viewer.bytes > MORE_THAN_A_SOCKET_HOLDS or not with_a_stuck_viewer)
            viewer.until(lambda: viewer.batch > 0 and viewer.run["state"] == "running")
            process.send_signal(stop)
            _, errors = process.communicate(timeout=PATIENCE)
    kept = read_run_file(tmp_path / "demo")
    assert kept.state == "interrupted"
    assert kept.batch >= viewer.batch
    assert len(series_file.read(tmp_path / "demo", kept)) == kept.batch
    assert "Traceback" not in errors
    assert ("timeout graceful shutdown exceeded" in errors) == with_a_stuck_viewer
