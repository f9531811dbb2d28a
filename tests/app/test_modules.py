"""Which JavaScript modules and style sheets a component consists of."""

from __future__ import annotations

from pathlib import Path

import pytest

from gan.app.components import modules, wiring
from gan.app.components.modules import FOLDER, static_modules, style_sheets

MAIN = """
/** @import { Type } from "./types.d.ts" */
import { a } from "./a.js";
import {
  b,
  c,
} from "./parts/b.js";
import "./side_effect.js";
export { d } from "../shared/d.js";
const text = 'from "./text.js"';
const later = () => import("./later.js");
"""


def written(folder: Path, **files: str) -> Path:
    for name, content in files.items():
        path = folder / f"{name.replace('__', '/')}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder / "component" / "main.js"


def test_static_imports_are_followed_and_dynamic_ones_are_not(tmp_path: Path) -> None:
    main = written(
        tmp_path, component__main=MAIN, component__a='import "./a2.js";\n', component__a2="", component__later="",
        component__parts__b='import { a } from "../a.js";\n', component__side_effect="", shared__d="",
    )  # fmt: skip
    names = [path.relative_to(tmp_path).as_posix() for path in static_modules(main)]
    assert names[0] == "component/main.js"
    assert set(names[1:]) == {
        "component/a.js", "component/a2.js", "component/parts/b.js", "component/side_effect.js", "shared/d.js",
    }  # fmt: skip
    assert len(names) == 6


@pytest.mark.parametrize("folder", ["live", "playground", "runs", "classroom"])
def test_every_preloaded_module_exists_and_is_named_once(folder: str) -> None:
    paths = wiring(folder)["modules"]
    assert paths[0] == f"{folder}/main.js"
    assert len(paths) == len(set(paths))
    assert all((FOLDER / path).is_file() for path in paths)


def test_the_sheets_of_a_component_follow_the_shared_ones_and_its_own_follow_those_of_its_subfolders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modules, "FOLDER", tmp_path)
    for name in (
        "live/window/a.css", "live/charts/b.css", "live/widths.css", "live/base.css",
        "shared/a.css", "shared/base.css", "shared/touch.css",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [path.relative_to(tmp_path).as_posix() for path in style_sheets("live")] == [
        "shared/base.css", "shared/a.css", "live/charts/b.css", "live/window/a.css", "live/base.css", "live/widths.css",
        "shared/touch.css",
    ]  # fmt: skip
