"""Processes of their own that need not import PyTorch and Streamlit anew, which takes 3 seconds of a core each time.

They are forked from a process that has imported these and done nothing else: they share no thread, no file and no run,
and a signal, even SIGKILL, ends one of them alone.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import subprocess
import sys
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Protocol

from gan.runs.registry import ROOT

IMPORTED = [
    "pytest", "gan.runs.registry", "gan.training.trainer", "torchvision.utils", "PIL.Image", "forked",
    "gan.server.lifespan", "gan.server.routes", "streamlit.web.bootstrap", "streamlit.web.cli",
]  # fmt: skip
READ_WHILE_IMPORTING = {"PYTHONPATH", "LIVEGAN_DATA"}  # variables that a forked process would learn of too late


class Process(Protocol):
    """What tests do with a server's process."""

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int | None: ...
    def send_signal(self, sig: int, /) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


class ForkedProcess:
    """A forked process with the methods of `subprocess.Popen`."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        process.start()

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        self._process.join(timeout)
        assert self._process.exitcode is not None, "it does not end"
        return self._process.exitcode

    def send_signal(self, sig: int, /) -> None:
        if self._process.exitcode is None and self._process.pid is not None:
            os.kill(self._process.pid, sig)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


def context() -> ForkServerContext:
    """What makes processes that are forked so."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


def start_streamlit(arguments: list[str], environment: dict[str, str], log: Path) -> Process:
    """Start `streamlit` with these arguments and these variables added; `log` takes what it prints."""
    if READ_WHILE_IMPORTING & environment.keys():
        with log.open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "streamlit", *arguments],
                cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **environment},
            )  # fmt: skip
    return ForkedProcess(context().Process(target=_streamlit, args=(arguments, dict(os.environ) | environment, log)))


def _streamlit(arguments: list[str], environment: dict[str, str], log: Path) -> None:
    from streamlit.web.cli import main

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
