"""The latent playground: the browser fetches a run's weights and makes the images itself."""

from __future__ import annotations

from dataclasses import asdict

from gan.app.components import FOLDER, component, wiring
from gan.lab import Summary

_ENGINE = sorted((FOLDER / "playground" / "engine").glob("*.js"))
_playground = component("playground")


def playground(run: str | None, summaries: list[Summary]) -> None:
    """Show what a run's generator has learned; all else happens in the browser.

    Args:
        run: the one to begin with; None: the newest that has weights.
        summaries: all runs, newest first, so that the page need not ask for them before it shows the first image.
    """
    data = wiring("playground") | {"run": run, "runs": [asdict(summary) for summary in summaries]}
    engine = [f"{data['base']}/api/ui/playground/engine/{path.name}" for path in _ENGINE]
    data["preload"] += [(url, "modulepreload") for url in engine]
    _playground(key="playground", data=data)
