"""Typesets a lesson's text: Markdown to HTML, and formulas between dollar signs to MathML, which browsers draw.

HTML in the text is shown as text. Links lead to the web or to a page of LiveGAN, never to a file, and there are no
images: a lesson shows its own runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree

from latex2mathml import converter
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from gan.errors import LiveGANError

PAGES = ("train", "playground", "runs", "data", "lessons", "words")
_LINK = re.compile(rf"https?://[^\s]+|(?:{'|'.join(PAGES)})(?:[?#][^\s]*)?")
_MATHML = "{http://www.w3.org/1998/Math/MathML}"
_TAGS = {
    "math", "mrow", "mi", "mn", "mo", "mfrac", "msub", "msup", "msubsup", "msqrt", "mroot", "mover", "munder",
    "munderover", "mspace", "mtext", "mstyle", "mtable", "mtr", "mtd",
}  # fmt: skip
_ATTRIBUTES = {"display", "stretchy", "fence", "form", "width", "mathvariant", "displaystyle", "scriptlevel",
               "minsize", "maxsize", "columnalign", "linethickness", "accent", "movablelimits"}  # fmt: skip
_BESIDE_FUNCTION = re.compile(r"(</m[in]>)(?=<mi>(?:log|ln|exp)</mi>)|(<mi>(?:log|ln|exp)</mi>)(?=<m[in]>)")
_THIN_SPACE = "<mtext>&#x2009;</mtext>"
MAX_FORMULA = 400  # characters


class TextError(LiveGANError):
    """Text that cannot be shown; `line` counts from 0 within the text."""

    def __init__(self, sentence: str, line: int = 0) -> None:
        super().__init__(sentence)
        self.line = line


def block(text: str) -> str:
    """The HTML of several paragraphs; raises `TextError`."""
    return _rendered(text, _MARKDOWN.parse, _MARKDOWN.renderer.render)


def inline(text: str) -> str:
    """The HTML of one line without a paragraph around it; raises `TextError`."""
    return _rendered(text, _MARKDOWN.parseInline, _MARKDOWN.renderer.render)


def _rendered(text: str, parse: Callable[[str], list[Token]], render: Callable[..., Any]) -> str:
    tokens = parse(text)
    line = 0
    for token in tokens:
        line = token.map[0] if token.map else line
        for inner in token.children or ():
            _check(inner, line)
    try:
        return str(render(tokens, _MARKDOWN.options, {}))
    except TextError as error:
        found = next((n for n, each in enumerate(text.split("\n")) if "$" in each), 0)
        raise TextError(str(error), found) from None


def _check(token: Token, line: int) -> None:
    if token.type == "image":
        raise TextError("A lesson can hold no image; start a run that shows what you mean.", line)
    if token.type == "link_open" and not _LINK.fullmatch(str(token.attrs.get("href", ""))):
        target = str(token.attrs.get("href", ""))[:60]
        raise TextError(
            f"The link to {target!r} leads outside; link to an address that begins with https://, or to one of the "
            f"pages {', '.join(PAGES)}.", line,
        )  # fmt: skip


@lru_cache(maxsize=1000)
def _formula(latex: str, display: bool) -> str:
    """MathML of a formula. The library passes on whatever `text` and `href` hold, so what it made is checked."""
    shown = latex.strip()[:40]
    if len(latex) > MAX_FORMULA:
        raise TextError(f"The formula '{shown}...' is longer than {MAX_FORMULA} characters.")
    try:
        made = converter.convert(latex, display="block" if display else "inline")
        root = ElementTree.fromstring(made)
    except Exception:  # of many kinds; some are the library's own, some are none
        raise TextError(f"The formula '{shown}' cannot be typeset.") from None
    for element in root.iter():
        if element.tag.removeprefix(_MATHML) not in _TAGS or not element.attrib.keys() <= _ATTRIBUTES:
            raise TextError(f"The formula '{shown}' uses a command that is not allowed here.")
    return _BESIDE_FUNCTION.sub(lambda found: found.group() + _THIN_SPACE, made)  # the library writes logp for log p


def _math(content: str, options: dict[str, Any]) -> str:
    return _formula(content, bool(options["display_mode"]))


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").use(
    dollarmath_plugin, renderer=_math, allow_digits=False, allow_labels=False, allow_space=False
)  # fmt: skip
