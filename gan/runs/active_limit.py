"""How many runs may be active at once: each has a thread, networks in memory and an open file."""

from __future__ import annotations

from collections.abc import Collection

from gan.errors import Busy
from gan.limits import MAX_ACTIVE
from gan.recording.run_file import Desk
from gan.runs.run import Run


def make_room(runs: Collection[Run], desk: Desk | None) -> None:
    """Refuse another active run of this desk (None: of the teacher's) beyond the limit; raises `Busy`.

    Runs of desks and the teacher's are counted apart, so that a class cannot keep the teacher from starting one. At
    desks the one that is paused for the longest time makes room: nobody there could stop it for another.
    """
    alike = [run for run in runs if run.active and (run.run_file.desk is None) == (desk is None)]
    if len(alike) < MAX_ACTIVE:
        return
    if desk is None:
        raise Busy(f"{MAX_ACTIVE} runs train, rest or wait already; stop one of them first.")
    paused = [run for run in alike if run.snapshot().state == "paused"]
    if not paused:
        raise Busy(f"{MAX_ACTIVE} runs of all desks train already; try again in a few minutes.")
    longest = min(paused, key=lambda run: run.snapshot().updated)
    longest.shut_down("It was paused for long, and another desk needed its place; press Resume to go on.")
