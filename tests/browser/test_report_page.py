"""A lab report, opened as a file: it draws its charts without a network, and keeps the notes typed into it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import BrowserContext

from gan.export import export_run
from gan.export.lab_report import report
from gan.export.predicted import Answer
from gan.runs.registry import ROOT

NOTES = "Digits after 5 epochs\n<b>not bold</b> & </textarea><script>document.title = 'no'</script>"


def test_a_report_needs_no_network_and_keeps_the_notes_typed_into_it(context: BrowserContext, tmp_path: Path) -> None:
    lecture = ROOT / "checkpoints" / "lecture"
    file = tmp_path / export_run(lecture, "report").filename
    file.write_bytes(report(lecture, [Answer("<script>document.title = 'no'</script>", "Yes", "No", right=False)]))
    page = context.new_page()
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith("data:") else seen.append(request.url))
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(file.as_uri())
    page.locator("#chart-classes .main-svg").first.wait_for()
    assert page.locator(".chart .main-svg").count() >= 4
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.fill("#notes", NOTES)
    with page.expect_download() as saved:
        page.click("#save-notes")
    assert saved.value.suggested_filename == file.name
    again = tmp_path / "again.html"
    saved.value.save_as(again)
    page.goto(again.as_uri())
    page.locator("#chart-classes .main-svg").first.wait_for()
    assert page.input_value("#notes") == NOTES
    assert page.title() == "lecture: lab report"
    assert seen == [file.as_uri(), again.as_uri()]
    page.close()
