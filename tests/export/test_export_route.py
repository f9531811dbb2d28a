"""Exports by the server: each format as a file, and refusals that a page can show."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pandas as pd
import pytest
from exporting import write_run
from helpers import BATCHES, SMALL
from serving import Server, serving

from gan.export import FORMATS, export_run


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a run of one epoch and a bit, and one that has not begun."""
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "demo", SMALL, BATCHES + 2, [(3, {"lr_g": 0.01})], {5: "d"})
    write_run(folder / "empty", SMALL, 0)
    with serving(folder) as server:
        yield server


def test_a_format_comes_as_a_file(server: Server) -> None:
    answer = server.get("/api/runs/demo/export/csv")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="demo.csv"'
    assert answer.headers["cache-control"] == "no-cache"  # a run that trains gives another file each time
    frame = pd.read_csv(io.BytesIO(answer.content))
    assert frame["trained"].tolist() == ["both"] * 5 + ["d"] + ["both"] * (BATCHES - 4)


def test_all_formats_at_once_are_those_of_the_command_line(server: Server) -> None:
    """More than there are threads for them; meanwhile others are served."""

    def made_by_server(kind: str) -> httpx.Response:
        return server.get(f"/api/runs/demo/export/{kind}")

    with ThreadPoolExecutor(len(FORMATS)) as threads:
        answers = dict(zip(FORMATS, threads.map(made_by_server, FORMATS), strict=True))
        assert server.get("/api/runs/demo/grids/1.png").status_code == 200
    for kind, answer in answers.items():
        assert answer.status_code == 200, answer.text
        made = export_run(server.folder / "demo", kind)
        assert f'filename="{made.filename}"' in answer.headers["content-disposition"]
        if kind in ("safetensors", "onnx"):  # their headers are not always in the same order
            assert abs(len(answer.content) - len(made.content)) < 100
        else:
            assert answer.content == made.content


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("empty/export/gif", 409, "Run empty has no batch on disk yet; train it first."),
        ("nobody/export/gif", 404, "There is no run named 'nobody'."),
        ("demo/export/xls", 404, f"There is no format 'xls'; it must be one of {', '.join(FORMATS)}."),
    ],
)
def test_a_refusal_is_one_sentence(server: Server, path: str, status: int, sentence: str) -> None:
    answer = server.get(f"/api/runs/{path}")
    assert (answer.status_code, answer.json()) == (status, {"error": sentence})


def test_a_missing_package_is_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "av" else found(name))
    answer = server.get("/api/runs/demo/export/mp4")
    assert answer.status_code == 409
    remedy = "install it with `pip install -r requirements-export.txt`."
    assert answer.json() == {"error": f"MP4 needs the package av; {remedy}"}
