"""Fetching Plotly's JavaScript, without a network: what npm packed is checked before it is written."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from tools import fetch_plotly


def archive_of(**files: bytes) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return written.getvalue()


def test_an_archive_with_another_checksum_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = archive_of(LICENSE=b"other")
    monkeypatch.setattr(fetch_plotly, "packed_by_npm", lambda package: other)
    monkeypatch.setattr(fetch_plotly, "unpack", lambda *_: pytest.fail("written although it is not the expected one"))
    assert fetch_plotly.main() == 1
    assert fetch_plotly.integrity(other) in capsys.readouterr().err


def test_the_bundle_and_its_licence_are_taken_out_of_the_archive(tmp_path: Path) -> None:
    archive = archive_of(**{"plotly-basic.min.js": b"bundle", "LICENSE": b"licence", "README.md": b"more"})
    written = fetch_plotly.unpack(archive, tmp_path / "plotly")
    assert {path.name: path.read_bytes() for path in written} == {
        "plotly-basic.min.js": b"bundle", "LICENSE": b"licence",
    }  # fmt: skip
    assert set(written) == set((tmp_path / "plotly").iterdir())
