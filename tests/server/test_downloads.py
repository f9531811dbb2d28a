"""A run's zip and its grids, on a real server."""

from __future__ import annotations

import io
import zipfile

import pytest
from PIL import Image
from serving import Server

from gan.runs.run import Run


def test_zip_holds_the_run_and_comes_back(server: Server, finished: Run) -> None:
    response = server.get("/api/runs/finished/run.zip")
    assert response.headers["content-type"] == "application/zip"
    assert response.headers["content-disposition"] == 'attachment; filename="finished.zip"'
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        names = set(archive.namelist())
        assert names >= {"finished/run.json", "finished/series.npy", "finished/grids/00002.png"}
        for name in names:
            assert archive.read(name) == (server.folder / name).read_bytes()
    name = server.registry.unpack(io.BytesIO(response.content), "copy.zip")
    assert server.registry.get(name).snapshot().batch == finished.snapshot().batch
    server.registry.delete(name)


def test_grids(server: Server, finished: Run) -> None:
    for path in ("1.png", "2.png", "latest.png?b=26"):
        response = server.get(f"/api/runs/finished/grids/{path}")
        assert response.headers["content-type"] == "image/png"
        assert response.headers["cache-control"] == "no-cache"
        assert Image.open(io.BytesIO(response.content)).size == (242, 242)
        again = server.get(f"/api/runs/finished/grids/{path}", If_None_Match=response.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
    assert server.get("/api/runs/finished/grids/2.png").content == finished.grid(2)
    named = server.get(f"/api/runs/finished/grids/1.png?v={finished.snapshot().created}")
    assert named.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("epoch", ["0", "3", "-1", "1.0", "x", "", "9" * 20, "9" * 5000, "%D9%A1", "..%2f..%2frun"])
def test_missing_grids_are_404(server: Server, finished: Run, epoch: str) -> None:
    assert server.get(f"/api/runs/finished/grids/{epoch}.png").status_code == 404
