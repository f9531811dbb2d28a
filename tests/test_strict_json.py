"""JSON as every browser reads it, and no other; and nothing of ours that goes to a browser is made elsewhere."""

from __future__ import annotations

import ast
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gan
from gan.strict_json import NotJSON, checked, dumps, loads, response

PLENTY = 10**6
any_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@given(any_json)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert loads(dumps(value).encode(), PLENTY) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, object(), {1, 2}, b"bytes", {(1, 2): 3}])
def test_what_no_browser_reads_is_not_written(value: Any) -> None:
    with pytest.raises(NotJSON):
        dumps({"runs": [{"fid": value}]})
    with pytest.raises(NotJSON):
        checked([value])


def test_an_answer_that_cannot_be_written_says_so_as_json() -> None:
    answer = response({"fid": math.nan}, headers={"Cache-Control": "max-age=9"})
    assert answer.status_code == 500
    assert "could not be written" in loads(bytes(answer.body), PLENTY)["error"]
    assert "cache-control" not in answer.headers


def test_an_answer_is_json_with_its_status_and_headers() -> None:
    answer = response({"ok": True}, 202, {"Cache-Control": "no-cache"})
    assert (answer.status_code, answer.body, answer.media_type) == (202, b'{"ok":true}', "application/json")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"fid": NaN}', "it holds NaN, which is no number"),
        (b"[-Infinity]", "it holds -Infinity, which is no number"),
        (b"[1e999]", "it holds a number that is too large"),
        (b"[" + b"9" * 41 + b"]", "it holds a number of too many digits"),
        (b"[" + b"9" * 5000 + b"]", "it holds a number of too many digits"),
        (b'{"epoch": 1, "epoch": 2}', "it holds a name twice"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"a":' * 100_000, "it is nested too deeply"),
        (b"", "its syntax"),
        (b"{", "its syntax"),
        (b"\xff\xfe\xfd", "its syntax"),
        (b'"\xff"', "its syntax"),
        (b"[1] [2]", "its syntax"),
    ],
)
def test_other_text_is_refused_with_the_reason(text: bytes, reason: str) -> None:
    with pytest.raises(NotJSON, match=f"^{reason}$"):
        loads(text, PLENTY)


def test_a_text_of_too_many_values_is_refused_before_it_is_read() -> None:
    assert loads(b"[1, 2, 3]", most=3) == [1, 2, 3]
    with pytest.raises(NotJSON, match="more than 3 values"):
        loads(b"[1, 2, 3, 4]", most=3)
    with pytest.raises(NotJSON, match="more than 1,000 values"):
        loads(b"[],{}" * 4_000_000, most=1000)


# --- the sources -------------------------------------------------------------------------------------------------

# They write files, or lines on a terminal, and each says `allow_nan=False` itself.
WRITERS = {
    "recording/run_file.py", "recording/commands_file.py", "quality/scores.py", "cli/common.py", "data/download.py",
    "export/script.py", "strict_json.py",
}  # fmt: skip
HOME = Path(gan.__file__).parent
SOURCES = sorted(path for path in HOME.rglob("*.py") if "bench" not in path.parts)


@pytest.mark.parametrize("source", SOURCES, ids=[str(path.relative_to(HOME)) for path in SOURCES])
def test_no_other_module_writes_json(source: Path) -> None:
    tree = ast.parse(source.read_text("utf-8"))
    writer = source.relative_to(HOME).as_posix() in WRITERS
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="json") | ast.Import(names=[ast.alias(name="orjson" | "ujson" | "simplejson")]):
                pytest.fail(f"line {node.lineno}: import the module json as a whole, so that its use can be seen")
            case ast.Name(id=name) | ast.alias(name=name) | ast.Attribute(attr=name) if name.endswith("JSONResponse"):
                pytest.fail(f"{source.name} uses {name}; strict_json.response is the one place that makes answers")
            case ast.Attribute(attr="send_json"):
                pytest.fail(f"line {node.lineno}: send strict_json.dumps instead")
            case ast.Call(func=ast.Attribute(value=ast.Name(id="json"), attr="dumps" | "dump" | "JSONEncoder")):
                assert writer, f"line {node.lineno}: use strict_json.dumps"
                strict = [word.value for word in node.keywords if word.arg == "allow_nan"]
                assert [ast.unparse(value) for value in strict] == ["False"], f"line {node.lineno}: allow_nan=False"


def test_the_component_data_of_pages_is_strict() -> None:
    """Streamlit writes it by its own means; so it is checked on the way."""
    from gan.app.components import strict

    given_to_streamlit: list[dict[str, Any]] = []
    render = strict(lambda **arguments: given_to_streamlit.append(arguments))
    render(key="x", data={"fid": 1.5})
    with pytest.raises(NotJSON):
        render(key="x", data={"fid": math.nan})
    assert given_to_streamlit == [{"key": "x", "data": {"fid": 1.5}}]


def test_json_of_the_standard_library_would_not_be_strict() -> None:
    """This is why there is a module for it."""
    assert json.dumps(math.nan) == "NaN"
    assert math.isnan(json.loads("NaN"))
