"""Parts of the pages that are no Streamlit widgets: one folder each, with its Python, JavaScript and CSS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from gan import strict_json
from gan.app.components.modules import FOLDER, static_modules, style_sheets
from gan.server import page_files

Renderer = Callable[..., Any]

_LOADER = (FOLDER / "loader.js").read_text("utf-8")


def component(folder: str) -> Renderer:
    """The component in a folder: its `main.js` and its style sheets.

    It lives in the page itself, not in a shadow root: Plotly puts its styles into the document's head.
    """
    css = "\n".join(sheet.read_text("utf-8") for sheet in style_sheets(folder))
    return strict(st.components.v2.component(f"livegan_{folder}", css=css, js=_LOADER, isolate_styles=False))


def strict(render: Renderer) -> Renderer:
    """The component with its data checked: Streamlit would write NaN into it, which no browser reads."""

    def checked(*, data: dict[str, Any], **arguments: Any) -> Any:
        return render(data=strict_json.checked(data), **arguments)

    return checked


def wiring(folder: str, *scripts: str) -> dict[str, Any]:
    """The files that a component fetches from the server, which its data must name, as paths relative to the server's.

    In the browser, the data also holds the server's own path as `base`: "" or "/name".

    Args:
        scripts: other scripts that the component will load.
    """
    modules = [path.relative_to(FOLDER).as_posix() for path in static_modules(FOLDER / folder / "main.js")]
    return {"ui": f"api/ui/{page_files.version()}", "modules": modules, "scripts": list(scripts)}
