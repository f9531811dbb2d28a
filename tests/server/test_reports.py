"""The zip with a class's lab reports."""

from __future__ import annotations

import asyncio
import zipfile
from pathlib import Path

import pytest
from helpers import SMALL

from gan.recording.run_file import Desk
from gan.runs.registry import RunRegistry
from gan.server.application import open_application, the_registry
from gan.server.reports import packed

ZOE, BLUE = Desk("a" * 16, "Zoë"), Desk("b" * 16, "Blue 1")
NOTED = {"first": "It collapsed.", "third": "<b>Better</b>"}


def trained(registry: RunRegistry) -> Path:
    """Four runs, some with notes, and the zip."""
    for name, desk in (("first", ZOE), ("second", ZOE), ("third", BLUE), ("league", ZOE)):
        registry.start(SMALL.changed(epochs=1), name, desk=desk).join()
    for name, text in NOTED.items():
        registry.note(name, text)
    return packed(registry)


def test_the_notes_of_all_students_are_in_the_zip_also_of_runs_that_are_not_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path / "runs"))

    async def zipped() -> Path:
        async with open_application():
            return await asyncio.to_thread(trained, the_registry())

    path = asyncio.run(zipped())
    with zipfile.ZipFile(path) as reports:
        found = {name: reports.read(name).decode() for name in reports.namelist()}
    path.unlink()
    names = {"Zoe-league-report.html", "Zoe-first-report.html", "Blue-1-third-report.html"}
    assert set(found) == names  # the newest of each desk, and whatever has notes
    assert "\nIt collapsed.</textarea>" in found["Zoe-first-report.html"]
    assert "\n&lt;b&gt;Better&lt;/b&gt;</textarea>" in found["Blue-1-third-report.html"]
    assert '<textarea id="notes" rows="8">\n</textarea>' in found["Zoe-league-report.html"]
