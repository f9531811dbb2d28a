"""Names and titles of runs: as they are typed, as folders can have them, each given once."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from helpers import (
    ENDLESS,
    SMALL,
    wait_for,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import OpenRegistry

from gan.errors import LiveGANError
from gan.names import NAME, InvalidName
from gan.runs.registry import RunRegistry
from gan.runs.run_names import RunNames


def test_a_run_without_a_name_gets_one_of_its_own(open_registry: OpenRegistry) -> None:
    one = open_registry()
    names = {one.start(ENDLESS, paused=True).name for _ in range(3)}
    assert len(names) == 3
    assert all(NAME.fullmatch(name) for name in names)


ODD_NAMES = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "a\\b",
    ".hidden",
    "-x",
    "x" * 65,
    "a b",
    "é",
    "x\n",
    "x.",
    "con",
    "New",
    "a\0b",
]


@pytest.mark.parametrize("name", ["x" * 65, "a\0b", "a\nb", "\u200b"])
def test_a_name_that_cannot_be_shown_is_refused_and_leaves_nothing(open_registry: OpenRegistry, name: str) -> None:
    one = open_registry()
    before = sorted(one.folder.rglob("*"))
    with pytest.raises(InvalidName, match=r"^(A|The) name "):
        one.start(SMALL, name)
    assert sorted(one.folder.rglob("*")) == before


@given(st.text(max_size=70) | st.from_regex(NAME, fullmatch=True) | st.sampled_from(ODD_NAMES))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_becomes_a_name_in_the_folder_or_is_refused(tmp_path: Path, name: str) -> None:
    one = RunRegistry(tmp_path)
    run_names = RunNames(tmp_path, (), one.summaries)
    refusal = ""
    try:
        checked, title = run_names.typed(name)
    except InvalidName as error:
        refusal = str(error)
    if refusal:
        assert len(refusal) < 500
        assert "\n" not in refusal
    else:
        assert NAME.fullmatch(checked)
        assert (tmp_path / checked).parent == tmp_path
        assert (title or checked) == unicodedata.normalize("NFC", name).strip()
    with pytest.raises(LiveGANError, match="There is no run named"):
        one.get(name)
    with pytest.raises(LiveGANError, match="There is no run named"):
        one.delete(name)


def test_a_name_in_any_script_is_shown_as_it_was_typed_and_kept_on_disk(open_registry: OpenRegistry) -> None:
    one = open_registry()
    run = one.start(SMALL, " Mein Lauf №1 ")
    wait_for(run, "finished")
    assert (run.name, run.snapshot().title) == ("Mein-Lauf-No1", "Mein Lauf №1")
    one.close()
    again = open_registry()
    assert [(s.name, s.title) for s in again.summaries()] == [("Mein-Lauf-No1", "Mein Lauf №1")]
    assert again.get("Mein-Lauf-No1").snapshot().title == "Mein Lauf №1"


def test_names_with_the_same_safe_form_get_folders_of_their_own(open_registry: OpenRegistry) -> None:
    one = open_registry()
    made = [one.start(ENDLESS, name, paused=True).name for name in ("demo", "démo", "Demo!", "de/mo", "de mo")]
    assert made == ["demo", "demo-2", "Demo", "de-mo", "de-mo-2"]


@pytest.mark.parametrize("again", ["Lauf 1", "LAUF 1", " lauf  1"])
def test_a_name_is_given_once_however_it_is_written(open_registry: OpenRegistry, again: str) -> None:
    one = open_registry()
    one.start(ENDLESS, "Lauf 1", paused=True)
    with pytest.raises(InvalidName, match=r"^There is already a run named '.*'\.$"):
        one.start(ENDLESS, again)


def test_a_name_is_given_once(open_registry: OpenRegistry) -> None:
    one = open_registry()
    one.start(ENDLESS, "demo", paused=True)
    with pytest.raises(LiveGANError, match=r"^There is already a run named 'demo'\.$"):
        one.start(ENDLESS, "demo")
