"""What the page Words needs in the browser: the term that the address names is brought to the top, and stays there."""

from __future__ import annotations

from gan.app.components import component, wiring

_words = component("words")


def keep_in_sight() -> None:
    """Show the term that the address names."""
    _words(key="words", data=wiring("words"))
