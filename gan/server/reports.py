"""The lab reports of a whole class, one for each desk, in one zip for the teacher."""

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
from gan.export import ExportError, export_run
from gan.recording.atomic_files import remove
from gan.runs.registry import RunRegistry
from gan.server.application import the_application, the_registry
from gan.server.http import Refusal
from gan.server.report_answers import answers_of


def routes(base: str) -> list[BaseRoute]:
    return [Route(base + "/api/class/reports.zip", all_reports)]


async def all_reports(_request: Request) -> Response:
    """The report of each desk's newest run."""
    path = await the_application().exports.run(packed, the_registry())
    return FileResponse(
        path, media_type="application/zip", filename="reports.zip", background=BackgroundTask(remove, path)
    )


def packed(registry: RunRegistry) -> Path:
    """A zip with the report of each desk's newest run that has trained; the caller removes it. Raises Refusal."""
    newest: dict[str, tuple[str, str]] = {}  # by desk: its run and its student's name
    for run in registry.summaries():  # newest first
        if run.desk is not None and run.batch > 0:
            newest.setdefault(run.desk.id, (run.name, run.desk.name))
    handle, name = tempfile.mkstemp(suffix=".zip")
    path, count = Path(name), 0
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as out:
            for desk, (run_name, student) in newest.items():
                try:
                    made = export_run(registry.folder / run_name, "report", answers=answers_of(desk))
                except ExportError:  # a damaged run must not keep the others' reports back
                    continue
                out.writestr(f"{names.safe_form(student)}-{made.filename}", made.content)
                count += 1
    except BaseException:
        remove(path)
        raise
    if count == 0:
        remove(path)
        raise Refusal(409, "No desk has a run that has trained yet, so there is no report.")
    return path
