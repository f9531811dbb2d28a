"""How long the app takes to its first complete page, compared with the imports that it needs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gan.app.page_visits import Visit, visits
from gan.bench import Result, Say
from gan.bench.figures import missed, spread
from gan.bench.server import running_app
from gan.runs.registry import ROOT

IMPORTS = "import torch, torchvision, streamlit"
LIMITS = {"seconds_more": 2.5}


def measure(say: Say, *, rounds: int = 5, warm_up: bool = True) -> Result:
    """Time from `streamlit run` to the first page with all its files, as requested by a browser without a cache.

    Excludes the browser's own work. Alternates with `python -c "import ..."`; the first round warms up.
    """
    imports, health, script, page = [], [], [], []
    for number in range(0 if warm_up else 1, rounds + 1):
        say(f"start of the app, {f'round {number} of {rounds}' if number else 'to warm up'}")
        imported = _seconds_of_imports()
        answered, visit = _first_page()
        if number:
            imports.append(imported)
            health.append(answered)
            script.append(answered + visit.script)
            page.append(answered + visit.page)
    more = [one - other for one, other in zip(page, imports, strict=True)]
    result: Result = {
        "imports_seconds": spread(imports),
        "health_seconds": spread(health),
        "script_seconds": spread(script),
        "page_seconds": spread(page),
        "seconds_more": spread(more),
    }
    return result | {"missed": missed(result, LIMITS, {})}


def _seconds_of_imports() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True, cwd=ROOT)
    return time.perf_counter() - began


def _first_page() -> tuple[float, Visit]:
    """Seconds until the server answers, and the visit that follows immediately."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with running_app(Path(folder)) as app:
            answered = time.perf_counter() - began
            (visit,) = visits(app.address, "", 1, 0.0, True)
            return answered, visit
