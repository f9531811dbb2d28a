"""Pages change things through `gan.app.acting` alone, where the table of permissions is asked."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from serving import Server
from streamlit.testing.v1 import AppTest

from gan.app import acting
from gan.classroom.permissions import JOIN_FIRST, TABLE

APP = Path(acting.__file__).parent
# What changes runs, data sets or the class
CHANGES = {
    "start", "branch", "command", "measure", "train_again", "delete", "restore", "empty_bin", "hide", "unpack",
    "restore_aside", "discard_aside", "begin", "cancel", "device_code", "remove", "renew_code", "renew_key", "close",
    "join", "enter_as_teacher", "clear_desks",
}  # fmt: skip
WHOSE = ("registry", "downloads", "classroom")  # in the name of the object that is changed


def test_no_other_file_changes_anything() -> None:
    found = []
    for path in APP.rglob("*.py"):
        if path.name in ("acting.py", "event_loops.py", "page_visits.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Attribute) or node.attr not in CHANGES:
                continue
            if any(word in ast.unparse(node.value) for word in WHOSE):
                found.append(f"{path.name}: {ast.unparse(node)}")
    assert found == []


def test_every_function_has_a_row_and_every_row_its_functions() -> None:
    tree = ast.parse(Path(acting.__file__).read_text("utf-8"))
    functions = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and any(ast.unparse(one) == "checked" for one in node.decorator_list)
    }
    plain = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)} - functions
    assert functions == {name for row in TABLE for name in row.calls}
    assert plain == {"checked"}


def script_of_a_stranger() -> None:
    """Calls everything that changes something; no gate has said who uses this tab."""
    import streamlit as st

    from gan.app import acting
    from gan.classroom.permissions import TABLE, NotAllowed

    for name in (name for row in TABLE for name in row.calls):
        try:
            getattr(acting, name)("demo")
        except NotAllowed as error:
            st.text(f"{name}: {error}")


def test_a_tab_of_somebody_unknown_changes_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # AppTest puts its script there and leaves it
    seen = AppTest.from_function(script_of_a_stranger).run()
    assert not seen.exception
    told = [text.value.split(": ", 1) for text in seen.text]
    assert {name for name, _ in told} == {name for row in TABLE for name in row.calls}
    assert {sentence for _, sentence in told} == {JOIN_FIRST}
