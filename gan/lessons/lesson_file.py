"""Reads a lesson from its Markdown file: front matter in YAML, then a step below each heading of the second level.

---
title: The forger and the detective
minutes: 8
learn: Why both losses stay near 0.7.
---

## Start

Text of the step.

```step
start: {preset: lecture, epochs: 2}
reached: epoch >= 1
```
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from markdown_it import MarkdownIt
from pydantic import BaseModel, ValidationError

from gan.errors import LiveGANError
from gan.lessons import html
from gan.lessons.lesson import Lesson, Step
from gan.limits import MAX_LESSON, in_words

_MARKDOWN = MarkdownIt("commonmark")
_FENCE = "---"
_QUOTE = "put quotation marks around texts with a colon, a comma or a question mark."
_Model = TypeVar("_Model", bound=BaseModel)


class LessonError(LiveGANError):
    """A file that is no lesson; the text is one sentence that names the file and the line."""


class _At(Exception):
    """Something is wrong in a line, counted from 1."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line


def read(path: Path) -> Lesson:
    """The lesson in a file; raises `LessonError`."""
    try:
        return _lesson(path.stem, _text(path))
    except _At as problem:
        raise LessonError(f"{path.name}, line {problem.line}: {problem}") from None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_LESSON + 1)
    except OSError as error:
        raise _At(1, f"It cannot be read ({error.strerror}).") from None
    if len(content) > MAX_LESSON:
        raise _At(1, f"It is larger than {in_words(MAX_LESSON)}, so it is not read.")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _At(line, "It is not in UTF-8; save it in that encoding.") from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _lesson(name: str, text: str) -> Lesson:
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE or _FENCE not in map(str.rstrip, lines[1:]):
        raise _At(1, "A lesson begins with its title, minutes and what one learns, between two lines of '---'.")
    end = next(number for number, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE)
    head = _Yaml("\n".join(lines[1:end]), 2)
    steps = _steps(lines, end + 1)
    return _checked(Lesson, {**head.values, "name": name, "steps": steps}, head)


def _steps(lines: list[str], first: int) -> tuple[Step, ...]:
    """The steps in the lines from `first` on."""
    tokens = _MARKDOWN.parse("\n".join(lines[first:]))
    opened = [token for token in tokens if token.type == "heading_open" and token.tag == "h2" and token.level == 0]
    starts = [first + token.map[0] for token in opened if token.map]
    if not starts:
        raise _At(first + 1, "It has no step; each step begins with a line such as '## The first step'.")
    ends = [*starts[1:], len(lines)]
    return tuple(_step(lines, start, end) for start, end in zip(starts, ends, strict=True))


def _step(lines: list[str], start: int, end: int) -> Step:
    title = lines[start].lstrip("# ").rstrip("# ").strip()
    body = lines[start + 1 : end]
    found = [
        token for token in _MARKDOWN.parse("\n".join(body))
        if token.type == "fence" and token.info.strip() == "step" and token.map
    ]  # fmt: skip
    if len(found) > 1:
        raise _At(start + 2 + (found[1].map or [0])[0], f"Step {title!r} has two blocks 'step'; it can have one.")
    data = _Yaml("", start + 1)
    for token in found:
        first, last = token.map or [0, 0]
        data = _Yaml(token.content, start + first + 3)
        body = [*body[:first], *[""] * (last - first), *body[last:]]  # so that lines keep their numbers
    _typeset(body, start + 2)
    return _checked(Step, {**data.values, "title": title or "Step", "text": "\n".join(body).strip()}, data)


def _typeset(body: Sequence[str], line: int) -> None:
    """Refuse text that cannot be shown."""
    try:
        html.block("\n".join(body))
    except html.TextError as error:
        raise _At(line + error.line, str(error)) from None


def _checked(model: type[_Model], values: dict[str, Any], source: _Yaml) -> _Model:
    try:
        made = model.model_validate(values)
    except ValidationError as error:
        found = error.errors()
        first = next((each for each in found if each["type"] == "extra_forbidden"), found[0])  # a typing error, mostly
        raise _At(source.line_of(first["loc"]), _sentence(first)) from None
    for text in _texts(made):
        try:
            html.inline(text)
        except html.TextError as error:
            raise _At(source.line, str(error)) from None
    return made


def _texts(made: BaseModel) -> list[str]:
    """What an author writes within YAML and the page typesets."""
    if not isinstance(made, Step):
        return []
    asked = made.question
    return [claim.says for claim in made.shows] + ([asked.ask, *asked.answers, asked.because] if asked else [])


def _sentence(error: Any) -> str:
    """What pydantic found, in a sentence."""
    path = ".".join(str(part) for part in error["loc"])
    match error["type"]:
        case "value_error":
            return str(error["ctx"]["error"])
        case "missing":
            return f"{path!r} is missing."
        case "extra_forbidden":
            return f"{path[:60]!r} means nothing here; is it a typing error?"
    return f"{path!r} is wrong: {error['msg'][:1].lower()}{error['msg'][1:]}."


class _Yaml:
    """A block of YAML that begins in line `line` of its file: its values, and where each of them stands."""

    def __init__(self, text: str, line: int) -> None:
        self.line = line
        try:
            if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
                raise _At(line, "It uses an alias of YAML ('*name'); write the value out.")
            self._root = yaml.compose(text, yaml.SafeLoader)
            loaded = yaml.safe_load(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise _At(line + (mark.line if mark else 0), f"It is no YAML ({error.problem}); {_QUOTE}") from None
        except (yaml.YAMLError, ValueError, RecursionError):
            raise _At(line, f"It is no YAML; {_QUOTE}") from None
        if loaded is not None and not isinstance(loaded, dict):
            raise _At(line, "Write names and values here, such as 'minutes: 8'.")
        if self._root is not None:
            self._refuse_doubles(self._root)
        self.values: dict[str, Any] = {str(name): value for name, value in (loaded or {}).items()}

    def line_of(self, path: Sequence[int | str]) -> int:
        """The line of a value, or of the nearest one above it."""
        node, line = self._root, self.line
        for part in path:
            node = _child(node, part)
            if node is None:
                break
            line = self.line + node.start_mark.line
        return line

    def _refuse_doubles(self, node: yaml.Node) -> None:
        if isinstance(node, yaml.SequenceNode):
            for child in node.value:
                self._refuse_doubles(child)
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    raise _At(self.line + key.start_mark.line, f"{str(key.value)[:40]!r} is given twice.")
                seen.add(str(key.value))
                self._refuse_doubles(value)


def _child(node: yaml.Node | None, part: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child: yaml.Node = node.value[part]
        return child
    return None
