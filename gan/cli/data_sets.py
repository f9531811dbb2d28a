"""Makes sure that the images of a run are on this computer, and asks before it downloads them."""

from __future__ import annotations

import sys

from gan.cli.common import progress_bar
from gan.errors import LiveGANError
from gan.settings import Settings


def require_images(settings: Settings, yes: bool) -> None:
    """Load the images of a run with these settings; download them first if the user agrees (`yes`: without asking).

    Raises:
        LiveGANError: they are damaged, or the user does not agree.
    """
    from gan.data import image_sets

    try:
        image_sets.load(settings.dataset, settings.split, settings.digits)
    except image_sets.MissingData as error:
        _download(error.dataset, str(error), yes)


def _download(dataset: str, why: str, yes: bool) -> None:
    from gan.data import image_sets

    title, cost = image_sets.TITLES[dataset], image_sets.DOWNLOADS[dataset].cost
    if not yes:
        if not sys.stdin.isatty():
            raise LiveGANError(f"{why} Add --yes to have it downloaded ({cost}).")
        print(f"{why} Download {title} now ({cost})? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise LiveGANError(f"{title} was not downloaded, so nothing was done.")
    try:
        with progress_bar() as progress:
            image_sets.download(dataset, progress)
    except KeyboardInterrupt:
        raise LiveGANError("The download was cancelled, and nothing is left of it.") from None
