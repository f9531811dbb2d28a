"""A lesson is a Markdown file; a bad one gets a sentence that names file and line, and harms nothing."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from gan.lessons.card import card, entry
from gan.lessons.html import inline
from gan.lessons.lesson import Lesson
from gan.lessons.lesson_file import LessonError, read
from gan.lessons.library import FOLDER, library
from gan.limits import MAX_LESSON

HEAD = "---\ntitle: A title\nminutes: 5\nlearn: Something.\n---\n\n## First\n\nText.\n"  # 9 lines


def step(*lines: str) -> str:
    """A lesson whose only step has these lines of YAML, the first of which is line 12 of the file."""
    return "\n".join([HEAD, "```step", *lines, "```", ""])


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "bad.md"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def lesson(folder: Path, text: str) -> Lesson:
    return read(written(folder, text))


def test_a_lesson_is_read_with_all_that_belongs_to_a_step(tmp_path: Path) -> None:
    found = lesson(
        tmp_path,
        step(
            "start: {name: My run, preset: no-dropout, epochs: 2}",
            "watch: [losses, lr_g]",
            "reached: epoch >= 1 and d_fake_acc > 90 over 200 batches",
            "shows: [{says: The detective wins., check: d_loss < 0.1}]",
            "question: {ask: Is $x^2$ large, answers: [1, 2.5, maybe], right: 3, because: Who *knows*.}",
        ),
    )
    (only,) = found.steps
    assert (found.name, found.title, found.minutes, only.title, only.text) == ("bad", "A title", 5, "First", "Text.")
    assert only.start is not None
    assert (only.start.name, only.start.settings.dropout, only.start.settings.epochs) == ("My run", 0.0, 2)
    assert [clause.figure for clause in only.reached] == ["epoch", "d_fake_acc"]
    assert only.question is not None
    assert only.question.answers == ("1", "2.5", "maybe")
    shown = card(found)["steps"][0]
    assert "<math" in shown["question"]["ask"]
    assert shown["question"]["because"] == "Who <em>knows</em>."
    assert entry(found)["steps"] == 1


def test_a_step_says_what_it_turns(tmp_path: Path) -> None:
    found = lesson(tmp_path, step("start: {}", "turn: {lr_g: 0.001, dropout: 0, lr_d: 0.001, epochs: 2}"))
    assert card(found)["steps"][0]["turns"] == ["both learning rates to 0.001", "Dropout to 0", "Epochs to 2"]
    found = lesson(tmp_path, step("start: {}", "turn: {lr_g: 0.001, lr_d: 0.002}"))
    assert card(found)["steps"][0]["turns"] == [
        "Generator learning rate to 0.001", "Discriminator learning rate to 0.002",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1: A lesson begins with its title"),
        ("# Only a heading\n", "line 1: A lesson begins with its title"),
        (HEAD.replace("minutes: 5\n", ""), "line 2: 'minutes' is missing."),
        (HEAD.replace("minutes: 5", "minutes: long"), "line 3: 'minutes' is wrong"),
        (HEAD.replace("minutes: 5", "minuets: 5"), "line 3: 'minuets' means nothing here"),
        (HEAD.replace("## First", "# First"), "line 6: It has no step"),
        (step("strat: {}"), "line 12: 'strat' means nothing here"),
        (step("watch: losses", "watch: images"), "line 13: 'watch' is given twice."),
        (step("watch: everything"), "line 12: The page has no part 'everything'"),
        (step("- a", "- list"), "line 12: Write names and values here"),
        (step("start: {preset: lecture}", "reached: [epoch"), "It is no YAML"),
        (step("start: !!python/object/apply:os.system ['true']"), "It is no YAML"),
        (step("start: &a {epochs: 1}", "turn: *a"), "line 12: It uses an alias"),
        (step("start: {preset: lecturer}"), "line 12: There is no preset 'lecturer'"),
        (step("start:", "  preset: lecture", "  learning_rate: 3"), "There is no setting named 'learning_rate'"),
        (step("start: {lr_g: 3}"), "line 12: Generator learning rate (lr_g) is 3; it must be a number from 1e-06 to"),
        (step("start: {}", "turn: {lr_g: 3}"), "line 12: Generator learning rate (lr_g) is 3"),
        (step("start: {}", "turn: {batch_size: 3}"), "'batch_size' is fixed when a run starts"),
        (step("start: {}", "turn: {speed: 3}"), "'speed' is no knob"),
        (step("start: {}", "reached: soon"), "line 13: 'soon' is no condition"),
        (step("start: {}", "reached: 3"), "line 13: '3' is no condition"),
        (step("reached: epoch >= 1"), "Step 'First' needs a run, but no step before it starts one."),
        (step("start: {}", "shows: [{says: x, check: epoch = 1}]"), "It shows something but is never reached"),
        (step("question:", "  ask: Why?", "  right: 1", "  because: x"), "line 13: 'question.answers' is missing."),
        (step("question: {ask: Why, answers: [a, b], because: x}"), "line 12: 'question.right' is missing."),
        (step("question: {ask: Why, answers: [a, b], right: 3, because: x}"), "The right answer is number 3"),
        (step("question: {ask: Why, answers: [yes, no], right: 1, because: x}"), "Put quotation marks around yes"),
        (step("question: {ask: Why, answers: [a], right: 1, because: x}"), "line 12: 'question.answers' is wrong"),
        (HEAD + "\n```step\n```\n\n```step\n```\n", "line 14: Step 'First' has two blocks"),
        (HEAD + "\n![a picture](cat.png)\n", "A lesson can hold no image"),
        (HEAD + "\nSee [this](../../etc/passwd).\n", "The link to '../../etc/passwd' leads outside"),
        (HEAD + "\n[x](file:///etc/passwd)\n", "") ,
        (HEAD + "\nA formula $\\frac{1}{$.\n", "line 11: The formula '\\frac{1}{' cannot be typeset."),
        (HEAD + "\n$\\href{javascript:alert(1)}{x}$\n", "uses a command that is not allowed here."),
        (HEAD + "\n$\\text{<script>alert(1)</script>}$\n", "The formula '\\text{<script>alert(1)</script>}'"),
        ("x" * (MAX_LESSON + 1), "line 1: It is larger than 128 kB, so it is not read."),
        (b"---\ntitle: caf\xe9\n---\n", "line 2: It is not in UTF-8"),
    ],
)  # fmt: skip
def test_a_bad_file_gets_a_sentence_with_its_line(tmp_path: Path, text: str | bytes, sentence: str) -> None:
    if not sentence:  # not even a link for CommonMark: shown as text
        assert "<a" not in card(lesson(tmp_path, str(text)))["steps"][0]["text"]
        return
    with pytest.raises(LessonError) as refusal:
        read(written(tmp_path, text))
    assert str(refusal.value).startswith("bad.md, line ")
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_five_megabytes_are_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "large.md"
    with path.open("wb") as file:
        file.truncate(5_000_000)
    with pytest.raises(LessonError, match="larger than 128 kB"):
        read(path)


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", '<img src=x onerror="alert(1)">', "[x](javascript:alert(1))", "<b onclick=x>bold</b>",
     "`<i>code</i>`", "<https://example.org/><svg onload=alert(1)>"],
)  # fmt: skip
def test_html_and_scripts_in_a_text_are_shown_as_text(tmp_path: Path, text: str) -> None:
    shown = card(lesson(tmp_path, f"{HEAD}\n{text}\n"))["steps"][0]["text"]
    assert not [tag for tag in ("<script", "<img", "<b ", "<i>", "<svg", 'href="javascript') if tag in shown]
    assert "alert(1)" in shown or "bold" in shown or "code" in shown


@pytest.mark.parametrize(
    ("formula", "shown"),
    [("-\\log p", "\u2212log\u2009p"), ("0.9 \\log D(x)", "0.9\u2009log\u2009D(x)"), ("\\log(1 - D)", "log(1\u2212D)")],
)
def test_a_function_stands_apart_from_what_is_beside_it(formula: str, shown: str) -> None:
    assert html.unescape(re.sub("<[^>]*>", "", inline(f"${formula}$"))) == shown


def test_the_library_lists_good_lessons_beside_the_sentences_about_bad_ones(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text(HEAD)
    (tmp_path / "better.md").write_text(HEAD.replace("---\n\n", "order: 1\n---\n\n", 1))
    (tmp_path / "worse.md").write_text(HEAD.replace("minutes", "minuets"))
    (tmp_path / "README.md").write_text("How to write a lesson.")
    found = library(tmp_path)
    assert [one.name for one in found.lessons] == ["better", "good"]
    assert found.problems == ("worse.md, line 3: 'minuets' means nothing here; is it a typing error?",)
    assert found.get("good") is found.lessons[1]
    assert found.get("../good") is None


def test_an_edited_lesson_is_there_after_a_reload(tmp_path: Path) -> None:
    path = tmp_path / "mine.md"
    path.write_text(HEAD)
    assert library(tmp_path).lessons[0].title == "A title"
    path.write_text(HEAD.replace("A title", "Another title"))
    assert library(tmp_path).lessons[0].title == "Another title"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert library(tmp_path / "none").problems == (f"The folder of the lessons, {tmp_path / 'none'}, is not there.",)


def test_the_lesson_in_the_readme_can_be_read(tmp_path: Path) -> None:
    text = (FOLDER.parent / "README.md").read_text("utf-8").split("````markdown\n")[1].split("````")[0]
    found = lesson(tmp_path, text)
    assert found.title == "Twice as fast"
    assert found.steps[0].start is not None
