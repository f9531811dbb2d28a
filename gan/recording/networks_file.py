"""`networks.py`: a run's copy of its networks of one's own, a program, which counts only as `run.json` records it.

An upload never holds one (`gan.runs.archive`), so what lies here was put here on this computer.
"""

from __future__ import annotations

from pathlib import Path

from gan.limits import MAX_NETWORKS_FILE
from gan.recording import atomic_files
from gan.recording.atomic_files import DamagedRun
from gan.recording.run_file import NetworksRecord, RunFile, read_run_file
from gan.training.own_networks import OwnNetworks
from gan.training.own_trial import Facts

NAME = "networks.py"


def record_of(own: OwnNetworks, facts: Facts) -> NetworksRecord:
    """What `run.json` says of these networks."""
    return NetworksRecord(file=own.file, sha256=own.sha256, **facts._asdict())


def write(folder: Path, own: OwnNetworks) -> None:
    """Keep a copy of the file in a run's folder; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    atomic_files.write(folder / NAME, own.source)


def of_run(folder: Path) -> OwnNetworks | None:
    """Those of the run in a folder; see `read`. A folder without `run.json` records none."""
    on_record = any((folder / name).exists() for name in ("run.json", "previous.json"))
    return read(folder, read_run_file(folder)) if on_record else None


def read(folder: Path, run_file: RunFile) -> OwnNetworks | None:
    """The networks of one's own that `run.json` records, not executed yet; None if it records none.

    Raises:
        DamagedRun: the copy is missing, a link, or another file than the recorded one.
    """
    if run_file.networks is None:
        return None
    path = folder / NAME
    if path.is_symlink():
        raise DamagedRun(f"{NAME} is a link, not a file.")
    own = OwnNetworks(run_file.networks.file, atomic_files.read(path, MAX_NETWORKS_FILE))
    if own.sha256 != run_file.networks.sha256:
        raise DamagedRun(
            f"{NAME} is not the file that the run began with ({run_file.networks.file}); put that one back."
        )
    return own
