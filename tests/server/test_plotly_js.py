"""Plotly's JavaScript as it is sent; the browser tests draw with it."""

from __future__ import annotations

from pathlib import Path

import plotly
import pytest

from gan.server import plotly_js

FILE = Path("package_data") / "plotly.min.js"


def test_it_is_the_packages_own_without_the_list_of_kinds() -> None:
    whole = (Path(plotly.__file__).parent / FILE).read_bytes()
    before, kinds, after = whole.partition(next(iter(plotly_js.KINDS.findall(whole))))
    assert plotly_js.source() == before + b".register([])" + after
    assert kinds.count(b"()") > 40


@pytest.mark.parametrize("lists", [0, 2])
def test_a_bundle_of_another_make_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lists: int) -> None:
    other = b"core;" + lists * b"a.register([b(),c()]);"
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_bytes(other)
    monkeypatch.setattr(plotly, "__file__", str(tmp_path / "__init__.py"))
    assert plotly_js.source() == other
