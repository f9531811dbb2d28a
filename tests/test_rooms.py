"""The rooms of the house: imports between the folders of `gan/` point one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import gan

HOUSE = Path(gan.__file__).parent
# each room may import those after it; modules that lie in no room are named themselves
BELOW_RUNS = (
    "export", "quality", "recording", "training", "data", "presets", "settings", "names", "number_text", "strict_json",
    "limits", "errors", "plotly_js",
)  # fmt: skip
MAY_IMPORT = {
    "cli": ("app", "bench", "server", "classroom", "lessons", "views", "explain", "runs", *BELOW_RUNS),
    "bench": ("app", "server", "classroom", "lessons", "views", "explain", "runs", *BELOW_RUNS),
    "app": ("server", "classroom", "lessons", "views", "explain", "runs", *BELOW_RUNS),
    "server": ("classroom", "views", "explain", "runs", *BELOW_RUNS),
    "classroom": ("recording", "names", "strict_json", "limits", "errors"),
    "lessons": BELOW_RUNS[1:],
    "views": BELOW_RUNS[1:],
    "explain": BELOW_RUNS[1:],
    "runs": ("views", *BELOW_RUNS),
    "export": BELOW_RUNS[1:],
    "quality": BELOW_RUNS[2:],
    "recording": BELOW_RUNS[3:],
    "training": BELOW_RUNS[4:],
    "data": BELOW_RUNS[5:],
    "presets": ("settings",),
    "settings": ("names", "number_text", "strict_json", "limits", "errors"),
    "names": ("strict_json", "limits", "errors"),
    "number_text": ("limits",),
    "strict_json": ("limits",),
    "limits": (),
    "errors": (),
    "plotly_js": (),
}


def imports() -> Iterator[tuple[str, str, str]]:
    """Every import of ours: the file that makes it, its room, and the room that it imports from."""
    for path in sorted(HOUSE.rglob("*.py")):
        inside = path.relative_to(HOUSE)
        room = "cli" if inside.stem == "__main__" else inside.parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module == "gan":
                names = [f"gan.{alias.name}" for alias in node.names if alias.name != "__version__"]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            yield from ((inside.as_posix(), room, name.split(".")[1]) for name in names if name.startswith("gan."))


def test_imports_between_rooms_point_down() -> None:
    found = list(imports())
    assert len(found) > 200  # the reading works
    wrong = [f"{path} imports {to}" for path, room, to in found if to != room and to not in MAY_IMPORT[room]]
    assert wrong == []


def test_only_the_app_imports_streamlit() -> None:
    for path in HOUSE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        if any(name.split(".")[0] == "streamlit" for name in names):
            assert path.relative_to(HOUSE).parts[0] == "app", path


def test_every_room_says_what_lives_there() -> None:
    for room in (path for path in HOUSE.iterdir() if (path / "__init__.py").exists()):
        assert len(ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or "") > 60, room
