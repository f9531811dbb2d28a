"""Names of runs: any script is welcome, and what becomes a folder's name is safe."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan import names
from gan.limits import MAX_TITLE
from gan.names import NAME, InvalidName


@pytest.mark.parametrize(
    ("typed", "folder"),
    [
        ("demo", "demo"),
        ("My first run", "My-first-run"),
        ("  Élise & Ångström ", "Elise-Angstrom"),
        ("Straße 7", "Strasse-7"),
        ("Versuch №2", "Versuch-No2"),
        ("a/../b", "a-..-b"),
        ("../../etc/passwd", "etc-passwd"),
        ("con", "run-con"),
        ("COM1.txt", "run-COM1.txt"),
        ("new", "run-new"),
        ("x.", "x"),
        ("きょう", "run-131fb267"),
        ("実験 3", "3"),
        ("🙂", "run-d06f1525"),
        ("x" * 64, "x" * 64),
    ],
)
def test_a_title_gets_a_folder_that_resembles_it(typed: str, folder: str) -> None:
    assert names.folder_form(names.title_of(typed)) == folder


@given(st.text(max_size=80))
def test_whatever_is_typed_gets_a_safe_folder_or_one_sentence(typed: str) -> None:
    try:
        title = names.title_of(typed)
    except InvalidName as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert refusal.startswith(("A name ", "The name "))
        assert "\n" not in refusal
        return
    assert 1 <= len(title) <= MAX_TITLE
    assert names.title_of(title) == names.checked(title) == title
    for name in (names.folder_form(title), names.safe_form(title)):
        assert NAME.fullmatch(name)
        assert not name.endswith(".")
        assert name.lower().split(".")[0] not in names._RESERVED


@pytest.mark.parametrize(
    "typed", ["\u200b", "\u0301", "\u3164", "\u2800", "a\nb", "a\0b", "a\u202eb", "a\u2066b", "a\u2028b", "a\ud800"]
)
def test_characters_that_deceive_or_break_a_line_are_refused(typed: str) -> None:
    with pytest.raises(InvalidName, match=r"^The name holds invisible characters; type it again"):
        names.title_of(typed)


@pytest.mark.parametrize("typed", ["", "  \t"])
def test_a_name_that_nobody_can_see_is_refused(typed: str) -> None:
    with pytest.raises(InvalidName, match=r"^A name needs at least one letter or digit\.$"):
        names.title_of(typed)


def test_a_name_that_is_too_long_is_told_how_long_it_is() -> None:
    with pytest.raises(InvalidName, match=r"^A name has at most 64 characters; this one has 65\.$"):
        names.title_of("é" * 65)


def test_a_title_is_kept_in_its_composed_form() -> None:
    assert names.title_of(unicodedata.normalize("NFD", "é")) == "é"
    with pytest.raises(InvalidName):
        names.checked(unicodedata.normalize("NFD", "é"))


def test_titles_that_people_take_for_the_same_are_alike() -> None:
    assert names.alike("Lauf 1") == names.alike("lauf  1") == names.alike("LAUF\u200b 1") == names.alike("Lauf \uff11")
    assert names.alike("Lauf 1") != names.alike("Lauf 2")


@pytest.mark.parametrize("unseen", ["\u3164", "\u1160", "\u2800", "\uffa0", "\ufe0f", "\u034f", "\U000e0101", "\u00ad"])
def test_a_character_that_takes_no_ink_does_not_tell_two_titles_apart(unseen: str) -> None:
    assert names.alike(f"a{unseen}b") == names.alike("ab")
