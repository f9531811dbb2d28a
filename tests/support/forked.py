"""Processes of their own that need not import PyTorch and Streamlit anew, which takes 3 seconds of a core each time.

They are forked from a process that has imported these and done nothing else: they share no thread, no file and no run,
and a signal, even SIGKILL, ends one of them alone.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Protocol

import pytest

from gan.bench import server
from gan.runs.registry import ROOT

IMPORTED = [
    "pytest", "gan.runs.registry", "gan.training.trainer", "torchvision.utils", "PIL.Image", "forked",
    "gan.server.lifespan", "gan.server.routes", "streamlit.web.bootstrap", "streamlit.web.cli",
]  # fmt: skip
READ_WHILE_IMPORTING = {"PYTHONPATH", "LIVEGAN_DATA"}  # variables that a forked process would learn of too late


class Process(Protocol):
    """What tests do with a server's process; `subprocess.Popen` can do it, too."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


class ForkedProcess:
    """A forked process with the methods of `subprocess.Popen`."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        process.start()
        assert process.pid is not None
        self.pid = process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("streamlit", timeout or 0.0)
        return self._process.exitcode

    def send_signal(self, sig: int, /) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self._process.kill()


def context() -> ForkServerContext:
    """What makes processes that are forked so."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


def start_streamlit(
    arguments: list[str], environment: dict[str, str], log: Path, handles: int | None = None
) -> Process:
    """Start `streamlit` as `gan.bench.server.start_streamlit` does, but forked, where that makes no difference."""
    if READ_WHILE_IMPORTING & environment.keys():
        return server.start_streamlit(arguments, environment, log, handles)
    everything = dict(os.environ) | environment
    return ForkedProcess(context().Process(target=_streamlit, args=(arguments, everything, log, handles)))


@pytest.fixture
def forked_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers that the benches start are forked."""
    monkeypatch.setattr(server, "start_streamlit", start_streamlit)


def _streamlit(arguments: list[str], environment: dict[str, str], log: Path, handles: int | None) -> None:
    from streamlit.web.cli import main

    if handles is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (handles, handles))
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    sys.argv = ["streamlit", *arguments]
    try:
        main(prog_name="streamlit")
    finally:
        atexit._run_exitfuncs()  # as at the end of a process that was not forked
