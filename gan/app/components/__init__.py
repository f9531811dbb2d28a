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
# (all at once, not one import after the other) from the route that serves this folder.
_LOADER = """
const asked = (url) => [...document.head.querySelectorAll("link")].some((link) => link.getAttribute("href") === url);
export default async (component) => {
  const { base, folder, preload } = component.data;
  for (const [url, kind] of preload) {
    if (asked(url)) continue;
    const hint = Object.assign(document.createElement("link"), { rel: kind, href: url });
    if (kind === "preload") hint.as = "script";
    document.head.append(hint);
  }
  const module = await import(new URL(`${base}/api/ui/${folder}/main.js`, location.origin).href);
  return module.default(component);
};
"""


def component(folder: str) -> Renderer:
    """The component of a folder: its `main.js`, its style sheets (by name) after the one that all share.

    It lives in the page itself, not in a shadow root: Plotly puts its styles into the document's head.
    """
    sheets = [FOLDER / "shared" / "base.css", *sorted((FOLDER / folder).glob("*.css"))]
    css = "\n".join(sheet.read_text("utf-8") for sheet in sheets)
    return strict(st.components.v2.component(f"livegan_{folder}", css=css, js=_LOADER, isolate_styles=False))


def strict(render: Renderer) -> Renderer:
    """The component with its data checked: Streamlit would write NaN into it, which no browser reads."""

    def checked(*, data: dict[str, Any], **arguments: Any) -> Any:
        return render(data=strict_json.checked(data), **arguments)

    return checked


def wiring(folder: str, *scripts: str) -> dict[str, Any]:
    """What the data of every component of ours must hold: where the server is and what to fetch from it.

    Args:
        scripts: URLs of further scripts that it will load.
    """
    base = base_path()
    modules = [f"{base}/api/ui/{path}" for path in _modules(folder)]
    preload = [*((url, "preload") for url in scripts), *((url, "modulepreload") for url in modules)]
    return {"base": base, "folder": folder, "preload": preload}


@cache
def _modules(folder: str) -> list[str]:
    """What a component needs at once; what it fetches only when somebody asks for it lies in folders below."""
    return [path.relative_to(FOLDER).as_posix() for part in ("shared", folder) for path in (FOLDER / part).glob("*.js")]


def base_path() -> str:
    """The path that the server lives under: empty, or "/name"."""
    path = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{path}" if path else ""
