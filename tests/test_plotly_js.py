"""Plotly's JavaScript as it is sent; the browser tests draw with it."""

from __future__ import annotations

import gzip
import hashlib

from gan import plotly_js

SHA256 = "99784e3abfb07b142a15e521a439e6d9addceadb3f79553fd24c72774f0649ba"  # of version 4.1.1 as npm has it


def test_it_is_the_published_bundle_to_the_last_byte() -> None:
    assert hashlib.sha256(plotly_js.source()).hexdigest() == SHA256
    assert gzip.decompress(plotly_js.packed()) == plotly_js.source()


def test_its_version_is_the_one_in_its_address_and_its_licence_lies_with_it() -> None:
    head = plotly_js.source()[:200].decode()
    assert f"plotly.js (basic - minified) v{plotly_js.VERSION}\n" in head
    assert "Licensed under the MIT license" in head
    assert plotly_js.FILE.with_name("LICENSE").read_text().startswith("MIT License")
