"""The latent playground: the browser fetches a run's weights and makes the images itself."""

from __future__ import annotations

from dataclasses import asdict

from gan.app.components import component, wiring
from gan.data.class_names import CLASS_NAMES
from gan.runs.summary import RunSummary

_playground = component("playground")


def playground(run: str | None, summaries: list[RunSummary], words: dict[str, dict[str, str]]) -> None:
    """Show what a run's generator has learned; the browser does the rest.

    Args:
        run: the run to open with; None opens the newest one that has weights.
        summaries: all runs, newest first; saves the page a request before its first image.
        words: what its terms mean, by their names (see `gan.app.words`).
    """
    data = wiring("playground") | {
        "run": run,
        "runs": [asdict(summary) for summary in summaries],
        "class_names": CLASS_NAMES,
        "words": words,
    }
    _playground(key="playground", data=data)
