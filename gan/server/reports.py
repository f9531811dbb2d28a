"""The lab reports of a whole class in one zip for the teacher."""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from gan import names
from gan.classroom.people import OWNER
from gan.export import ExportError, export_run
from gan.recording import notes
from gan.recording.atomic_files import remove
from gan.recording.run_file import Desk
from gan.runs.registry import RunRegistry
from gan.server.application import the_application, the_registry
from gan.server.http import Refusal
from gan.server.report_answers import report_content


def routes(base: str) -> list[BaseRoute]:
    return [Route(base + "/api/class/reports.zip", all_reports)]


async def all_reports(_request: Request) -> Response:
    """The reports of each desk's newest run, and of its others that have notes."""
    path = await the_application().exports.run(packed, the_registry())
    return FileResponse(
        path, media_type="application/zip", filename="reports.zip", background=BackgroundTask(remove, path)
    )


def packed(registry: RunRegistry) -> Path:
    """A zip with the reports of a class; the caller removes it. Raises Refusal."""
    handle, name = tempfile.mkstemp(suffix=".zip")
    path, count = Path(name), 0
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as out:
            for desk, run_name in reported(registry):
                more = report_content(OWNER, run_name, desk)
                try:
                    made = export_run(registry.folder / run_name, "report", **more)
                except ExportError:  # a damaged run must not keep the others' reports back
                    continue
                out.writestr(f"{names.safe_form(desk.name)}-{made.filename}", made.content)
                count += 1
    except BaseException:
        remove(path)
        raise
    if count == 0:
        remove(path)
        raise Refusal(409, "No desk has a run that has trained yet, so there is no report.")
    return path


def reported(registry: RunRegistry) -> list[tuple[Desk, str]]:
    """The runs that the zip reports on: of each desk, the newest one that has trained, and all that have notes.

    What students noted of their runs is on the teacher's desk even if they have trained others since, as for a league.
    """
    seen: set[str] = set()  # desks
    found = []
    for run in registry.summaries():  # newest first
        if run.desk is None or run.batch == 0:
            continue
        if run.desk.id not in seen or notes.read(registry.folder / run.name):
            found.append((run.desk, run.name))
        seen.add(run.desk.id)
    return found
