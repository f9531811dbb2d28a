"""The runs that come with LiveGAN: the page cannot delete them, only hide them and show them again.

<runs>/.hidden.json   the names of those that are hidden
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from gan import strict_json
from gan.limits import KIB
from gan.recording import atomic_files
from gan.recording.atomic_files import DamagedRun
from gan.recording.run_file import read_run_file

NAMES = ("lecture", "sharp", "chosen")
HERE = Path(__file__).resolve().parents[2] / "checkpoints"
FILE = ".hidden.json"


def is_shipped(name: str, created: float) -> bool:
    """Whether a run came with LiveGAN, or is a copy of such a run under the same name in another folder."""
    return name in NAMES and created == _made(name)


def hidden(runs: Path) -> frozenset[str]:
    """The names of the runs that are hidden; none if the file is not there or damaged."""
    path = runs / FILE
    try:
        names = strict_json.loads(atomic_files.read(path, KIB), most=100) if path.exists() else []
        return frozenset(name for name in names if name in NAMES)
    except (DamagedRun, ValueError, TypeError):
        return frozenset()


def hide(runs: Path, name: str, hide: bool) -> None:
    """Hide a run or show it again; raises OSError."""
    names = hidden(runs) | {name} if hide else hidden(runs) - {name}
    atomic_files.write(runs / FILE, strict_json.dumps(sorted(names)).encode())


@lru_cache(maxsize=len(NAMES))
def _made(name: str) -> float | None:
    """When the shipped run of this name was made; None if it is missing."""
    try:
        return read_run_file(HERE / name).created
    except DamagedRun:
        return None
