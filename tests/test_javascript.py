"""The tests of the pages' pure modules, which Node runs; Chromium is for what needs a browser."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

JAVASCRIPT = Path(__file__).parent / "js"


def test_the_tests_in_javascript_pass() -> None:
    node = shutil.which("node")
    if node is None and os.environ.get("LIVEGAN_BROWSER") != "required":
        pytest.skip("needs Node")
    assert node is not None, "LIVEGAN_BROWSER=required needs Node"
    run = subprocess.run([node, "--test"], cwd=JAVASCRIPT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "# pass 0" not in run.stdout
