"""Sentences on the page: what stands between backticks is code, as the page's own module shows it in Chromium."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest
from chromium import App
from playwright.sync_api import Page

from gan import export

OpenPage = Callable[..., Page]


def shown(page: Page, sentence: str) -> dict[str, Any]:
    """The sentence as an element shows it and as a blocked button's title says it."""
    return dict(
        page.evaluate(
            """async (sentence) => {
              const { h, setBlocked, setSentence } = await import("/api/ui/shared/dom.js");
              const [text, button] = [h("p"), h("button")];
              setSentence(text, sentence);
              setBlocked(button, sentence);
              return { text: text.textContent, title: button.title,
                code: [...text.querySelectorAll("code")].map((code) => code.textContent),
                elements: text.querySelectorAll(":not(code)").length };
            }""",
            sentence,
        )
    )


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    app: App, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda package: None)
    sentence = export.missing("onnx")
    assert sentence is not None
    page = open_page(f"{app.url}/api/health")
    found = shown(page, sentence)
    assert found["code"] == ["pip install -r requirements-export.txt"]
    assert found["text"] == found["title"] == sentence.replace("`", "")


def test_a_sentence_is_text_whatever_it_holds(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/api/health")
    for sentence in ("", "Plain.", "<b>bold</b> `<i>` &amp;", "a ` alone"):
        found = shown(page, sentence)
        assert found["text"] == sentence.replace("`", "")
        assert found["elements"] == 0
