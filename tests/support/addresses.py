"""All addresses that the real server has, Streamlit's own included."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass

from gan.runs.registry import ROOT

# Kind (Route, WebSocketRoute, Mount), path, methods.
LIST_ROUTES = """
import json
import streamlit_app
routes = streamlit_app.app._build_starlette_app().routes
print(json.dumps([[type(r).__name__, r.path, sorted(getattr(r, "methods", None) or [])] for r in routes]))
"""


@dataclass(frozen=True)
class Address:
    path: str
    method: str
    socket: bool


def all_addresses() -> list[Address]:
    """Paths as Starlette writes them; a route for all methods is there as GET and POST."""
    printed = subprocess.run([sys.executable, "-c", LIST_ROUTES], cwd=ROOT, check=True, capture_output=True, text=True)
    addresses = []
    for kind, path, methods in json.loads(printed.stdout.splitlines()[-1]):
        if kind == "WebSocketRoute":
            addresses.append(Address(path, "GET", socket=True))
        else:
            addresses += [Address(path, method, socket=False) for method in methods or ["GET", "POST"]]
    return addresses


def filled(path: str, name: str = "x") -> str:
    """A path with something in place of its parameters; `name`: of a run."""
    return re.sub(r"{[^}]*}", "x", path.replace("{name}", name)) or "/"
