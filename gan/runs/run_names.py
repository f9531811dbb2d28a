"""Names and titles for new runs: which are free, and which one a run gets that nobody has named.

A run's name is that of its folder. Its title is what people read; it is kept only where it differs from the name.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Container
from pathlib import Path

from gan import names
from gan.limits import MAX_TITLE
from gan.names import InvalidName
from gan.recording.run_file import read_run_file, write_run_file
from gan.runs.run import Run
from gan.runs.summary import RunSummary


class RunNames:
    """The names in one folder of runs. Whoever takes one holds the registry's lock until the run is there.

    Args:
        open_runs: the names of the runs that are open; the disk may have refused their folders.
        summaries: lists all runs.
    """

    def __init__(self, folder: Path, open_runs: Container[str], summaries: Callable[[], list[RunSummary]]) -> None:
        self._folder = folder
        self._open_runs = open_runs
        self._summaries = summaries

    def typed(self, text: str) -> tuple[str, str | None]:
        """The name and title of a run for which somebody typed `text`; raises `InvalidName`."""
        title = names.title_of(text)
        if names.alike(title) in self._titles():
            raise InvalidName(f"There is already a run named {title!r}.")
        name = self.free(names.folder_form(title))
        return name, None if name == title else title

    def derived(self, parent: Run, what: str) -> tuple[str, str | None]:
        """The name and title of a run that was made of `parent`, such as a "branch"."""
        name = self.free(f"{parent.name[: 59 - len(what)]}-{what}")
        title = parent.run_file.title
        return name, title and self.free_title(f"{title[: MAX_TITLE - 1 - len(what)]} {what}")

    def of_now(self) -> str:
        """The name of a run that starts now."""
        return self.free(time.strftime("run-%Y%m%d-%H%M%S"))

    def of_upload(self, filename: str) -> str:
        """The name of a run that was uploaded in a file of this name."""
        stem = Path(filename).stem
        return self.free(names.safe_form(stem) if re.search(r"[A-Za-z0-9]", stem) else "uploaded")

    def free(self, name: str) -> str:
        """`name`, or the same with the first number behind it that is free."""
        candidates = [name, *(f"{name[:60]}-{number}" for number in range(2, 1000))]
        return next(c for c in candidates if c not in self._open_runs and not (self._folder / c).exists())

    def number_title(self, name: str) -> None:
        """Number the title of a run that was added, if another run has the same; raises `DamagedRun`, OSError."""
        run_file = read_run_file(self._folder / name)
        others = {names.alike(summary.title) for summary in self._summaries() if summary.name != name}
        if run_file.title and names.alike(run_file.title) in others:
            title = self.free_title(run_file.title)
            write_run_file(self._folder / name, run_file.model_copy(update={"title": title}))

    def _titles(self) -> set[str]:
        return {names.alike(summary.title) for summary in self._summaries()}

    def free_title(self, title: str) -> str:
        """`title`, or the same with the first number behind it that no run has."""
        taken = self._titles()
        candidates = [title, *(f"{title[: MAX_TITLE - 4]} {number}" for number in range(2, 1000))]
        return next(c for c in candidates if names.alike(c) not in taken)
