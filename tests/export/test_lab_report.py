"""Lab reports: one file that needs nothing else, holds a run's facts, and lets no text of a stranger run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from exporting import exported, write_run
from helpers import BATCHES, SMALL

from gan import plotly_js
from gan.errors import LiveGANError
from gan.export.lab_report import chosen_epochs, report
from gan.export.predicted import Answer, DrawnCurve
from gan.recording import notes
from gan.recording.run_file import read_run_file, write_run_file
from gan.runs.registry import ROOT

HOSTILE = '</script><script>alert("x")</script><img src=x onerror=alert(1)> & "quotes"'
LECTURE = ROOT / "checkpoints" / "lecture"


class Reader(HTMLParser):
    """What a browser would see: elements with their attributes, and the text of each."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.inside = ""
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        self.texts.append((self.inside, data))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def shown(self) -> str:
        return " ".join(text for tag, text in self.texts if tag not in ("script", "style"))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of an epoch and a bit with two knob moves, the first of two knobs at once."""
    folder = tmp_path / "demo"
    write_run(folder, SMALL, BATCHES + 2, [(3, {"lr_g": 0.01, "dropout": 0.25}), (7, {"lr_g": 0.002})])
    return folder


def test_it_asks_for_nothing_outside_itself(run: Path) -> None:
    page = Reader(exported(run, "report").content)
    assert page.all("link") == page.all("iframe") == page.all("base") == []
    assert all("src" not in script for script in page.all("script"))
    pictures = page.all("img")
    assert pictures
    assert all(picture["src"].startswith("data:image/png;base64,") and picture["alt"] for picture in pictures)
    assert exported(run, "report").content.count(plotly_js.source()) == 1


def test_its_policy_lets_only_its_own_two_scripts_run(run: Path) -> None:
    content = exported(run, "report").content
    page = Reader(content)
    (policy,) = [meta["content"] for meta in page.all("meta") if "http-equiv" in meta]
    scripts = re.findall(rb"<script(?: type=\"module\")?>(.*?)</script>", content, re.DOTALL)
    assert len(scripts) == 2
    sums = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in scripts]
    assert f"script-src 'sha256-{sums[0]}' 'sha256-{sums[1]}';" in policy
    assert policy.startswith("default-src 'none';")


def test_it_tells_settings_moves_and_who_made_them(run: Path) -> None:
    shown = Reader(exported(run, "report").content).shown
    assert f"{BATCHES + 2} batches (1 epoch)" in shown
    assert re.search(r"Generator hidden layers\s+16 units\s+128 units", shown)
    assert re.search(r"1\s+3\s+Generator learning rate\s+0\.0002\s+0\.01\s+", shown)
    assert re.search(r"1\s+3\s+Dropout\s+0\.5\s+0\.25", shown)
    assert re.search(r"2\s+7\s+Generator learning rate\s+0\.01\s+0\.002", shown)


def test_its_charts_hold_the_figures_and_the_numbered_moves(run: Path) -> None:
    rows = write_run(run, SMALL, 5, [(3, {"lr_g": 0.01})])
    content = exported(run, "report").content.decode()
    (text,) = re.findall(r'id="figures">(.*?)</script>', content, re.DOTALL)
    losses = json.loads(text)["chart-losses"]
    drawn = losses["data"][1]["y"]  # the mean of every batch
    values = base64.b64decode(drawn["bdata"])
    assert (drawn["dtype"], values) == ("f4", rows[:, 0].tobytes())
    assert [(line["x0"], line["label"]["text"]) for line in losses["layout"]["shapes"]] == [(3, "1")]


def test_its_script_is_the_exported_one(run: Path) -> None:
    page = Reader(exported(run, "report").content)
    listing = "".join(text for tag, text in page.texts if tag == "pre")
    assert listing.encode() == exported(run, "script").content


def test_texts_of_strangers_stay_texts(run: Path) -> None:
    title = '<img src=x onerror="alert(1)"></title>'
    run_file = read_run_file(run).model_copy(update={"title": title, "torch_version": HOSTILE, "processor": HOSTILE})
    write_run_file(run, run_file)
    content = report(run, [Answer(HOSTILE, HOSTILE, HOSTILE, right=False)])
    page = Reader(content)
    assert len(page.all("script")) == 3
    assert all(picture["src"].startswith("data:") for picture in page.all("img"))
    assert page.shown.count(HOSTILE) == 5
    assert title in page.shown


def test_answers_stand_in_it_with_what_came_out(run: Path) -> None:
    assert "Predictions" not in Reader(report(run)).shown
    answers = [Answer("Will it learn faster?", "Yes", "It did.", right=True), Answer("Which FID?", "20")]
    shown = Reader(report(run, answers)).shown
    assert re.search(r"Will it learn faster\?\s+Predicted: Yes\.\s+Right\.\s+What came out: It did\.", shown)
    assert re.search(r"Which FID\?\s+Predicted: 20\.\s", shown)


def figures_of(content: bytes) -> dict[str, Any]:
    (text,) = re.findall(r'id="figures">(.*?)</script>', content.decode(), re.DOTALL)
    figures: dict[str, Any] = json.loads(text)
    return figures


def traces_of(figure: dict[str, Any]) -> dict[str, Any]:
    """The lines that are named in a chart's legend."""
    return {trace["name"]: (trace["x"], trace["y"]) for trace in figure["data"] if trace.get("showlegend", True)}


