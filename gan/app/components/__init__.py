"""The parts of the pages that Streamlit has no widget for: one folder each, with its Python, JavaScript and CSS."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from gan import strict_json

FOLDER = Path(__file__).parent
Renderer = Callable[..., Any]

# Streamlit runs a component's script from a blob; ours are modules that import each other, so this only fetches them
# (all at once, not one import after the other) from the route that serves this folder. That lies where the page's own
# scripts come from: a proxy may have put a path before it of which Python knows nothing.
_LOADER = """
const asked = (url) => [...document.head.querySelectorAll("link")].some((link) => link.getAttribute("href") === url);
export default async (component) => {
  const script = document.querySelector('script[src*="static/js/"]');
  const base = new URL("../..", script.src).pathname.slice(0, -1);
  const { folder, preload } = component.data;
  for (const [path, kind] of preload) {
    const url = `${base}/${path}`;
    if (asked(url)) continue;
    const hint = Object.assign(document.createElement("link"), { rel: kind, href: url });
    if (kind === "preload") hint.as = "script";
    document.head.append(hint);
  }
  const module = await import(new URL(`${base}/api/ui/${folder}/main.js`, location.origin).href);
  return module.default({ ...component, data: { ...component.data, base } });
};
"""


def component(folder: str) -> Renderer:
    """The component of a folder: its `main.js`, its style sheets (by name) between the two that all share.

    It lives in the page itself, not in a shadow root: Plotly puts its styles into the document's head.
    """
    shared = FOLDER / "shared"
    sheets = [shared / "base.css", *sorted((FOLDER / folder).glob("*.css")), shared / "touch.css"]
    css = "\n".join(sheet.read_text("utf-8") for sheet in sheets)
    return strict(st.components.v2.component(f"livegan_{folder}", css=css, js=_LOADER, isolate_styles=False))


def strict(render: Renderer) -> Renderer:
    """The component with its data checked: Streamlit would write NaN into it, which no browser reads."""

    def checked(*, data: dict[str, Any], **arguments: Any) -> Any:
        return render(data=strict_json.checked(data), **arguments)

    return checked


def wiring(folder: str, *scripts: str) -> dict[str, Any]:
    """What the data of every component of ours must hold: what to fetch from the server, as paths below its own.

    In the browser, the data also holds that path of the server as `base`: "" or "/name".

    Args:
        scripts: further scripts that it will load.
    """
    preload = [*((path, "preload") for path in scripts), *((path, "modulepreload") for path in _modules(folder))]
    return {"folder": folder, "preload": preload}


@cache
def _modules(folder: str) -> list[str]:
    """What a component needs at once; what it fetches only when somebody asks for it lies in folders below."""
    return [module_path(path) for part in ("shared", folder) for path in (FOLDER / part).glob("*.js")]


def module_path(path: Path) -> str:
    """Where the server has one of the modules in this folder."""
    return f"api/ui/{path.relative_to(FOLDER).as_posix()}"
