"""The limit of file handles, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not limit handles")


def told(script: str, soft: int, hard: int) -> str:
    """What a script prints in a process with these limits."""
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard})); {script}"
    return subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True, check=True).stdout.strip()


def test_the_limit_is_raised_as_far_as_it_may_be() -> None:
    assert told("from gan.server import file_handles as fh; fh.raise_limit(); print(fh.limit())", 256, 2000) == "2000"
    assert told("from gan.server import file_handles as fh; fh.raise_limit(); print(fh.limit())", 256, 256) == "256"


def test_what_is_open_is_counted_and_the_last_share_of_it_is_scarce() -> None:
    script = (
        "import os; from gan.server import file_handles as fh; before = fh.in_use(); "
        "more = [os.open(os.devnull, os.O_RDONLY) for _ in range(50)]; "
        "print(fh.in_use() - before, fh.scarce(0.4), fh.scarce(0.9))"
    )
    assert told(script, 100, 100) == "50 True False"


def test_when_no_handle_is_left_all_are_in_use() -> None:
    script = (
        "import os; from gan.server import file_handles as fh; "
        "more = [os.open(os.devnull, os.O_RDONLY) for _ in range(100 - fh.in_use())]; print(fh.in_use())"
    )
    assert told(script, 100, 100) == "100"
