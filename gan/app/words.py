"""The page "Words": every term of the app in one plain sentence, with more below it, from `words.md`.

A heading there is `## Title | anchor further-names`; the first paragraph below it is the sentence.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from gan.app.components.words import keep_in_sight

FILE = Path(__file__).with_name("words.md")


@dataclass(frozen=True)
class Word:
    """A term.

    Attributes:
        anchor: where the page has it.
        names: what parts of the app call it, such as the names of knobs; the anchor is one of them.
        sentence: what it means, as plain text.
        more: what else there is to say, as Markdown.
    """

    title: str
    anchor: str
    names: tuple[str, ...]
    sentence: str
    more: str


@functools.cache
def words() -> tuple[Word, ...]:
    """All terms, in the order of the file."""
    return tuple(_word(part) for part in FILE.read_text("utf-8").split("## ")[1:])


def _word(text: str) -> Word:
    heading, sentence, *more = text.strip().split("\n\n")
    title, names = heading.split(" | ")
    anchor, *_ = every = tuple(names.split())
    return Word(title, anchor, every, sentence, "\n\n".join(more))


@functools.cache
def sentences() -> dict[str, dict[str, str]]:
    """What the other pages show of each term, by its names."""
    return {
        name: {"title": word.title, "sentence": word.sentence, "anchor": word.anchor}
        for word in words()
        for name in word.names
    }


def page() -> None:
    """All words, each at its anchor; the address `words#fid` opens the page there."""
    st.title("Words")
    st.caption("What the words on the pages mean, each in one sentence first.")
    for word in words():
        st.subheader(word.title, anchor=word.anchor)
        st.markdown(f"**{word.sentence}**")
        if word.more:
            st.markdown(word.more)
    keep_in_sight()