def test_a_drawn_curve_is_shown_against_the_real_one(run: Path) -> None:
    before, drawn, real = [(0, 0.7), (2, 0.6)], [(2, 0.6), (9, 0.9)], [(2, 0.6), (9, 1.5)]
    hostile = DrawnCurve("other", HOSTILE, "g_loss", HOSTILE, before, drawn, ())
    curve = DrawnCurve("demo", "Demo", "g_loss", "Generator's loss", before, drawn, real)
    content = report(run, [Answer("Words?", "No"), Answer("Up?", "up", curve=curve), Answer("?", "?", curve=hostile)])
    figures = figures_of(content)
    assert traces_of(figures["chart-drawn-1"]) == {
        "Before": ([0, 2], [0.7, 0.6]), "Predicted": ([2, 9], [0.6, 0.9]), "What came out": ([2, 9], [0.6, 1.5]),
    }  # fmt: skip
    assert set(traces_of(figures["chart-drawn-2"])) == {"Before", "Predicted"}
    over = traces_of(figures["chart-losses"])
    assert over["Generator, predicted"] == ([2, 9], [0.6, 0.9])
    assert len(over) == 3  # what was drawn of another run is not among them
    page = Reader(content)
    assert {"chart-drawn-1", "chart-drawn-2"} <= {place.get("id") for place in page.all("div")}
    assert len(page.all("script")) == 3
    assert page.shown.count(HOSTILE) == 2  # in the heading of its chart


def test_a_drawn_fid_lies_over_the_chart_of_the_fid() -> None:
    drawn = [(0, 0.0), (4690, 30.0), (46900, 8.0)]
    curve = DrawnCurve("lecture", "Lecture", "fid", "FID", (), drawn, ())
    figures = figures_of(report(LECTURE, [Answer("?", "?", curve=curve)]))
    assert traces_of(figures["chart-fid"])["FID, predicted"] == ([4690, 46900], [30.0, 8.0])  # its axis has no 0


def test_notes_typed_on_the_page_stand_in_its_box(run: Path) -> None:
    notes.write(run, f"\nFirst line\r\n{HOSTILE}\x00</textarea>")
    page = Reader(exported(run, "report").content)
    assert "".join(text for tag, text in page.texts if tag == "textarea") == f"\n\nFirst line\n{HOSTILE}</textarea>"
    assert len(page.all("script")) == 3
    assert HOSTILE not in Reader(report(run, own_notes="")).shown
    notes.write(run, " \n")
    assert not (run / notes.NAME).exists()
    with pytest.raises(LiveGANError, match="at most 20,000 characters"):
        notes.write(run, "x" * 20_001)
    (run / notes.NAME).write_bytes(b"x" * 1_000_000)
    assert "xxx" not in Reader(exported(run, "report").content).shown


def test_a_run_that_was_measured_tells_its_quality_and_stays_small() -> None:
    content = exported(LECTURE, "report").content
    shown = Reader(content).shown
    assert "FID 8.68 (best)" in shown
    assert re.search(r"Coverage \(real images: 0\.96\)\s+0\.\d+", shown)
    assert len(content) < 2_000_000
    assert set(re.findall(r'id="(chart-\w+)"', content.decode())) == {
        "chart-losses", "chart-accuracies", "chart-fid", "chart-classes",
    }  # fmt: skip


def test_a_run_without_an_epoch_shows_its_last_images(tmp_path: Path) -> None:
    write_run(tmp_path / "short", SMALL, 2)
    page = Reader(exported(tmp_path / "short", "report").content)
    assert "After batch 2" in page.shown
    assert "Its images have not been measured." in page.shown
    placed = "Place 1 of 3 in the league, with FID 69.69."
    told = Reader(exported(tmp_path / "short", "report", league=placed).content).shown
    assert placed in told
    assert "not been measured" not in told
    assert len(page.all("img")) == 1


def test_a_branch_says_whose_even_if_that_run_is_gone(run: Path) -> None:
    for epoch, said in ((0, "at its beginning"), (1, "after epoch 1")):
        write_run_file(run, read_run_file(run).model_copy(update={"parent": "gone", "branched_at": epoch}))
        assert f"branched from gone {said}, " in Reader(exported(run, "report").content).shown


def test_pictures_that_are_none_are_left_out(run: Path) -> None:
    (run / "grids" / "00001.png").write_bytes(b"<svg onload=alert(1)>")
    assert Reader(exported(run, "report").content).all("img") == []


@pytest.mark.parametrize(
    ("kept", "best", "chosen"),
    [
        ([], None, []),
        ([1, 2, 3], 2, [1, 2, 3]),
        (list(range(1, 101)), 73, [1, 2, 5, 10, 22, 46, 73, 100]),
        (list(range(1, 101)), None, [1, 2, 5, 10, 22, 46, 100]),
        (list(range(1, 101)), 500, [1, 2, 5, 10, 22, 46, 100]),
    ],
)
def test_the_first_the_best_and_the_last_epoch_are_shown(kept: list[int], best: int | None, chosen: list[int]) -> None:
    assert chosen_epochs(kept, best) == chosen


def test_of_very_many_moves_the_first_are_listed_and_the_rest_counted(tmp_path: Path) -> None:
    moves = [(batch, {"lr_g": 0.0002 + batch * 1e-6}) for batch in range(1, 311)]
    write_run(tmp_path / "busy", SMALL.changed(epochs=1000), 311, moves)
    shown = Reader(exported(tmp_path / "busy", "report").content).shown
    assert "10 more moves are in the script below." in shown
